"""The graphs of the ready-made taggers."""

import keras
import pytest

from nlp_builder.labeling import (
    READY_MADE,
    BiGRU_CRF_Model,
    BiGRU_Model,
    BiLSTM_CRF_Model,
    BiLSTM_Model,
    CNN_LSTM_Model,
)
from nlp_builder.layers import CRF, GRU, LSTM, CRFLoss, TagAccuracy
from tests.models.table import ROWS, TAGS, TEXTS


@pytest.mark.parametrize(
    ("cls", "kind", "end"),
    [
        (BiGRU_CRF_Model, GRU, CRF),
        (BiGRU_Model, GRU, keras.layers.Activation),
        (BiLSTM_CRF_Model, LSTM, CRF),
        (BiLSTM_Model, LSTM, keras.layers.Activation),
        (CNN_LSTM_Model, None, keras.layers.Activation),
    ],
)
def test_architectures_are_what_their_names_say(cls, kind, end):
    row = next(row for row in ROWS if row.cls is cls)
    model = row.model()
    model.build_model(TEXTS, TAGS)
    layers = model._head().layers
    both = [layer for layer in layers if isinstance(layer, keras.layers.Bidirectional)]
    assert [type(layer.forward_layer) for layer in both] == ([kind] if kind else [])
    assert [type(layer.backward_layer) for layer in both] == ([kind] if kind else [])
    assert isinstance(layers[-1], end)
    model.compile_model()
    assert isinstance(model.tf_model.loss, CRFLoss) == (end is CRF)


def test_a_crf_costs_its_transitions_and_nothing_else():
    """The twins are compared per epoch in benchmarks; they have the same layers below."""
    for plain, crf in ((BiGRU_Model, BiGRU_CRF_Model), (BiLSTM_Model, BiLSTM_CRF_Model)):
        models = [cls() for cls in (plain, crf)]
        for model in models:
            model.build_model(TEXTS, TAGS)
        one, other = (model.tf_model.count_params() for model in models)
        # Transitions, and scores of start and end, for 5 tags.
        assert other - one == 5 * 5 + 5 + 5


def test_training_of_a_crf_never_decodes():
    """Its loss and its accuracy are those of training and of evaluation alike."""
    loss, metrics = next(row for row in ROWS if row.cls is BiGRU_CRF_Model).built().end.objectives()
    assert isinstance(loss, CRFLoss)
    assert [type(metric) for metric in metrics] == [TagAccuracy]


def test_all_models_are_listed():
    assert {row.cls for row in ROWS if row.is_tagger} == {*READY_MADE}
