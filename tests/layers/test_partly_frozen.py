import json

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.layers import MaskedEmbedding, PartlyFrozenEmbedding

from .backend import array, compiled, examples
from .gradients import layer_gradients

GIVEN = np.arange(1, 10, dtype="float32").reshape(3, 3)


def layer_of(num_trained=2, **kwargs):
    layer = PartlyFrozenEmbedding(num_trained, 3, 3, random_seed=1, **kwargs)
    layer.set_matrices(given=GIVEN)
    return layer


def model_of(layer, optimizer="adam"):
    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, keras.layers.Dense(1)(layer(ids)))
    model.compile(optimizer, "mse")
    return model


def matrices(layer):
    return [array(part.embeddings.value) for part in (layer.trained, layer.given)]


def train(layer, ids, optimizer="adam"):
    """Trains a few steps; returns both matrices before and after."""
    model = model_of(layer, optimizer)
    before = matrices(layer)
    model.fit(ids, np.ones((*ids.shape, 1)), epochs=3, verbose=0)
    return [*zip(before, matrices(layer), strict=True)]


def decaying(name):
    return keras.optimizers.get({"class_name": name, "config": {"weight_decay": 0.1}})


@examples(30)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_ids_find_their_rows(ids):
    layer = layer_of()
    rows = np.concatenate([np.zeros((1, 3)), matrices(layer)[0][1:], GIVEN])
    np.testing.assert_array_equal(array(layer(np.array(ids))), rows[ids].astype("float32"))


@pytest.mark.parametrize("optimizer", ["Adam", "AdamW", "SGD"])
def test_given_rows_stay_to_the_bit_and_trained_ones_move(optimizer):
    ids = np.array([[1, 2, 3, 4], [5, 1, 0, 0]])
    trained, frozen = train(layer_of(), ids, decaying(optimizer))
    np.testing.assert_array_equal(frozen[0], frozen[1])
    np.testing.assert_array_equal(frozen[1][1:], GIVEN)
    assert (trained[0][1:] != trained[1][1:]).all()
    assert not trained[1][0].any()


@pytest.mark.parametrize("optimizer", ["Adam", "AdamW", "SGD"])
def test_given_rows_are_trained_on_request_and_padding_never(optimizer):
    ids = np.array([[1, 2, 3, 4], [5, 1, 0, 0]])
    layer = layer_of(given_trainable=True)
    for before, after in train(layer, ids, decaying(optimizer)):
        assert (before[1:] != after[1:]).all()
        assert not after[0].any()


def test_the_unknown_row_moves_only_when_it_occurs():
    without, _ = train(layer_of(), np.array([[2, 3, 0]]), "sgd")
    np.testing.assert_array_equal(without[0][1], without[1][1])
    having, _ = train(layer_of(), np.array([[1, 3, 0]]), "sgd")
    assert (having[0][1] != having[1][1]).all()
    np.testing.assert_array_equal(having[0][2], having[1][2])


def test_gradients_are_those_of_one_matrix():
    """A row's gradient is the sum over its occurrences; the frozen matrix has none."""

    class OnIds(keras.layers.Layer):
        def __init__(self, embedding):
            super().__init__()
            self.embedding = embedding

        def call(self, scale):
            return self.embedding(np.array([1, 1, 2, 3, 0])) * scale

    layer = layer_of()
    scale = np.arange(1, 6, dtype="float32")[:, None]
    gradients = layer_gradients(OnIds(layer), scale)
    assert len(gradients) == 2
    rows = matrices(layer)[0]
    expected = np.stack([np.zeros(3), 2 * rows[1] * (1 + 4), 2 * rows[2] * 9])
    np.testing.assert_allclose(gradients[1], expected, rtol=1e-5)


@pytest.mark.parametrize("num_trained", [1, 3])
def test_without_given_rows_it_is_a_masked_embedding(num_trained):
    layer = PartlyFrozenEmbedding(num_trained, 0, 3, random_seed=4)
    plain = MaskedEmbedding(num_trained + 1, 3, random_seed=4)
    ids = np.arange(num_trained + 1)[None]
    np.testing.assert_array_equal(array(layer(ids)), array(plain(ids)))
    np.testing.assert_array_equal(layer(ids)._keras_mask, plain(ids)._keras_mask)
    trained, _ = train(layer, ids)
    assert (trained[0][1:] != trained[1][1:]).all()


