"""Our LSTM and GRU are Keras' in all that they give, whichever way they take."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from nlp_builder.layers import GRU, LSTM

from .backend import BACKEND, array, compiled, examples, tensorflow_graphs
from .gradients import value_and_gradients

PAIRS = [(LSTM, keras.layers.LSTM), (GRU, keras.layers.GRU)]
both_kinds = pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=["lstm", "gru"])

PADDED = np.arange(5) < np.array([5, 3, 0, 1])[:, None]  # (texts, steps), one has no step
HOLES = np.array([[0, 1, 1, 0, 1], [1, 0, 0, 0, 1], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0]], bool)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def equal_layers(pair, **arguments):
    """Ours and Keras', with the same weights."""
    arguments = {
        "units": 3,
        "bias_initializer": keras.initializers.RandomNormal(seed=1),
    } | arguments
    made = [kind(**arguments) for kind in pair]
    for layer in made:
        layer.build((None, None, 4))
    made[0].set_weights(made[1].get_weights())
    return made


def everything(layer, inputs, states, **call):
    """All that a layer returns, as one vector, and its gradients by inputs, states and weights."""
    weights = [array(variable.value) for variable in layer.trainable_variables]
    fixed = [variable.value for variable in layer.non_trainable_variables]

    def squared(parts):
        inputs, states, weights = parts[0], parts[1 : 1 + len(first)], parts[1 + len(first) :]
        made, _ = layer.stateless_call(weights, fixed, inputs, initial_state=states, **call)
        return ops.concatenate([ops.reshape(one, (-1,)) for one in made]) ** 2

    first = states
    value, gradients = value_and_gradients(squared, [inputs, *states, *weights])
    return [value, *gradients]


def assert_equal(pair, batch, length, seed=0, **call):
    inputs = numbers(batch, length, 4, seed=seed)
    states = [numbers(batch, 3, seed=seed + 1 + n) for n in range(len(pair[0].state_size))]
    found, expected = (everything(layer, inputs, states, **call) for layer in pair)
    assert len(found) == 1 + len(states) + 1 + len(pair[0].weights)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, atol=1e-5 * max(1, np.abs(other).max()))


@both_kinds
@examples(16)
@given(data=st.data())
def test_outputs_states_and_gradients_are_equal_for_any_mask(ours, theirs, data):
    draw = data.draw
    batch, length = draw(st.integers(1, 5)), draw(st.integers(1, 40) | st.integers(1, 6))
    flag, seed = st.booleans(), draw(st.integers(0, 9))
    arguments = {
        name: draw(flag, label=name)
        for name in ("return_sequences", "go_backwards", "zero_output_for_mask", "use_bias")
    }
    lengths = st.lists(st.integers(0, length), min_size=batch, max_size=batch)
    padding = lengths.map(lambda all: np.arange(length) < np.array(all)[:, None])
    holes = st.integers(0, 99).map(lambda seed: numbers(batch, length, seed=seed) < 0.5)
    masks = (padding | holes).map(ops.convert_to_tensor)
    mask = draw(st.none() | masks, label="mask")
    pair = equal_layers((ours, theirs), return_state=True, **arguments)
    assert_equal(pair, batch, length, seed, mask=mask)


@both_kinds
@pytest.mark.parametrize("mask", [None, PADDED, HOLES, PADDED & False])
def test_both_directions_and_stacks_are_equal(ours, theirs, mask):
    inputs, models = keras.Input((None, 4)), []
    steps = keras.Input((None,), dtype="bool")
    for kind in (ours, theirs):
        x = inputs
        for merge in ("concat", "sum"):
            layer = keras.layers.Bidirectional(kind(3, return_sequences=True), merge_mode=merge)
            x = layer(x, mask=None if mask is None else steps)
        x = keras.layers.Bidirectional(kind(2))(x, mask=None if mask is None else steps)
        models.append(keras.Model(inputs if mask is None else [inputs, steps], x))
    models[0].set_weights(models[1].get_weights())
    fed = numbers(4, 5, 4) if mask is None else [numbers(4, 5, 4), mask]
    found, expected = (array(model(fed)) for model in models)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@both_kinds
def test_a_mask_for_all_texts_and_one_of_numbers_are_taken(ours, theirs):
    layers = equal_layers((ours, theirs), return_sequences=True)
    for mask in (HOLES[:1], PADDED.astype("float32")):
        found, expected = (array(layer(numbers(4, 5, 4), mask=mask)) for layer in layers)
        np.testing.assert_allclose(found, expected, atol=1e-5)


@both_kinds
def test_dropout_of_a_seed_is_that_of_keras(ours, theirs):
    pair = equal_layers((ours, theirs), dropout=0.5, seed=3, return_sequences=True)
    for _ in range(2):
        found, expected = (array(layer(numbers(2, 5, 4), training=True)) for layer in pair)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(found - array(pair[0](numbers(2, 5, 4)))).max() > 0.01


