"""The graphs of the ready-made classifiers."""

import keras
import pytest

from nlp_builder.classification import (
    READY_MADE,
    BiGRU_Model,
    BiLSTM_Model,
    CNN_Attention_Model,
    CNN_Model,
)
from nlp_builder.layers import GRU, LSTM, AttentionPooling, MaskedConv1D, MaskedMaxPooling
from tests.models.table import ROWS, TEXTS, TOPICS


@pytest.mark.parametrize(
    ("cls", "expected"),
    [
        (BiLSTM_Model, [keras.layers.Bidirectional]),
        (BiGRU_Model, [keras.layers.Bidirectional]),
        (CNN_Model, [MaskedConv1D, MaskedMaxPooling, keras.layers.Dense]),
        (CNN_Attention_Model, [MaskedConv1D] * 3 + [AttentionPooling]),
    ],
)
def test_architectures_are_what_their_names_say(cls, expected):
    row = next(row for row in ROWS if row.cls is cls)
    model = row.model()
    model.build_model(TEXTS, TOPICS)
    layers = model._head().layers
    assert [type(layer) for layer in layers if type(layer) in {*expected}][: len(expected)] == (
        expected
    )
    assert layers[-1].units == 3
    kinds = {BiLSTM_Model: LSTM, BiGRU_Model: GRU}
    for both in layers:
        if isinstance(both, keras.layers.Bidirectional):
            assert type(both.forward_layer) is type(both.backward_layer) is kinds[cls]


def test_all_models_are_listed():
    assert {row.cls for row in ROWS if not row.is_tagger} == {*READY_MADE}
