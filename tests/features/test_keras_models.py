import importlib
import inspect
import re

import keras
import numpy as np
import pytest
from keras import layers

import nlp_builder
from nlp_builder.contents.keras_allowed import BASES
from nlp_builder.features import CharEmbeddingSequence, KerasWrapper
from nlp_builder.features.checks import TRAIN_ANEW
from nlp_builder.features.keras_models import config_of, model_from, require_known
from nlp_builder.features.keras_names import keras_class, keras_function
from nlp_builder.layers import GRU, LSTM
from tests.features.hostile import HOSTILE, REGISTERED, good_file, hostile


def test_the_file_of_the_table_is_good_before_it_is_changed():
    assert nlp_builder.deserialize(good_file()).predict(["a"]).shape == (1, 1)
    assert keras.saving.get_registered_object(REGISTERED) is not None


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_cannot_ask_keras_for_more_than_a_model(name):
    change, message = HOSTILE[name]
    with pytest.raises(nlp_builder.ArchiveError, match=message):
        nlp_builder.deserialize(hostile(change))


GETS = [keras.activations, keras.losses, keras.metrics, keras.optimizers, keras.initializers]


@pytest.mark.parametrize("place", [*GETS, keras.regularizers, keras.constraints])
@pytest.mark.parametrize("name", ["config.set_floatx", "layers.Lambda", "get", "deserialize"])
def test_the_short_names_of_keras_lead_to_nothing_else(place, name):
    with pytest.raises(ValueError, match="Could not interpret"):
        place.get(name)


def test_no_operation_that_a_file_may_name_takes_a_function_or_a_path():
    refused = {"f", "fn", "fun", "func", "function", "body", "body_fun", "branches", "pyfunc"}
    refused |= {"true_fn", "false_fn", "path", "filepath", "vocabulary", "module", "callable"}
    found = {}
    for module in BASES:
        for name in vars(importlib.import_module(module)):
            cls = keras_class(module, name)
            if cls is not None:
                methods = [getattr(cls, method, str) for method in ("__init__", "call")]
                names = {n for m in methods[: 1 + hasattr(cls, "call")] for n in parameters(m)}
                found[name] = names & refused
    # Its function is looked up among the losses and metrics, as any other.
    assert found.pop("MeanMetricWrapper") == {"fn"}
    assert {name for name, names in found.items() if names} == set()
    assert len(found) > 400


def parameters(method):
    return inspect.signature(method).parameters


@pytest.mark.parametrize("name", ["tanh", "mean_squared_error", "binary_accuracy"])
def test_functions_are_found_where_keras_finds_them(name):
    assert keras_function("builtins", name).__name__ == name


def weights_of(model):
    return {str(number): weight for number, weight in enumerate(model.get_weights())}


def everything_plain():
    inputs = keras.Input((6, 4))
    seed = keras.random.SeedGenerator(1)
    dense = layers.Dense(
        4,
        activation=layers.LeakyReLU(),
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        kernel_regularizer=keras.regularizers.L2(0.1),
        kernel_constraint=keras.constraints.MaxNorm(2),
        dtype="mixed_bfloat16",
    )
    read = layers.Bidirectional(layers.RNN([layers.GRUCell(2), layers.LSTMCell(2)]))
    nested = keras.Sequential([keras.Input((4,)), layers.Dense(4, activation="gelu")])
    nested.compile("adam", keras.losses.mean_squared_error)
    attended = layers.MultiHeadAttention(2, 2)(inputs, inputs)
    hidden = read(layers.TimeDistributed(dense)(layers.Add()([inputs, attended])))
    hidden = nested(keras.ops.cast(hidden, "float32"))[:, 1:]
    return keras.Model(inputs, hidden / (keras.ops.norm(hidden, axis=-1, keepdims=True) + 1))


def test_all_that_is_plain_is_kept():
    model = everything_plain()
    again = model_from(config_of(model), weights_of(model))
    inputs = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")
    np.testing.assert_array_equal(again(inputs), model(inputs))


def test_all_that_is_plain_in_training_is_known():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    model.compile(
        keras.optimizers.AdamW(schedule),
        keras.losses.binary_crossentropy,
        metrics=["mse", keras.metrics.AUC(), keras.metrics.binary_accuracy],
    )
    config = model.get_compile_config()
    require_known(config)
    again = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    again.compile_from_config(config)
    assert again.compiled


