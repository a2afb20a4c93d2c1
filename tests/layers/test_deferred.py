import keras
import ml_dtypes
import numpy as np
import pytest
from keras.src.backend.common import global_state

from nlp_builder.layers import DeferredWeights


def tagger() -> keras.Model:
    inputs = keras.Input((None, 3))
    hidden = keras.layers.LSTM(4, return_sequences=True, dropout=0.1)(inputs)
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.BatchNormalization()(hidden)))


def outputs(layer, inputs):
    return keras.ops.convert_to_numpy(layer(inputs))


def numbered(items):
    return dict(enumerate(items))


def zeros(model):
    return {n: np.zeros(w.shape, "float32") for n, w in enumerate(model.weights)}


@pytest.mark.parametrize("share", [False, True])
def test_weights_come_into_being_with_their_arrays(share):
    model = tagger()
    with DeferredWeights() as weights:
        again = tagger()
        weights.fill(numbered(again.weights), numbered(model.get_weights()), share=share)
    inputs = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    np.testing.assert_array_equal(outputs(again, inputs), outputs(model, inputs))
    again.compile("adam", "mse")
    before = again.get_weights()[0].copy()
    again.fit(inputs, np.ones((2, 5, 2)), verbose=0)
    assert (again.get_weights()[0] != before).any()


def huge():
    keras.layers.Dense(10**9).build((None, 10**9))


def test_a_weight_of_any_size_is_compared_before_there_is_memory_for_it():
    layer = keras.layers.Dense(10**9)
    arrays = {0: np.zeros((2, 3), "float32")}
    message = r"expected 0 of \(1000000000, 1000000000\), float32, found \(2, 3\), float32"
    with pytest.raises(ValueError, match=message), DeferredWeights() as weights:
        layer.build((None, 10**9))
        weights.fill({0: layer.kernel}, arrays)


def test_weights_without_arrays_may_not_be_large():
    message = r"none for 'kernel' of 1000000000000000000 values|none for '.*/kernel' of 1000"
    with pytest.raises(ValueError, match=message), DeferredWeights():
        huge()


def test_an_error_forgets_what_was_made_before_it():
    with pytest.raises(KeyError, match="midway"), DeferredWeights():
        huge()
        raise KeyError("midway")
    # Keras makes at the end of a scope all that waits, of whomever.
    with DeferredWeights():
        small = keras.layers.Dense(2)
        small.build((None, 3))
    assert small.kernel.shape == (3, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda a: a.pop(0),
            r"expected 9 arrays, found 8: missing are \['0'\], not asked for \[\]",
        ),
        (lambda a: a.update({9: a[0]}), r"missing are \[\], not asked for \['9'\]"),
        (lambda a: a.update({0: a[0].astype("float16")}), "found .*float16"),
        (lambda a: a.update({0: a[0].T}), r"expected 0 of \(3, 16\), float32, found \(16, 3\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, message):
    with pytest.raises(ValueError, match=message), DeferredWeights() as weights:
        model = tagger()
        arrays = zeros(model)
        change(arrays)
        weights.fill(numbered(model.weights), arrays)


def aligned(size: int, dtype: str = "float32", offset: int = 0) -> np.ndarray:
    width = np.dtype(dtype).itemsize
    memory = np.zeros(size * width + 128, "uint8")
    start = -memory.ctypes.data % 64 + offset
    return memory[start : start + size * width].view(dtype)


@pytest.mark.parametrize("offset", [0, 4])
def test_shared_memory_is_read_from_aligned_addresses_alone(offset):
    rows = aligned(6, offset=offset).reshape(2, 3)
    rows[:] = [[1, 2, 3], [4, 5, 6]]
    layer = keras.layers.Embedding(2, 3)
    with DeferredWeights() as weights:
        layer.build()
        weights.fill({0: layer.embeddings}, {0: rows}, share=True)
    np.testing.assert_array_equal(outputs(layer, np.array([1, 0])), [[4, 5, 6], [1, 2, 3]])
    if keras.backend.backend() == "tensorflow":
        rows[1] = 7  # to see whether it is the same memory
        shown = outputs(layer, np.array([1]))
        np.testing.assert_array_equal(shown, [[7, 7, 7]] if offset == 0 else [[4, 5, 6]])


def small_dense() -> keras.layers.Layer:
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    return layer


def test_an_initialiser_that_fails_leaves_nothing_waiting():
    def failing(shape, dtype=None):
        raise OverflowError("too large a seed")

    with pytest.raises(OverflowError, match="too large a seed"), DeferredWeights():
        keras.layers.Dense(2, kernel_initializer=failing).build((None, 3))
    with keras.StatelessScope():
        layer = small_dense()
    assert outputs(layer, np.ones((1, 3), "float32")).shape == (1, 2)


def test_within_a_scope_of_the_user_weights_wait_for_its_end():
    kernel = np.ones((3, 2), "float32")
    with keras.StatelessScope():
        before = small_dense()
        with DeferredWeights() as weights:
            layer = keras.layers.Dense(2, use_bias=False)
            layer.build((None, 3))
            weights.fill({0: layer.kernel}, {0: kernel})
        with pytest.raises(KeyError), DeferredWeights():
            huge()
            raise KeyError
        after = small_dense()
    np.testing.assert_array_equal(outputs(layer, np.eye(3, dtype="float32")), kernel)
    for other in (before, after):
        assert outputs(other, kernel.T).shape == (2, 2)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64", "int32", "bool"])
def test_arrays_of_all_types_can_be_shared_or_are_copied(dtype):
    layer = keras.layers.Layer()
    with DeferredWeights() as weights:
        variable = layer.add_weight(shape=(16,), dtype=dtype, initializer="zeros", trainable=False)
        array = aligned(16, ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
        array[:] = 1
        weights.fill({0: variable}, {0: array}, share=True)
    assert keras.ops.convert_to_numpy(variable).astype("float32").tolist() == [1] * 16


def test_what_is_used_of_the_inside_of_keras_is_there():
    # The scope of Keras does not tell which variables wait in it, and takes no values for them.
    scope = keras.StatelessScope(initialize_variables=False)
    with scope:
        variable = keras.Variable(lambda shape, dtype: keras.ops.ones(shape, dtype), shape=(2,))
        assert global_state.get_global_attribute("stateless_scope") is scope
        assert global_state.get_global_attribute("uninitialized_variables") == [variable]
    global_state.set_global_attribute("uninitialized_variables", [])
    variable._initializer = lambda shape, dtype: keras.ops.zeros(shape, dtype)
    variable._deferred_initialize()
    assert keras.ops.convert_to_numpy(variable).tolist() == [0, 0]