@pytest.mark.parametrize("given_trainable", [False, True])
def test_thawing_thaws_what_was_trained_before(given_trainable):
    layer = layer_of(given_trainable=given_trainable)
    model = model_of(layer)
    expected = [id(weight) for weight in layer.trainable_weights]
    assert len(expected) == 1 + given_trainable
    for whole in (layer, model):
        whole.trainable = False
        assert not layer.trainable_weights
        whole.trainable = True
        assert [id(weight) for weight in layer.trainable_weights] == expected
    assert len(model.trainable_weights) == 2 + len(expected)


def test_a_layer_made_frozen_is_frozen_in_a_model():
    model = model_of(layer_of(trainable=False))
    assert len(model.trainable_weights) == 2


def test_one_seed_gives_one_matrix():
    first, second, other = (PartlyFrozenEmbedding(9, 0, 4, random_seed=seed) for seed in (5, 5, 6))
    rows = [array(layer(np.arange(1, 10))) for layer in (first, second, other)]
    np.testing.assert_array_equal(rows[0], rows[1])
    assert (rows[0] != rows[2]).any()


def test_any_rank_of_ids_and_half_precision():
    layer = layer_of(dtype="mixed_float16")
    vectors = layer(np.full((2, 3, 5), 4, "int64"))
    assert vectors.shape == (2, 3, 5, 3)
    assert keras.backend.standardize_dtype(vectors.dtype) == "float16"
    assert keras.backend.standardize_dtype(layer.given.embeddings.dtype) == "float32"
    assert layer(keras.Input((None, None), dtype="int32")).shape == (None, None, None, 3)
    np.testing.assert_array_equal(array(layer(np.array([3, 0], "uint8"))), [GIVEN[0], np.zeros(3)])


@pytest.mark.parametrize("how", [{"run_eagerly": True}, compiled])
def test_other_ways_of_running_train_alike(how):
    layer = layer_of()
    model = model_of(layer)
    model.compile("sgd", "mse", **how)
    before = matrices(layer)
    model.train_on_batch(np.array([[1, 4, 0]]), np.ones((1, 3, 1)))
    assert (matrices(layer)[0][1] != before[0][1]).all()
    np.testing.assert_array_equal(matrices(layer)[1], before[1])


@pytest.mark.parametrize("trainable", [True, False])
def test_a_saved_model_predicts_the_same_and_stays_frozen(tmp_path, trainable):
    layer = layer_of(embeddings_initializer="glorot_normal", trainable=trainable)
    model = model_of(layer)
    model.train_on_batch(np.array([[1, 3]]), np.ones((1, 2, 1)))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    ids = np.array([[1, 5, 0]])
    np.testing.assert_array_equal(array(model(ids)), array(loaded(ids)))
    configs = [json.dumps(part.layers[1].get_config()) for part in (model, loaded)]
    assert configs[0] == configs[1]
    assert len(loaded.trainable_weights) == 2 + trainable


def test_matrices_are_set_one_by_one_and_checked():
    layer = layer_of()
    layer.set_matrices(trained=np.ones((2, 3)))
    np.testing.assert_array_equal(array(layer(np.array([2, 3]))), [np.ones(3), GIVEN[0]])
    with pytest.raises(ValueError, match=r"shape \(2, 3\), got \(3, 3\)"):
        layer.set_matrices(trained=GIVEN)
    with pytest.raises(ValueError, match=r"shape \(3, 3\), got \(3,\)"):
        layer.set_matrices(given=np.ones(3))


def test_wrong_numbers_are_named():
    with pytest.raises(ValueError, match="num_trained must be an integer, 1 or more, got 0"):
        PartlyFrozenEmbedding(0, 3, 2)
    with pytest.raises(ValueError, match="num_given must be an integer, 0 or more, got -1"):
        PartlyFrozenEmbedding(1, -1, 2)
    with pytest.raises(ValueError, match=r"output_dim must be a positive integer, got 2\.5"):
        PartlyFrozenEmbedding(1, 1, 2.5)
