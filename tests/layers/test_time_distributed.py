import keras
import numpy as np
import pytest
from keras import layers, ops

from nlp_builder.layers import L, MaskedEmbedding, TimeDistributed

from .backend import array


def numbers(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def tagger(wrapper):
    """Scores of three tags, and ids of any length."""
    ids = keras.Input((None,), dtype="int32")
    words = layers.LSTM(4, return_sequences=True)(MaskedEmbedding(9, 5, random_seed=1)(ids))
    return keras.Model(ids, wrapper(layers.Dense(3, name="scores"), name="each")(words))


def test_batches_of_any_length_are_read_whole():
    model = tagger(TimeDistributed)
    words, dense = model.layers[-2], model.get_layer("each").layer
    vectors = keras.Model(model.inputs, words.output)
    for shape in ((8, 1), (8, 7), (2, 3), (1, 17)):
        ids = np.random.default_rng(1).integers(1, 9, shape)
        expected = vectors.predict(ids, verbose=0) @ array(dense.kernel) + array(dense.bias)
        np.testing.assert_allclose(model.predict(ids, verbose=0), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.Dense(3), (2, 5, 4)),
        (layers.Conv1D(3, 2), (2, 5, 6, 4)),
        (layers.LSTM(3), (2, 5, 6, 4)),
        (layers.Flatten(), (2, 5, 6, 4)),
    ],
)
def test_it_equals_the_layer_of_keras_at_one_length(layer, shape):
    inputs = numbers(*shape)
    ours, theirs = TimeDistributed(layer), layers.TimeDistributed(layer)
    np.testing.assert_allclose(array(ours(inputs)), array(theirs(inputs)), atol=1e-5)
    assert ours.compute_output_shape(shape) == theirs.compute_output_shape(shape)
    assert {**ours.get_config(), "name": 0} == {**theirs.get_config(), "name": 0}


def test_masks_go_to_the_layer_and_on():
    inputs, mask = numbers(2, 3, 4, 5), np.ones((2, 3, 4), bool)
    mask[0, 1, 2:] = False
    lstm = layers.LSTM(3)
    read = array(TimeDistributed(lstm)(inputs, mask=ops.convert_to_tensor(mask)))
    np.testing.assert_allclose(read[0, 1], array(lstm(inputs[0, 1:2, :2]))[0], atol=1e-6)
    np.testing.assert_allclose(read[0, 0], array(lstm(inputs[0, 0:1]))[0], atol=1e-6)

    words = MaskedEmbedding(9, 5, random_seed=1)(np.array([[3, 4, 0], [5, 0, 0]]))
    scores = TimeDistributed(layers.Dense(2))(words)
    np.testing.assert_array_equal(array(scores._keras_mask), [[1, 1, 0], [1, 0, 0]])


def test_a_mask_of_other_steps_is_refused():
    with pytest.raises(ValueError, match=r"batch and the steps of the inputs, \(2, 3\).*\(2, 4\)"):
        TimeDistributed(layers.LSTM(3))(numbers(2, 3, 4, 5), mask=np.ones((2, 4), bool))


def test_dropout_is_that_of_training_alone():
    dropped = TimeDistributed(layers.Dropout(0.5, seed=1))
    inputs = np.ones((2, 3, 4), "float32")
    np.testing.assert_array_equal(array(dropped(inputs)), inputs)
    assert (array(dropped(inputs, training=True)) == 0).any()


def test_weights_of_the_layer_of_keras_fit(tmp_path):
    theirs, ours = tagger(layers.TimeDistributed), tagger(TimeDistributed)
    theirs.save_weights(tmp_path / "a.weights.h5")
    ours.load_weights(tmp_path / "a.weights.h5")
    ids = np.array([[3, 4, 5]])
    np.testing.assert_allclose(array(ours(ids)), array(theirs(ids)), atol=1e-6)


def test_keras_keeps_it_in_its_files(tmp_path):
    model = tagger(TimeDistributed)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert type(again.get_layer("each")) is TimeDistributed
    for length in (3, 7):
        ids = np.full((2, length), 3)
        np.testing.assert_array_equal(again.predict(ids, verbose=0), model.predict(ids, verbose=0))


def test_all_layers_of_keras_go_by_one_name_with_this_one_among_them():
    assert L.TimeDistributed is TimeDistributed
    assert L.Dense is layers.Dense
    assert {"Dense", "TimeDistributed", "Bidirectional"} <= set(dir(L))
    with pytest.raises(AttributeError, match="Dens"):
        L.Dens  # noqa: B018  # the access is what is tested