def test_what_a_file_may_not_ask_for_is_not_kept_either():
    words = layers.StringLookup(vocabulary=["a"])
    inputs = keras.Input((6, 4))
    branch = keras.ops.switch(keras.ops.cast(inputs[0, 0, 0], "int32"), [keras.ops.abs], inputs)
    for part, model in [
        ("StringLookup", keras.Sequential([keras.Input((1,), dtype="string"), words])),
        ("Switch", keras.Model(inputs, branch)),
    ]:
        with pytest.raises(TypeError, match=f"cannot keep a {part}"):
            config_of(model)


@keras.saving.register_keras_serializable(package="test_keras_models")
def thrice(values):
    return values * 3


def test_a_registered_function_is_known_by_its_name():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1, activation=thrice)])
    assert model_from(config_of(model), weights_of(model)).layers[0].activation is thrice


def test_weights_that_do_not_fit_are_named():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    message = r"expected '0' of \(4, 1\), float32, found \(1, 4\)"
    with pytest.raises(nlp_builder.ArchiveError, match=message):
        model_from(config_of(model), {**weights_of(model), "0": np.zeros((1, 4), "float32")})


def trained(value):
    model = keras.Sequential([keras.Input((6, 4)), layers.GRU(2), layers.Dense(1, name="top")])
    block = CharEmbeddingSequence(4, sequence_maxlen=6)
    wrapper = KerasWrapper(block, model).build(["a", "b"])
    return wrapper, model, block, np.float32(value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_model_of_nan_is_refused_when_it_is_kept_not_when_it_is_read(value):
    wrapper, model, _, value = trained(value)
    model.get_layer("top").kernel.assign(np.full((2, 1), value))
    message = rf"cannot keep '.*top/kernel' of the model 's.*NaN.*{re.escape(TRAIN_ANEW)}$"
    with pytest.raises(ValueError, match=message):
        wrapper.serialize()


def test_a_block_of_nan_is_named():
    wrapper, _, block, value = trained(np.nan)
    table = block._graph.weights[0]
    table.assign(np.full(table.shape, value))
    with pytest.raises(ValueError, match=r"of <CharEmbeddingSequence .*NaN or infinity"):
        wrapper.serialize()


@pytest.mark.parametrize(
    ("layer", "part"),
    [
        (lambda x: keras.ops.unstack(x, axis=1)[0], "an Unstack without num"),
        (
            lambda x: keras.ops.concatenate(keras.ops.split(x, [*range(1, 1200)], axis=1)),
            "indices_or",
        ),
    ],
)
def test_what_could_not_be_loaded_is_not_kept(layer, part):
    inputs = keras.Input((1200, 1))
    with pytest.raises(TypeError, match=f"cannot keep 'large'.*{part}"):
        config_of(keras.Model(inputs, layer(inputs), name="large"))


def test_numbers_of_operations_that_cost_nothing_are_not_bounded():
    inputs = keras.Input((3,), dtype="int32")
    model = keras.Model(inputs, keras.ops.one_hot(inputs, 50_000))
    assert model_from(config_of(model), {}).output_shape == (None, 3, 50_000)


def test_large_layers_in_wrappers_come_back():
    inputs = keras.Input((None, 8))
    read = layers.Bidirectional(layers.LSTM(150, return_sequences=True, dropout=0.1))(inputs)
    model = keras.Model(inputs, layers.TimeDistributed(layers.Dense(300))(read))
    again = model_from(config_of(model), weights_of(model))
    values = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")
    np.testing.assert_array_equal(again(values), model(values))
    assert again.count_params() == model.count_params()


@pytest.mark.parametrize("kind", [LSTM, GRU, layers.LSTM, layers.GRU])
def test_a_recurrent_layer_comes_back_as_the_class_that_it_was(kind):
    inputs = keras.Input((6, 4))
    read = layers.Bidirectional(kind(3, return_sequences=True))(layers.Masking()(inputs))
    model = keras.Model(inputs, kind(2, dropout=0.1)(read))
    again = model_from(config_of(model), weights_of(model))
    both, last = again.layers[-2:]
    assert type(both.forward_layer) is type(both.backward_layer) is type(last) is kind
    some = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")
    np.testing.assert_array_equal(again(some), model(some))
