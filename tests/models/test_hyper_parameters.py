"""Hyper-parameters: what may be said of layers, and what they begin with."""

import keras
import numpy as np
import pytest

from nlp_builder.labeling import BiGRU_CRF_Model, BiGRU_Model, BiLSTM_Model
from nlp_builder.layers import CRF
from nlp_builder.models.hyper_parameters import layer_of, merged
from tests.models.table import TAGS, TEXTS

DEFAULTS = {"layer_blstm": {"units": 128, "dropout": 0.1}, "layer_dropout": {"rate": 0.4}}


def test_a_part_goes_over_the_defaults():
    assert merged(DEFAULTS, None) == merged(DEFAULTS, {}) == DEFAULTS
    assert merged(DEFAULTS, {"layer_dropout": None}) == DEFAULTS
    found = merged(DEFAULTS, {"layer_blstm": {"units": 3, "use_bias": False}})
    assert found["layer_blstm"] == {"units": 3, "dropout": 0.1, "use_bias": False}
    assert found["layer_dropout"] == {"rate": 0.4}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (7, r"expected hyper_parameters as a dict, got 7 \(int\)"),
        ([("layer_dropout", {})], "expected hyper_parameters as a dict"),
        ({"layer_dropout": 0.4}, r"hyper_parameters\['layer_dropout'\] as a dict, got 0.4"),
    ],
)
def test_what_is_no_dict_is_refused(given, message):
    with pytest.raises(TypeError, match=message):
        BiLSTM_Model(hyper_parameters=given)


def test_arguments_that_the_model_decides_are_refused():
    """Else the number of units would be ignored."""
    model = BiLSTM_Model(hyper_parameters={"layer_time_distributed": {"units": 3}})
    with pytest.raises(ValueError, match=r"of Dense as hyper-parameters .*got \['units'\]"):
        model.build_model(TEXTS, TAGS)
    model = BiGRU_CRF_Model(hyper_parameters={"layer_crf": {"constraints": None}})
    with pytest.raises(ValueError, match=r"got \['constraints'\]"):
        model.build_model(TEXTS, TAGS)
    model = BiGRU_Model(hyper_parameters={"layer_bgru": {"name": "mine"}})
    with pytest.raises(ValueError, match=r"got \['name'\]"):
        model.build_model(TEXTS, TAGS)


def test_all_arguments_of_a_layer_are_hyper_parameters():
    layer = layer_of(
        keras.layers.LSTM, "x", {"units": 3, "trainable": False, "unroll": True}, seed=1
    )
    assert (layer.name, layer.units, layer.trainable, layer.unroll) == ("x", 3, False, True)
    crf = layer_of(
        CRF, "y", {"transitions_regularizer": "l2"}, seed=1, num_tags=3, constraints=None
    )
    assert isinstance(crf.transitions_regularizer, keras.regularizers.L2)


def test_layers_begin_as_their_seed_says():
    def kernel(seed, **arguments):
        layer = layer_of(keras.layers.Dense, "layer", {"units": 3, **arguments}, seed=seed)
        layer.build((None, 4))
        return np.asarray(layer.kernel)

    np.testing.assert_array_equal(kernel(1), kernel(1))
    assert (kernel(1) != kernel(2)).any()
    # A seed of the user's own counts.
    mine = {"class_name": "GlorotUniform", "config": {"seed": 5}}
    np.testing.assert_array_equal(
        kernel(1, kernel_initializer=mine), kernel(2, kernel_initializer=mine)
    )


def test_a_recurrent_layer_may_read_from_the_end():
    model = BiGRU_Model(hyper_parameters={"layer_bgru": {"units": 3, "go_backwards": True}})
    model.build_model(TEXTS, TAGS)
    both = model._head().get_layer("layer_bgru_both_ways")
    assert (both.forward_layer.go_backwards, both.backward_layer.go_backwards) == (True, False)


def test_sequences_that_are_not_returned_are_no_tags():
    model = BiGRU_Model(hyper_parameters={"layer_bgru": {"units": 3, "return_sequences": False}})
    with pytest.raises(ValueError, match=r"\(batch, words, tags\), got \[\(None, 5\)\]"):
        model.build_model(TEXTS, TAGS)


def test_layers_that_share_their_defaults_are_changed_apart():
    lstm = {"units": 128}
    defaults = {"layer_blstm1": lstm, "layer_blstm2": lstm}
    changed = merged(defaults, {"layer_blstm1": {"units": 5}})
    assert changed == {"layer_blstm1": {"units": 5}, "layer_blstm2": {"units": 128}}
    assert lstm == {"units": 128}