@both_kinds
def test_a_state_is_carried_to_the_next_batch(ours, theirs):
    layers = [kind(3, stateful=True) for kind in (ours, theirs)]
    for layer in layers:
        layer.build((4, 5, 4))
    layers[0].set_weights(layers[1].get_weights())
    for seed in range(2):
        inputs = numbers(4, 5, 4, seed=seed)
        found, expected = (array(layer(inputs, mask=HOLES)) for layer in layers)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    for one, other in zip(layers[0].states, layers[1].states, strict=True):
        np.testing.assert_allclose(array(one.value), array(other.value), atol=1e-5)


@both_kinds
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_precision_is_that_of_the_policy(ours, theirs, policy):
    if BACKEND == "jax" and policy == "float64":
        pytest.skip("JAX has to be asked for float64")
    layer, reference = ours(3, dtype=policy), theirs(3)
    inputs = numbers(4, 5, 4)
    layer.build(inputs.shape), reference.build(inputs.shape)
    layer.set_weights(reference.get_weights())
    made = layer(inputs, mask=PADDED)
    assert keras.backend.standardize_dtype(made.dtype) == policy.removeprefix("mixed_")
    expected = array(reference(inputs, mask=PADDED))
    np.testing.assert_allclose(array(ops.cast(made, "float32")), expected, atol=0.02)


@both_kinds
@pytest.mark.parametrize(
    "arguments",
    [
        {"activation": "relu"},
        {"recurrent_activation": "hard_sigmoid"},
        {"unroll": True},
        {"recurrent_dropout": 0.3, "seed": 1},
        {"use_cudnn": False},
    ],
    ids=lambda arguments: next(iter(arguments)),
)
def test_what_no_kernel_does_is_done_by_keras(ours, theirs, arguments):
    layers = equal_layers((ours, theirs), **arguments)
    inputs = numbers(4, 5, 4)
    found, expected = (array(layer(inputs, mask=PADDED, training=True)) for layer in layers)
    np.testing.assert_array_equal(found, expected)
    if BACKEND == "tensorflow":
        assert not takes_ours(layers[0])


def takes_ours(layer, **options):
    """Whether a graph of the layer holds what ours put there: a kernel, or rows of real steps."""
    import tensorflow as tf

    specs = tf.TensorSpec((None, 5, 4)), tf.TensorSpec((None, 5), "bool")

    @tf.function(input_signature=specs, **options)
    def graph(inputs, mask):
        return tf.function(layer)(inputs, mask=mask)

    library = graph.get_concrete_function().graph.as_graph_def().library
    names = {node.op for function in library.function for node in function.node_def}
    return "UnsortedSegmentSum" in names


@tensorflow_graphs
@both_kinds
def test_xla_gets_the_loop_of_keras_also_in_a_function_within(ours, theirs):
    layer = equal_layers((ours, theirs))[0]
    assert takes_ours(layer)
    assert not takes_ours(layer, jit_compile=True)


@both_kinds
@pytest.mark.parametrize("options", [{}, compiled])
def test_training_moves_weights_as_those_of_keras(ours, theirs, options):
    layers = equal_layers((ours, theirs), return_sequences=True)
    weights = []
    for layer in layers:
        model = keras.Sequential([keras.layers.Masking(), layer])
        model.build((None, None, 4))
        if weights:
            model.set_weights(weights[0])
        weights.append(model.get_weights())
        model.compile(keras.optimizers.SGD(0.1), "mse", **options)
        for _ in range(2):
            model.train_on_batch(numbers(4, 5, 4) * PADDED[..., None], numbers(4, 5, 3))
        weights.append(model.get_weights())
    for start, one, other in zip(weights[0], weights[1], weights[3], strict=True):
        assert np.abs(one - start).max() > 1e-4
        np.testing.assert_allclose(one, other, atol=1e-5)


@tensorflow_graphs
@both_kinds
def test_a_batch_without_texts_gives_no_outputs(ours, theirs):
    layer = equal_layers((ours, theirs), return_sequences=True, return_state=True)[0]
    outputs, *states = layer(numbers(0, 5, 4), mask=PADDED[:0])
    assert outputs.shape == (0, 5, 3)
    assert [state.shape for state in states] == [(0, 3)] * len(layer.state_size)
    assert layer(numbers(0, 5, 4))[0].shape == (0, 5, 3)


@both_kinds
@pytest.mark.parametrize("texts", [0, 2])
def test_weights_have_no_gradient_of_texts_without_steps(ours, theirs, texts):
    layer = equal_layers((ours, theirs), return_sequences=True, return_state=True)[0]
    states = [numbers(texts, 3) for _ in layer.state_size]
    mask = np.zeros((texts, 5), bool)
    gradients = everything(layer, numbers(texts, 5, 4), states, mask=mask)[-len(layer.weights) :]
    assert not any(gradient.any() for gradient in gradients)


