"""Hyper-parameters: what may be said of layers, and what they begin with."""

import keras
import numpy as np
import pytest

from nlp_builder.labeling import (
    BaseLabelingModel,
    BiGRU_CRF_Model,
    BiGRU_Model,
    BiLSTM_Model,
)
from nlp_builder.layers import CRF
from nlp_builder.models.hyper_parameters import layer_of, merged
from tests.models.table import ROWS, TAGS, TEXTS, named, numbered

every_model = pytest.mark.parametrize("number", numbered(), ids=named)
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
    with pytest.raises(ValueError, match=r"of Dense as hyper-parameters .*got \['units'\]"):
        BiLSTM_Model(hyper_parameters={"layer_time_distributed": {"units": 3}})
    with pytest.raises(ValueError, match=r"got \['constraints'\]"):
        BiGRU_CRF_Model(hyper_parameters={"layer_crf": {"constraints": None}})
    with pytest.raises(ValueError, match=r"got \['name'\]"):
        BiGRU_Model(hyper_parameters={"layer_bgru": {"name": "mine"}})


def test_a_slip_of_the_pen_is_named():
    message = (
        r"of LSTM as hyper-parameters of 'layer_blstm', .* got \['unit'\]: did you mean 'units'"
    )
    with pytest.raises(ValueError, match=message):
        BiLSTM_Model(hyper_parameters={"layer_blstm": {"unit": 8}})
    message = "of the layers .*, got 'layer_bltsm': did you mean 'layer_blstm'"
    with pytest.raises(ValueError, match=message):
        BiLSTM_Model(hyper_parameters={"layer_bltsm": {"units": 8}})


@every_model
def test_each_layer_refuses_what_it_does_not_take_when_the_model_is_made(number):
    cls = ROWS[number].cls
    assert set(cls.layer_kinds) == set(cls.get_default_hyper_parameters())
    for name, (kind, decided) in cls.layer_kinds.items():
        for argument in ("nothing", *decided):
            message = rf"{kind.__name__} as hyper-parameters of '{name}', .*got \['{argument}'\]"
            with pytest.raises(ValueError, match=message):
                cls(hyper_parameters={name: {argument: 1}})


class OwnModel(BaseLabelingModel):
    """It says nothing of its layers."""

    @classmethod
    def get_default_hyper_parameters(cls):
        return {"layer_scores": {}}

    def build_model_arc(self):
        words = self.embedding.embed_model
        scores = self.layer(keras.layers.Dense, "layer_scores", units=len(self.processor))
        self.tf_model = keras.Model(words.inputs, keras.ops.softmax(scores(words.output)))


def test_a_model_that_says_nothing_of_its_layers_is_checked_when_it_is_built():
    model = OwnModel(hyper_parameters={"layer_scores": {"use_bais": False}})
    with pytest.raises(ValueError, match=r"got \['use_bais'\]: did you mean 'use_bias'"):
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
