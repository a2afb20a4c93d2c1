"""What reaches the layers inside of the graphs."""

import keras
import numpy as np
import pytest

from nlp_builder.features import TrainableWordEmbeddingSequence
from nlp_builder.models.graphs import require_numbers
from tests.models.table import ROWS, TEXTS, named, numbered

recurrent = pytest.mark.parametrize(
    "number", numbered(lambda row: row.is_tagger or "Bi" in repr(row)), ids=named
)


def recurrent_layers(model):
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.RNN):
            yield layer


@recurrent
def test_masks_of_recurrent_layers_are_those_that_cudnn_takes(number, monkeypatch):
    """Right padding, and no row that is masked throughout: also for texts without tokens."""
    model = ROWS[number].model()
    model.build_model(TEXTS, ROWS[number].labels)
    layers = [*recurrent_layers(model.tf_model)]
    assert layers
    masks = []
    for kind in {type(layer) for layer in layers}:

        def call(self, sequences, *args, mask=None, kept=kind.call, **kwargs):
            masks.append(np.asarray(mask))
            return kept(self, sequences, *args, mask=mask, **kwargs)

        monkeypatch.setattr(kind, "call", call)
    model.tf_model([model._built().preprocess_texts([["Ada", "b"], [], ["c"], ["d"] * 4])])
    assert len(masks) == len(layers)
    for mask in masks:
        assert mask.shape == (4, 4)
        assert mask.any(axis=1).all()
        assert (np.diff(mask.astype(int), axis=1) <= 0).all()
        assert mask.sum() == 2 + 1 + 1 + 4


@recurrent
def test_recurrent_layers_keep_what_cudnn_needs(number):
    """The conditions of Keras: https://keras.io/api/layers/recurrent_layers/lstm/."""
    model = ROWS[number].model()
    model.build_model(TEXTS, ROWS[number].labels)
    for layer in recurrent_layers(model.tf_model):
        config = layer.get_config()
        assert (config["activation"], config["recurrent_activation"]) == ("tanh", "sigmoid")
        assert (config["recurrent_dropout"], config["unroll"], config["use_bias"]) == (
            0,
            False,
            True,
        )
        assert config.get("reset_after", True)


def test_padding_to_a_fixed_length_changes_nothing():
    """A block that pads to 30 tokens, and one that pads to the longest text."""
    for number in numbered():
        rows = []
        for maxlen in (None, 30):
            block = TrainableWordEmbeddingSequence(None, 4, sequence_maxlen=maxlen, random_state=1)
            model = ROWS[number].model(block)
            model.build_model(TEXTS, ROWS[number].labels)
            model.compile_model(run_eagerly=True)
            rows.append(model.predict_proba(TEXTS[:3]))
        for one, other in zip(*rows, strict=True):
            np.testing.assert_allclose(one, other, atol=2e-6, err_msg=named(number))


def test_what_is_no_number_is_the_fault_of_weights_alone():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    odd = np.array([[0.0], [np.nan]])
    assert require_numbers(model, odd) is odd
    model.layers[0].kernel.assign([[np.inf], [0.0]])
    assert require_numbers(model, np.zeros((2, 1))).shape == (2, 1)
    with pytest.raises(ValueError, match=r"the weights \['.*/kernel'\] of the model are not fin"):
        require_numbers(model, odd)