@tensorflow_graphs
@both_kinds
@pytest.mark.parametrize("is_masked", [False, True])
def test_texts_of_no_length_give_what_was_read_before(ours, theirs, is_masked):
    import tensorflow as tf

    layer = equal_layers((ours, theirs))[0]
    states = [numbers(2, 3, seed=n) for n in range(len(layer.state_size))]

    @tf.function(input_signature=[tf.TensorSpec((None, None, 4)), tf.TensorSpec((None, None))])
    def read(inputs, mask):
        return layer(inputs, mask=mask if is_masked else None, initial_state=states)

    np.testing.assert_array_equal(read(tf.zeros((2, 0, 4)), tf.zeros((2, 0))), states[0])


@tensorflow_graphs
@both_kinds
def test_one_mask_for_batches_of_several_sizes_is_refused_rather_than_wrong(ours, theirs):
    import tensorflow as tf

    layer = equal_layers((ours, theirs))[0]

    @tf.function(input_signature=[tf.TensorSpec((None, 5)), tf.TensorSpec((None, 5, 4))])
    def read(mask, inputs):
        return layer(inputs[:1], mask=mask), layer(inputs, mask=mask)

    inputs = numbers(4, 5, 4)
    assert [len(made) for made in read(PADDED[:1].astype("float32"), inputs[:1])] == [1, 1]
    with pytest.raises(tf.errors.InvalidArgumentError, match="as many masks as sequences"):
        read(PADDED[:1].astype("float32"), inputs)


@tensorflow_graphs
@both_kinds
def test_second_derivatives_are_refused_rather_than_wrong(ours, theirs):
    import tensorflow as tf

    layer = equal_layers((ours, theirs))[0]
    inputs = tf.constant(numbers(4, 5, 4))
    with tf.GradientTape() as second:
        second.watch(inputs)
        with tf.GradientTape() as first:
            first.watch(inputs)
            made = layer(inputs)
        gradient = first.gradient(made, inputs)
    with pytest.raises(LookupError, match="radient"):
        second.gradient(gradient, inputs)


@both_kinds
def test_cudnn_that_is_not_there_is_an_error_of_keras(ours, theirs):
    if BACKEND != "tensorflow":
        pytest.skip("other backends have an answer of their own")
    with pytest.raises(ValueError, match="use_cudnn=True was specified"):
        ours(3, use_cudnn=True)(numbers(1, 2, 4))
    with pytest.raises(ValueError, match="argument `use_cudnn`"):
        ours(3, use_cudnn="perhaps")


@both_kinds
def test_the_config_is_that_of_keras(ours, theirs):
    arguments = {"dropout": 0.1, "go_backwards": True, "kernel_regularizer": "l2", "name": "same"}
    assert ours(3, **arguments).get_config() == theirs(3, **arguments).get_config()
    again = ours.from_config(theirs(3, **arguments).get_config())
    assert again.get_config() == ours(3, **arguments).get_config()


def model_of(kind):
    inputs = keras.Input((None, 4))
    x = keras.layers.Bidirectional(kind(3, return_sequences=True))(keras.layers.Masking()(inputs))
    return keras.Model(inputs, kind(2)(x))


@both_kinds
def test_weights_are_read_from_files_of_either(ours, theirs, tmp_path):
    for writer, reader in ((ours, theirs), (theirs, ours)):
        model, other = model_of(writer), model_of(reader)
        model.save_weights(tmp_path / "some.weights.h5")
        other.load_weights(tmp_path / "some.weights.h5")
        for one, same in zip(model.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(one, same)


WITHOUT_US = """
import sys, keras, numpy as np
kind = keras.layers.LSTM
model = keras.saving.load_model(sys.argv[1], custom_objects={"nlp_builder>LSTM": kind})
assert "nlp_builder" not in sys.modules
_, _, both, last = model.layers
assert type(both.forward_layer) is type(both.backward_layer) is type(last) is kind
print(keras.ops.convert_to_numpy(model(np.ones((1, 5, 4)))).tolist())
"""


def test_a_saved_model_is_read_where_we_are_not(tmp_path):
    model = model_of(LSTM)
    path = tmp_path / "model.keras"
    model.save(path)
    # In a folder from which nothing of ours can be imported.
    command = [sys.executable, "-c", WITHOUT_US, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    np.testing.assert_allclose(found, array(model(np.ones((1, 5, 4)))), atol=1e-5)


@both_kinds
def test_a_saved_model_stays_what_it_was_and_lends_its_weights(ours, theirs, tmp_path):
    inputs = numbers(4, 5, 4) * PADDED[..., None]
    for kind, other in ((ours, theirs), (theirs, ours)):
        model, lent = model_of(kind), model_of(other)
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        assert type(loaded.layers[-1]) is type(loaded.layers[-2].forward_layer) is kind
        lent.load_weights(tmp_path / "model.keras")
        for same in (loaded, lent):
            np.testing.assert_allclose(array(same(inputs)), array(model(inputs)), atol=1e-5)
