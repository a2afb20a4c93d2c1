import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.layers import MaskedConcatenate, MaskedEmbedding, first_step_open, mask_by_vector

from .backend import array, examples


@examples(50)
@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=5))
def test_only_empty_rows_are_opened(rows):
    opened = array(first_step_open(keras.ops.convert_to_tensor(rows)))
    assert opened.any(axis=-1).all()
    for row, now in zip(rows, opened.tolist(), strict=True):
        assert now == (row if any(row) else [True, False, False])


def test_the_mask_survives_concatenation_with_an_unmasked_input():
    ids = np.array([[3, 1, 0]])
    masked = MaskedEmbedding(5, 2)(ids)
    joined = MaskedConcatenate()([masked, np.ones((1, 3, 4), "float32")])
    assert joined.shape == (1, 3, 6)
    np.testing.assert_array_equal(joined._keras_mask, ids != 0)


def test_masks_are_joined_by_and():
    layer = MaskedEmbedding(5, 2)
    one, two = layer(np.array([[1, 1, 0, 0]])), layer(np.array([[1, 0, 1, 0]]))
    joined = MaskedConcatenate()([one, two])
    np.testing.assert_array_equal(joined._keras_mask, [[True, False, False, False]])


def test_without_masks_there_is_none():
    assert MaskedConcatenate().compute_mask([None, None], [None, None]) is None


def test_what_is_masked_as_a_whole_is_masked_in_all_its_steps():
    tensor = keras.ops.zeros((1, 2, 2, 3))
    words = keras.ops.convert_to_tensor([[True, False]])
    letters = keras.ops.convert_to_tensor([[[True, False], [True, True]]])
    joined = MaskedConcatenate().compute_mask([tensor, tensor], [words, letters])
    np.testing.assert_array_equal(array(joined), [[[1, 0], [0, 0]]])


def test_a_mask_is_fitted_to_its_tensor():
    words = keras.ops.convert_to_tensor([[True, True, False]])
    tensor = keras.ops.zeros((1, 3, 2, 5))
    np.testing.assert_array_equal(array(mask_by_vector(words, tensor)), [[[1, 1], [1, 1], [0, 0]]])
    letters_of_words = keras.ops.convert_to_tensor([[[True, False], [False, False], [True, True]]])
    fitted = mask_by_vector(letters_of_words, tensor[:, :, 0])
    np.testing.assert_array_equal(array(fitted), [[1, 0, 1]])
    assert mask_by_vector(words, keras.ops.zeros((1, 5))) is None
    assert mask_by_vector(words, keras.ops.zeros((1, 4, 5))) is None
    assert mask_by_vector(None, tensor) is None


def test_concatenation_checks_its_inputs():
    with pytest.raises(ValueError, match="same number of axes"):
        MaskedConcatenate()([keras.Input((3, 2)), keras.Input((2,))])
    with pytest.raises(ValueError, match=r"equal sizes before the last axis, got \[3, 4\]"):
        MaskedConcatenate()([keras.Input((3, 2)), keras.Input((4, 2))])


def test_masks_in_a_graph_survive_saving(tmp_path):
    ids = keras.Input((None,), dtype="int32")
    joined = MaskedConcatenate()([MaskedEmbedding(5, 2)(ids), MaskedEmbedding(5, 3)(ids)])
    steps = keras.layers.GRU(3)(joined)
    model = keras.Model(ids, [joined, steps])
    assert model.output_shape == [(None, None, 5), (None, 3)]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for before, after in zip(model(np.array([[1, 0]])), loaded(np.array([[1, 0]])), strict=True):
        np.testing.assert_array_equal(array(before), array(after))
