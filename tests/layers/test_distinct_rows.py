"""Distinct rows: the way that finds them and the way that does not give the same."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from keras import ops

from nlp_builder.layers import Digest, DistinctRows, MaskedEmbedding, RowsAtPlaces
from nlp_builder.layers.backends import traced_for_xla

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
finds_rows = pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="all rows count as distinct on JAX"
)

# (batch, words, chars): some words come twice, and some are padding
WORDS = np.array([[[1, 2], [3, 0], [1, 2]], [[3, 0], [0, 0], [0, 0]]], "int32")


@finds_rows
def test_equal_rows_are_one():
    rows, places = DistinctRows()(WORDS)
    assert tuple(rows.shape) == (3, 1, 2)
    found = ops.convert_to_numpy(rows)[ops.convert_to_numpy(places), 0]
    np.testing.assert_array_equal(found, WORDS)


@settings(deadline=None, derandomize=True)
@given(
    array_shapes(min_dims=3, max_dims=4, min_side=0, max_side=5).flatmap(
        lambda shape: arrays("int32", shape, elements=st.integers(0, 2))
    )
)
def test_rows_come_back_to_their_places(ids):
    rows, places = DistinctRows()(ids)
    assert len(rows.shape) == ids.ndim
    np.testing.assert_array_equal(ops.convert_to_numpy(RowsAtPlaces()([rows, places])), ids)
    if keras.backend.backend() != "jax":
        flat = ops.convert_to_numpy(rows).reshape(rows.shape[0], ids.shape[-1])
        assert len(flat) == len(
            {*map(tuple, ids.reshape(-1, ids.shape[-1]).tolist())} if ids.size else flat
        )


def test_dropout_has_all_rows_in_training():
    layer = DistinctRows(in_training=False)
    rows, places = layer(WORDS, training=True)
    np.testing.assert_array_equal(ops.convert_to_numpy(rows)[:, 0], WORDS.reshape(6, 2))
    assert ops.convert_to_numpy(places).tolist() == [[0, 1, 2], [3, 4, 5]]
    if keras.backend.backend() != "jax":
        assert layer(WORDS, training=False)[0].shape[0] == 3


def model(*, by_rows):
    """Words of any number to a vector each."""
    ids = keras.Input((None, 2), dtype="int32")
    embedding = MaskedEmbedding(4, 3, random_seed=1, name="embedding")
    digest = Digest(2, "gru", random_seed=1, name="digest")
    if not by_rows:
        return keras.Model(ids, digest(embedding(ids)))
    rows, places = DistinctRows()(ids)
    return keras.Model(ids, RowsAtPlaces()([digest(embedding(rows)), places]))


def test_symbolic_shapes_and_masks_are_those_of_the_places():
    plain, by_rows = model(by_rows=False), model(by_rows=True)
    assert by_rows.output.shape == plain.output.shape == (None, None, 2)
    assert by_rows.output._keras_mask.shape == plain.output._keras_mask.shape == (None, None)


@pytest.mark.parametrize("words", [WORDS, WORDS[:1], WORDS[:0], WORDS[:, :0], WORDS[:1, :1]])
def test_outputs_are_those_of_all_rows(words):
    plain, by_rows = model(by_rows=False), model(by_rows=True)
    expected, found = (ops.convert_to_numpy(m(words)) for m in (plain, by_rows))
    assert found.shape == expected.shape == (*words.shape[:2], 2)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    # Padding is exactly zeros.
    assert not found[(words == 0).all(-1)].any()
    mask = by_rows(words)._keras_mask
    np.testing.assert_array_equal(ops.convert_to_numpy(mask), words.any(-1))


@pytest.mark.skipif(not ON_TENSORFLOW, reason="of TensorFlow's gradients")
@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradients_are_those_of_all_rows(jit_compile):
    import tensorflow as tf

    found = []
    for by_rows in (False, True):
        graph = model(by_rows=by_rows)

        @tf.function(jit_compile=jit_compile)
        def gradients(words, graph=graph):
            assert traced_for_xla() == jit_compile
            with tf.GradientTape() as tape:
                outputs = graph(words, training=True)
                weights = tf.reshape(tf.range(tf.size(outputs), dtype="float32"), outputs.shape)
                loss = tf.reduce_sum(outputs * weights)
            return [tf.convert_to_tensor(g) for g in tape.gradient(loss, graph.trainable_weights)]

        found.append([g.numpy() for g in gradients(tf.constant(WORDS))])
    for expected, gradient in zip(*found, strict=True):
        np.testing.assert_allclose(gradient, expected, atol=1e-5)
        assert expected.any()


def test_it_trains_and_is_saved_with_a_model(tmp_path):
    graph = model(by_rows=True)
    graph.compile("adam", "mse")
    graph.fit(WORDS, np.ones((2, 3, 2)), verbose=0)
    graph.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    expected = graph.predict(WORDS, verbose=0)
    np.testing.assert_array_equal(again.predict(WORDS, verbose=0), expected)


def test_lower_precision_goes_through():
    vectors = ops.cast(np.array([[[0.5]], [[0.25]]]), "bfloat16")
    found = RowsAtPlaces()([vectors, np.array([[1, 0]])])
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
