"""Whole texts that have vectors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlp_builder
from nlp_builder.features import MappingEmbedding, PerChunkSequencer
from nlp_builder.text import WordVectors
from tests.text.strategies import any_text

MATRIX = np.array([[0, 1, 2], [4, 5, 9]], "float32")
CITIES = WordVectors(["New York", "Oslo"], MATRIX)
# Of the unknown key and the known ones.
ROWS = np.array([[2, 3, 5.5], *MATRIX], "float32")


def test_the_whole_text_is_the_key():
    block = MappingEmbedding(CITIES).build(["Oslo"])
    ids = block.preprocess_texts(["New York", "Oslo", "New", "oslo", "", "New York "])
    assert ids.tolist() == [[2], [3], [1], [1], [1], [1]]
    np.testing.assert_array_equal(block(ids), ROWS[ids[:, 0] - 1])


def test_an_unknown_text_gets_the_mean():
    np.testing.assert_allclose(
        MappingEmbedding(CITIES).build(["x"]).transform(["Rome"])[0], MATRIX.mean(axis=0)
    )


def test_tokens_are_read_with_a_blank_between_them():
    ids = MappingEmbedding(CITIES).preprocess_texts([["New", "York"], []])
    assert ids.tolist() == [[2], [1]]
    assert ids.dtype == np.int32


def test_texts_teach_nothing_so_that_strings_and_tokens_and_none_will_do():
    one, other, third = (
        MappingEmbedding(CITIES).build(texts) for texts in (["Oslo"], [["Oslo", "x"]], None)
    )
    assert one.vocabulary == other.vocabulary == third.vocabulary
    assert one.vocabulary.tokens == ("New York", "Oslo")


def test_the_output_is_one_vector_for_a_text():
    block = MappingEmbedding(CITIES).build(["x"])
    assert (block.inputs_shape.shape, block.outputs_shape.shape) == ((1,), (3,))
    assert block.mask is None
    assert block.trainable_weights_amount == 0
    # Padding, the unknown text and two keys.
    assert block.weights_amount == 4 * 3


def test_padding_chunks_are_zeros_and_unknown_keys_are_not():
    block = PerChunkSequencer(MappingEmbedding(CITIES), str.splitlines, 3).build(["Oslo"])
    vectors = block.transform(["Rome\nOslo", ""])
    np.testing.assert_array_equal(vectors[0], [*ROWS[[0, 2]], np.zeros(3)])
    assert not vectors[1].any()


def test_a_file_holds_the_vectors():
    block = nlp_builder.deserialize(MappingEmbedding(CITIES).build(["Oslo"]).serialize())
    np.testing.assert_array_equal(block.transform(["Oslo", "?"]), ROWS[[2, 0]])


@given(st.lists(any_text, max_size=5))
@settings(deadline=None, max_examples=50)
def test_any_text_has_a_key(texts):
    ids = MappingEmbedding(CITIES).preprocess_texts(texts)
    assert ids.tolist() == [[CITIES.index.get(text, -1) + 2] for text in texts]


def test_what_are_no_vectors_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected a file of vectors"):
        MappingEmbedding(tmp_path / "none.txt")
    with pytest.raises(TypeError, match="expected a path, gensim's KeyedVectors or WordVectors"):
        MappingEmbedding(7)
