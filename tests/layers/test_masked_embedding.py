import keras
import numpy as np
import pytest

from nlp_builder.layers import MaskedEmbedding

from .backend import array


def model_of(layer):
    ids = keras.Input((None,), dtype="int32")
    return keras.Model(ids, keras.layers.Dense(1)(layer(ids)))


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_the_padding_row_stays_zero_and_the_others_train(optimizer):
    layer = MaskedEmbedding(6, 3, random_seed=1)
    model = model_of(layer)
    before = layer.get_weights()[0]
    model.compile(keras.optimizers.get(optimizer), "mse")
    ids = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])
    model.fit(ids, np.ones((2, 4, 1)), epochs=5, verbose=0)
    after = layer.get_weights()[0]
    assert not after[0].any()
    assert (after[1:4] != before[1:4]).all()


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int64", "uint32", "float32"])
def test_ids_are_of_any_type(dtype):
    layer, ids = MaskedEmbedding(6, 3, random_seed=1), np.array([[1, 5, 0]])
    found, expected = (array(layer(keras.ops.cast(ids, kind))) for kind in (dtype, "int32"))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("rows", [9, 9000])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_an_id_that_comes_twice_trains_as_the_product_with_a_matrix_does(rows, optimizer):
    dim = 8
    layer = MaskedEmbedding(rows, dim, random_seed=1)
    looked_up = model_of(layer)
    one_hot = keras.Input((None, rows))
    product = keras.layers.Dense(dim, use_bias=False)
    model = keras.Model(one_hot, keras.layers.Dense(1)(product(one_hot)))
    model.set_weights(looked_up.get_weights())
    ids = np.array([[2, 2, 2, 7], [7, 1, 2, 8]])
    for one, inputs in ((looked_up, ids), (model, np.eye(rows, dtype="float32")[ids])):
        one.compile(optimizer, "mse")
        one.fit(inputs, np.ones((2, 4, 1)), epochs=3, verbose=0)
    np.testing.assert_allclose(layer.get_weights()[0], product.get_weights()[0], atol=1e-6)


def test_the_mask_is_true_where_an_id_is_not_zero():
    ids = np.array([[4, 0], [0, 0]])
    layer = MaskedEmbedding(6, 3)
    np.testing.assert_array_equal(layer.compute_mask(ids), ids != 0)
    np.testing.assert_array_equal(layer(ids)._keras_mask, ids != 0)


def test_padding_gives_zeros_whatever_the_matrix_holds():
    layer = MaskedEmbedding(2, 3)
    layer.build()
    layer.set_weights([np.ones((2, 3))])
    np.testing.assert_array_equal(array(layer(np.array([0, 1]))), [[0, 0, 0], [1, 1, 1]])


def test_a_matrix_can_be_set_and_is_checked():
    layer = MaskedEmbedding(3, 2)
    layer.set_matrix([[0, 0], [1, 2], [3, 4]])
    np.testing.assert_array_equal(array(layer(np.array([2]))), [[3, 4]])
    with pytest.raises(ValueError, match=r"shape \(3, 2\), got \(2, 2\)"):
        layer.set_matrix(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="Row 0 is padding"):
        layer.set_matrix(np.ones((3, 2)))


def test_one_seed_gives_one_matrix():
    first, second, other = (MaskedEmbedding(9, 4, random_seed=seed) for seed in (5, 5, 6))
    matrices = [array(layer(np.arange(9))) for layer in (first, second, other)]
    np.testing.assert_array_equal(matrices[0], matrices[1])
    assert (matrices[0][1:] != matrices[2][1:]).any()


def test_any_rank_of_ids_and_half_precision():
    layer = MaskedEmbedding(9, 4, dtype="mixed_float16")
    vectors = layer(np.ones((2, 3, 5), "int64"))
    assert vectors.shape == (2, 3, 5, 4)
    assert keras.backend.standardize_dtype(vectors.dtype) == "float16"
    assert layer(keras.Input((None, None), dtype="int32")).shape == (None, None, None, 4)


def test_a_saved_model_predicts_the_same(tmp_path):
    model = model_of(MaskedEmbedding(6, 3, embeddings_initializer="glorot_normal", random_seed=3))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    ids = np.array([[1, 5, 0]])
    np.testing.assert_array_equal(array(model(ids)), array(loaded(ids)))
    assert model.layers[1].get_config() == loaded.layers[1].get_config()


def test_wrong_dimensions_are_named():
    with pytest.raises(ValueError, match="input_dim must be a positive integer, got 0"):
        MaskedEmbedding(0, 3)
    with pytest.raises(ValueError, match=r"output_dim must be a positive integer, got 2\.5"):
        MaskedEmbedding(3, 2.5)
