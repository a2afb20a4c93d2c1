import json
import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops

from nlp_builder.layers import Digest, Folded, MaskedEmbedding

from .backend import array, compiled
from .gradients import layer_gradients

# (batch, words, chars)
MASK = np.array([[[1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]]] * 2, bool)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def reader(**kwargs):
    steps = keras.Input((None, 5))
    return keras.Model(steps, layers.LSTM(3, **kwargs)(steps))


def mask_of(tensor):
    return array(tensor._keras_mask)


def test_rows_are_read_as_if_each_were_alone():
    model = reader()
    inputs = numbers(2, 3, 4, 5)
    outputs = array(Folded(model)(inputs, mask=MASK))
    assert outputs.shape == (2, 3, 3)
    for text in range(2):
        np.testing.assert_allclose(outputs[text, :1], array(model(inputs[text, :1, :3])), atol=1e-6)
        np.testing.assert_allclose(
            outputs[text, 1:2], array(model(inputs[text, 1:2, :1])), atol=1e-6
        )
        assert not outputs[text, 2].any()


def test_without_a_mask_it_equals_a_loop_over_the_axis():
    model = reader()
    inputs = numbers(2, 3, 4, 5)
    outputs = Folded(model)(inputs)
    looped = layers.TimeDistributed(model)(inputs)
    np.testing.assert_allclose(array(outputs), array(looped), atol=1e-6)
    assert getattr(outputs, "_keras_mask", None) is None


@pytest.mark.parametrize("leading", [0, 1, 2, 3])
def test_any_number_of_axes_is_folded(leading):
    model = reader()
    axes = (2, 3, 2)[:leading]
    inputs = numbers(2, *axes, 4, 5)
    outputs = array(Folded(model, leading)(inputs))
    assert outputs.shape == (2, *axes, 3)
    np.testing.assert_allclose(
        outputs.reshape(-1, 3), array(model(inputs.reshape(-1, 4, 5))), atol=1e-6
    )


def test_the_mask_goes_on_by_row():
    outputs = Folded(reader())(numbers(2, 3, 4, 5), mask=MASK)
    np.testing.assert_array_equal(mask_of(outputs), MASK.any(axis=-1))


def test_returned_sequences_carry_their_own_mask():
    outputs = Folded(reader(return_sequences=True))(numbers(2, 3, 4, 5), mask=MASK)
    assert outputs.shape == (2, 3, 4, 3)
    np.testing.assert_array_equal(mask_of(outputs), MASK)
    assert not array(outputs)[:, 2].any()


def test_a_mask_by_row_closes_rows_of_vectors_and_of_steps():
    rows = MASK.any(axis=-1)
    for layer, inputs in ((layers.Dense(2), numbers(2, 3, 5)), (reader(), numbers(2, 3, 4, 5))):
        outputs = Folded(layer)(inputs, mask=rows)
        assert array(outputs)[rows].all()
        assert not array(outputs)[~rows].any()
        np.testing.assert_array_equal(mask_of(outputs), rows)


def test_a_mask_over_two_axes_of_steps_opens_one_step_only():
    characters = keras.Input((None, None, 5))
    model = keras.Model(characters, layers.LSTM(3, return_sequences=True)(Digest(4)(characters)))
    mask = np.stack([MASK, np.zeros_like(MASK)])
    inputs = numbers(2, 2, 3, 4, 5)
    outputs = Folded(model)(inputs, mask=mask)
    np.testing.assert_array_equal(mask_of(outputs), mask.any(axis=-1))
    assert not array(outputs)[1].any()
    alone = Folded(model, 0)(inputs[0], mask=mask[0])
    np.testing.assert_allclose(array(outputs)[0], array(alone), atol=1e-6)


