"""Characters of whole texts, and of each word."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_builder.features import CharEmbeddingSequence, CharPerWordEmbeddingSequence
from tests.text.strategies import any_text

CORPUS = ["abba", "bob", "a b"]


def characters(maxlen: int | None = 5, percentile: float = 0) -> CharEmbeddingSequence:
    return CharEmbeddingSequence(3, sequence_maxlen=maxlen, min_freq_percentile=percentile)


def test_ids_go_by_falling_frequency():
    block = characters().build(CORPUS)
    assert block.vocabulary.tokens == ("b", "a", " ", "o")
    assert block.preprocess_texts(["bao b"]).tolist() == [[2, 3, 5, 4, 2]]


def test_unknown_characters_long_texts_and_empty_ones():
    ids = characters().build(CORPUS).preprocess_texts(["axb", "abbabab", "", "\n"])
    assert ids.tolist() == [[3, 1, 2, 0, 0], [3, 2, 2, 3, 2], [0] * 5, [1, 0, 0, 0, 0]]


def test_without_a_maximum_the_longest_text_of_a_batch_decides():
    block = characters(None).build(CORPUS)
    assert block.preprocess_texts(["ab", "abbab"]).shape == (2, 5)
    assert block.preprocess_texts(["ab"]).shape == (1, 2)
    assert block.outputs_shape.shape == (None, 3)
    assert block.transform(["ab", ""]).shape == (2, 2, 3)


def test_tokens_are_read_with_a_blank_between_them():
    block = characters().build([["abba"], ["bob"], ["a", "b"]])
    assert block.vocabulary == characters().build(CORPUS).vocabulary
    assert block.preprocess_texts([["a", "b"]]).tolist() == block.preprocess_texts(["a b"]).tolist()


def test_characters_behind_the_maximum_do_not_count():
    assert characters(2).build(["abcc", "b"]).vocabulary.tokens == ("b", "a")


def test_rare_characters_are_unknown():
    block = characters(percentile=60).build(CORPUS)
    assert block.vocabulary.tokens == ("b", "a")
    assert block.preprocess_texts(["o"])[0, 0] == 1


def test_each_id_has_a_row_of_its_own_and_no_row_is_left_over():
    block = characters().build(CORPUS)
    # Padding, unknown, and four characters.
    assert block.weights_amount == 6 * 3
    rows = block(np.arange(1, 6)[None])[0]
    assert len(np.unique(rows, axis=0)) == 5


def test_first_vectors_depend_on_the_random_state_alone():
    one, same, other = (
        CharEmbeddingSequence(3, random_state=seed).build(CORPUS).transform(["ab"])
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one[0, :2] != other[0, :2]).all()


@given(st.lists(any_text, min_size=1, max_size=4), st.lists(any_text, max_size=4))
@settings(deadline=None, max_examples=30)
def test_ids_of_any_text_are_those_of_the_vocabulary(corpus, texts):
    block = characters(maxlen=4)
    if not any(corpus):
        with pytest.raises(ValueError, match="expects a corpus with words, got texts without any"):
            block.build(corpus)
        return
    ids = block.build(corpus).preprocess_texts(texts)
    expected = [[block.vocabulary.id_of(letter) for letter in text[:4]] for text in texts]
    assert ids.tolist() == [[*row, *[0] * (4 - len(row))] for row in expected]


@pytest.mark.parametrize("block", [characters(), CharPerWordEmbeddingSequence("words", 3)])
def test_what_is_not_built_says_what_to_do(block):
    with pytest.raises(ValueError, match=r"is not built: call build\(texts\)"):
        block.preprocess_texts(["a"])


@pytest.mark.parametrize("make", [characters, lambda: CharPerWordEmbeddingSequence("words", 3)])
def test_several_processes_learn_the_same(make):
    assert make().build(CORPUS, workers=2).serialize() == make().build(CORPUS).serialize()


def test_the_alphabet_is_that_of_all_words_and_not_of_the_first_characters_of_texts():
    block = CharPerWordEmbeddingSequence("whitespace", 3, char_maxlen=5, min_freq_percentile=0)
    block.build(["hello zebra quux"])
    assert set(block.vocabulary.tokens) == set("hellozebraquux")
    assert not (block.preprocess_texts(["quux zebra"]) == 1).any()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"embedding_dimension": 0}, ValueError, "embedding_dimension to be a whole number of at"),
        ({"sequence_maxlen": 0}, ValueError, "sequence_maxlen to be a whole number of at least 1"),
        ({"sequence_maxlen": 2.5}, TypeError, "sequence_maxlen to be a whole number"),
        ({"min_freq_percentile": 101}, ValueError, "0 to 100"),
        ({"random_state": -1}, ValueError, "random_state to be from 0 to 2"),
        ({"random_state": "x"}, TypeError, "random_state to be a whole number"),
    ],
)
def test_arguments_out_of_range_are_named(options, error, message):
    with pytest.raises(error, match=message):
        CharEmbeddingSequence(**options)
