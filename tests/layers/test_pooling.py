import keras
import numpy as np
import pytest
from keras import ops

from nlp_builder.layers import AttentionPooling, MaskedConv1D, MaskedMaxPooling

from .backend import array, compiled

STEPS = np.random.default_rng(3).normal(size=(4, 6, 3)).astype("float32")
LENGTHS = np.array([6, 3, 1, 0])
MASK = np.arange(6) < LENGTHS[:, None]


def pooled(layer, steps, mask):
    return ops.convert_to_numpy(layer(steps, mask=ops.convert_to_tensor(mask)))


@pytest.mark.parametrize("make", [MaskedMaxPooling, lambda: AttentionPooling(5)])
def test_padding_changes_nothing(make):
    layer = make()
    once = pooled(layer, STEPS, MASK)
    further = np.concatenate([np.where(MASK[..., None], STEPS, 9.0), np.full((4, 2, 3), 9.0)], 1)
    padded = pooled(layer, further.astype("float32"), np.pad(MASK, ((0, 0), (0, 2))))
    np.testing.assert_allclose(padded, once, atol=1e-6)
    np.testing.assert_array_equal(once[3], np.zeros(3))


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("kind", [MaskedMaxPooling, lambda **kw: AttentionPooling(5, **kw)])
def test_texts_without_steps_are_zeros(kind, dtype):
    """Where a graph may have any length, Keras' own layer gives minus infinity."""
    inputs = keras.Input((None, 3))
    layer = kind(dtype=dtype)
    model = keras.Model(inputs, layer(inputs))
    for length in (4, 2, 0):
        found = model.predict(STEPS[:, :length], verbose=0)
        alone = ops.cast(layer(STEPS[:, :length]), "float32")
        np.testing.assert_allclose(found, ops.convert_to_numpy(alone), atol=1e-2)
    assert found.shape == (4, 3)
    assert not found.any()


def test_the_largest_of_the_steps_that_count():
    once = pooled(MaskedMaxPooling(), STEPS, MASK)
    for row, length in enumerate(LENGTHS[:3]):
        np.testing.assert_array_equal(once[row], STEPS[row, :length].max(0))
    whole = ops.convert_to_numpy(MaskedMaxPooling()(STEPS))
    np.testing.assert_array_equal(whole, STEPS.max(1))


def test_attention_is_a_weighted_mean_that_numpy_computes_alike():
    layer = AttentionPooling(5)
    once = pooled(layer, STEPS, MASK)
    kernel, attention, bias = map(ops.convert_to_numpy, (layer.kernel, layer.attention, layer.bias))
    scores = np.exp(np.tanh(STEPS @ kernel + bias) @ attention)
    for row, length in enumerate(LENGTHS[:3]):
        weights = scores[row, :length] / scores[row, :length].sum()
        np.testing.assert_allclose(once[row], (weights * STEPS[row, :length]).sum(0), atol=1e-5)


@pytest.mark.parametrize("arguments", [compiled])
def test_half_precision_and_a_compiled_graph(arguments):
    layer = AttentionPooling(5, dtype="mixed_float16")
    inputs = keras.Input((None, 3))
    outputs = MaskedMaxPooling(dtype="mixed_float16")(inputs) + layer(inputs)
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse", **arguments)
    assert np.isfinite(model.predict(STEPS, verbose=0)).all()


def test_a_convolution_hands_the_mask_on_and_reads_padding_as_zeros():
    layer = MaskedConv1D(2, 3)
    once = pooled(layer, STEPS, MASK)
    further = np.where(MASK[..., None], STEPS, 9.0).astype("float32")
    wide = np.pad(further, ((0, 0), (0, 4), (0, 0)), constant_values=9.0)
    padded = pooled(layer, wide, np.pad(MASK, ((0, 0), (0, 4))))
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(padded[row, :length], once[row, :length], atol=1e-6)
    plain = keras.layers.Conv1D(2, 3, padding="same")
    plain.build(STEPS.shape)
    plain.set_weights(layer.get_weights())
    np.testing.assert_array_equal(array(layer(STEPS)), array(plain(STEPS)))
    assert layer.compute_mask(STEPS, MASK) is MASK


@pytest.mark.parametrize("odd", [{"padding": "valid"}, {"strides": 2}])
def test_a_convolution_keeps_steps_in_their_places(odd):
    with pytest.raises(ValueError, match="each step keeps its place"):
        MaskedConv1D(2, 3, **odd)


@pytest.mark.parametrize("units", [0, 2.5, True])
def test_units_that_are_none(units):
    with pytest.raises(ValueError, match="units must be a positive whole number"):
        AttentionPooling(units)


def test_a_layer_comes_back_from_its_config():
    layer = AttentionPooling(5, kernel_initializer="he_normal", name="pool")
    again = AttentionPooling.from_config(layer.get_config())
    assert (again.units, again.name) == (5, "pool")
    assert isinstance(again.kernel_initializer, keras.initializers.HeNormal)