def test_the_inner_layer_sees_no_row_without_a_valid_step(monkeypatch):
    seen = []
    original = layers.LSTM.call

    def call(self, sequences, initial_state=None, mask=None, training=False):
        seen.append(mask)
        return original(self, sequences, initial_state, mask, training)

    monkeypatch.setattr(layers.LSTM, "call", call)
    layer = layers.LSTM(3)
    Folded(layer)(numbers(2, 3, 4, 5), mask=MASK)
    Folded(layer, 0)(numbers(3, 4, 5), mask=MASK[0])
    assert len(seen) == 2
    for mask in seen:
        opened = np.array([[1, 1, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0]], bool)
        np.testing.assert_array_equal(array(mask), np.tile(opened, (len(mask) // 3, 1)))


def test_with_no_axis_folded_results_stay_and_the_mask_of_steps_too():
    steps = reader(return_sequences=True)
    embedded = MaskedEmbedding(9, 5, random_seed=1)(np.array([[3, 4, 0], [0, 0, 0]]))
    outputs = Folded(steps, 0)(embedded)
    np.testing.assert_array_equal(mask_of(outputs), [[1, 1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(mask_of(embedded), [[1, 1, 0], [0, 0, 0]])
    np.testing.assert_allclose(
        array(outputs)[0, :2], array(steps(array(embedded[:1, :2])))[0], atol=1e-6
    )
    assert getattr(Folded(reader(), 0)(embedded), "_keras_mask", None) is None


def test_folds_within_folds_are_one_fold():
    steps = layers.LSTM(3, return_sequences=True)
    inputs, mask = numbers(1, 2, 3, 4, 5), MASK[None]
    nested = Folded(Folded(steps))(inputs, mask=mask)
    flat = Folded(steps, 2)(inputs, mask=mask)
    np.testing.assert_allclose(array(nested), array(flat), atol=1e-6)
    np.testing.assert_array_equal(mask_of(nested), mask_of(flat))
    symbols = keras.Input((2, 3, 4, 5)), keras.Input((2, 3, 4), dtype="bool")
    assert Folded(Folded(steps))(symbols[0], mask=symbols[1])._keras_mask.shape == (None, 2, 3, 4)


def two_texts():
    one, two = keras.Input((None, 5)), keras.Input((None, 5))
    digest = layers.LSTM(3)
    joined = layers.Concatenate()([digest(one), digest(two)])
    return keras.Model([one, two], [layers.Dense(1)(joined), digest(two)])


def test_several_inputs_and_outputs():
    model = two_texts()
    one, two = numbers(2, 3, 4, 5), numbers(2, 3, 6, 5, seed=1)
    score, digest = Folded(model)([one, two])
    expected = model([one.reshape(6, 4, 5), two.reshape(6, 6, 5)])
    np.testing.assert_allclose(array(score).reshape(6, 1), array(expected[0]), atol=1e-6)
    np.testing.assert_allclose(array(digest).reshape(6, 3), array(expected[1]), atol=1e-6)


def test_a_row_counts_if_it_does_in_every_masked_input():
    inputs = [numbers(2, 3, 4, 5), numbers(2, 3, 6, 5)]
    rows = np.array([[1, 0, 1], [1, 1, 1]], bool)
    both = rows & MASK.any(axis=-1)
    for output in Folded(two_texts())(inputs, mask=[MASK, rows]):
        np.testing.assert_array_equal(mask_of(output), both)
        np.testing.assert_array_equal(array(output).any(axis=-1), both)
    for output in Folded(two_texts())(inputs, mask=[MASK, None]):
        np.testing.assert_array_equal(mask_of(output), MASK.any(axis=-1))


def test_named_inputs_and_outputs():
    vector = keras.Input((5,), name="vector")
    model = keras.Model({"vector": vector}, {"double": vector * 2})
    outputs = Folded(model)({"vector": np.ones((2, 3, 5), "float32")})
    np.testing.assert_array_equal(array(outputs["double"]), np.full((2, 3, 5), 2))


def test_ids_go_through_an_embedding_inside():
    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, layers.GRU(3)(MaskedEmbedding(9, 5)(ids)))
    texts = np.array([[[3, 4, 0], [5, 0, 0]]])
    outputs = Folded(model)(texts, mask=np.array([[True, True]]))
    np.testing.assert_allclose(array(outputs)[0, 1:], array(model(texts[0, 1:, :1])), atol=1e-6)


@pytest.mark.parametrize(
    "inner",
    [
        layers.Conv1D(3, 2, padding="same"),
        layers.GlobalMaxPooling1D(),
        layers.Flatten(),
        layers.RMSNormalization(),
        reader(),
        keras.Sequential([layers.Conv1D(3, 2), layers.GlobalMaxPooling1D(), layers.Dense(2)]),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_that_end_a_mask_do_so_without_a_warning(inner):
    layer = Folded(inner)
    outputs = layer(numbers(2, 3, 4, 5), mask=MASK)
    np.testing.assert_array_equal(mask_of(outputs), MASK.any(axis=-1))
    assert not array(outputs)[:, 2].any()
    layer(keras.Input((3, 4, 5)), mask=keras.Input((3, 4), dtype="bool"))


def test_other_warnings_of_the_inner_layer_are_heard():
    class Warns(layers.Layer):
        def call(self, inputs):
            warnings.warn("careful", UserWarning, stacklevel=1)
            return inputs

    with pytest.warns(UserWarning, match="careful"):
        Folded(Warns())(numbers(2, 3, 5))


@pytest.mark.parametrize("axes", [(None, None), (3, None), (None, 4), (3, 4)])
def test_shapes_are_exact(axes):
    layer = Folded(two_texts())
    inputs = [keras.Input((*axes, 5)), keras.Input((axes[0], 7, 5))]
    shapes = [(None, axes[0], 1), (None, axes[0], 3)]
    assert [output.shape for output in layer(inputs)] == shapes
    assert layer.compute_output_shape([part.shape for part in inputs]) == shapes
    steps = Folded(layers.LSTM(3, return_sequences=True))
    assert steps(inputs[0]).shape == (None, *axes, 3)
    assert steps.compute_output_shape((2, *axes, 5)) == (2, *axes, 3)


def graph(inner):
    ids = keras.Input((None, None), dtype="int32")
    digest = Folded(inner, name="folded")(MaskedEmbedding(9, 5, random_seed=1)(ids))
    return keras.Model(ids, [digest, digest._keras_mask])


@pytest.mark.parametrize("sequences", [False, True])
def test_symbolic_masks_continue_a_graph_and_survive_saving(tmp_path, sequences):
    model = graph(reader(return_sequences=sequences))
    ids = np.array([[[3, 4, 0], [0, 0, 0]]])
    outputs, mask = model(ids)
    np.testing.assert_array_equal(array(mask), ids != 0 if sequences else (ids != 0).any(axis=-1))
    assert model.output_shape[0] == (None, None, *((None,) if sequences else ()), 3)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for before, after in zip((outputs, mask), loaded(ids), strict=True):
        np.testing.assert_array_equal(array(before), array(after))
    configs = [json.dumps(part.get_layer("folded").get_config()) for part in (model, loaded)]
    assert configs[0] == configs[1]


def folded_twice(inner):
    return Folded(inner), Folded(inner, 0)


def folded_and_bare(inner):
    return Folded(inner), inner


@pytest.mark.parametrize("inner", [reader, lambda: layers.LSTM(3)], ids=["model", "layer"])
@pytest.mark.parametrize("ways", [folded_twice, folded_and_bare])
def test_an_inner_layer_that_is_shared_stays_one_in_a_file(tmp_path, ways, inner):
    chunks, text = keras.Input((None, None, 5)), keras.Input((None, 5))
    by_chunk, by_text = ways(inner())
    model = keras.Model([chunks, text], [by_chunk(chunks), by_text(text)])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert len(model.weights) == len(loaded.weights) == 3
    inputs = [numbers(2, 3, 4, 5), numbers(2, 4, 5)]
    for before, after in zip(model(inputs), loaded(inputs), strict=True):
        np.testing.assert_array_equal(array(before), array(after))


@pytest.mark.parametrize("how", [{}, {"run_eagerly": True}, compiled])
def test_unknown_axes_train(how):
    inner = reader(dropout=0.1)
    ids = keras.Input((None, None), dtype="int32")
    rows = Folded(inner)(MaskedEmbedding(9, 5, random_seed=1)(ids))
    model = keras.Model(ids, layers.Dense(1)(layers.GRU(4)(rows)))
    model.compile("adam", "mse", **how)
    before = inner.get_weights()
    for batch, words, chars in ((2, 3, 4), (3, 5, 2), (2, 1, 1)):
        texts = np.random.default_rng(0).integers(0, 9, (batch, words, chars))
        assert np.isfinite(model.train_on_batch(texts, np.ones((batch, 1))))
    assert all((a != b).any() for a, b in zip(before, inner.get_weights(), strict=True))


def test_gradients_reach_weights_and_inputs_but_not_padding():
    gradients = layer_gradients(Folded(layers.LSTM(3)), numbers(2, 3, 4, 5), mask=MASK)
    assert len(gradients) == 1 + 3
    assert all(gradient.any() for gradient in gradients)
    assert not gradients[0][~MASK].any()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision(policy):
    layer = Folded(layers.LSTM(3, dtype=policy), dtype=policy)
    outputs = layer(numbers(2, 3, 4, 5), mask=MASK)
    assert keras.backend.standardize_dtype(outputs.dtype) == policy.removeprefix("mixed_")
    assert not array(ops.cast(outputs, "float32"))[:, 2].any()


def test_dropout_hears_of_training():
    for inner in (layers.Dropout(0.5, seed=1), keras.Sequential([layers.Dropout(0.5, seed=1)])):
        layer = Folded(inner)
        inputs = np.ones((2, 3, 50), "float32")
        np.testing.assert_array_equal(array(layer(inputs)), inputs)
        assert (array(layer(inputs, training=True)) == 0).any()


def test_weights_are_those_of_the_inner_model():
    model = reader()
    layer = Folded(model)
    layer(numbers(1, 2, 3, 5))
    assert [id(w) for w in layer.weights] == [id(w) for w in model.weights]
    layer.trainable = False
    assert not model.trainable and not layer.trainable_weights
    layer.trainable = True
    assert len(model.trainable_weights) == 3


def test_a_layer_made_frozen_freezes_the_inner_model():
    inputs = keras.Input((3, 4, 5))
    model = keras.Model(inputs, Folded(reader(), trainable=False)(inputs))
    assert model.trainable_variables == []
    thawed = Folded(reader(trainable=False))
    thawed(inputs)
    assert thawed.trainable_variables == []


def test_wrong_arguments_are_named():
    with pytest.raises(TypeError, match="Expected a Keras layer or model, got str"):
        Folded("lstm")
    with pytest.raises(ValueError, match="leading must be an integer, 0 or more, got -1"):
        Folded(layers.Dense(1), -1)
    with pytest.raises(ValueError, match=r"batch and 2 leading axes, got shape \(3, 5\)"):
        Folded(layers.Dense(1), 2)(numbers(3, 5))
    with pytest.raises(ValueError, match=r"a mask of 2 axes or more.*got shape \(3,\)"):
        Folded(layers.Dense(1))(numbers(3, 2, 5), mask=np.ones(3, bool))
    with pytest.raises(ValueError, match="a mask or None for each of 2 inputs, got 1"):
        Folded(two_texts())([numbers(2, 3, 4, 5)] * 2, mask=[MASK])
