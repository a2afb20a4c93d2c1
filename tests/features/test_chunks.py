"""Texts cut into chunks."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_builder.features import (
    CharEmbeddingSequence,
    CharPerWordEmbeddingSequence,
    PerChunkSequencer,
    RNNDigest,
    TrainableWordEmbeddingSequence,
)
from tests.text.strategies import any_text


def letters(maxlen: int | None = 3) -> CharEmbeddingSequence:
    return CharEmbeddingSequence(2, sequence_maxlen=maxlen, min_freq_percentile=0)


def words(tokenizer=str.split, maxlen: int = 3) -> TrainableWordEmbeddingSequence:
    return TrainableWordEmbeddingSequence(tokenizer, 2, None, maxlen, min_freq_percentile=0)


def split_at_blanks(text):
    return text.split(" ")


def test_ids_of_words_of_lines():
    poems = PerChunkSequencer(words(), str.splitlines, 2)
    assert poems.build(["a b\na", "c a"]).vocabulary.tokens == ("a", "b", "c")
    ids = poems.preprocess_texts(["b x\nc a b a\na", "a", ""])
    assert ids.tolist() == [
        [[3, 1, 0], [4, 2, 3]],
        [[2, 0, 0], [0, 0, 0]],
        [[0, 0, 0], [0, 0, 0]],
    ]


def test_chunks_of_chunks():
    block = PerChunkSequencer(PerChunkSequencer(letters(2), str.split, 3), str.splitlines, 2)
    assert (block.inputs_shape.shape, block.outputs_shape.shape) == ((2, 3, 2), (2, 3, 2, 2))
    block.build(["ab b\nb", "a b"])
    assert block.vocabulary.tokens == ("b", "a")
    assert block.preprocess_texts(["abb x\nb a"]).tolist() == [
        [[[3, 2], [1, 0], [0, 0]], [[2, 0], [3, 0], [0, 0]]]
    ]


@pytest.mark.parametrize("tokenizer", [split_at_blanks, str.split])
def test_padding_chunks_are_zeros_whatever_the_tokenizer_makes_of_an_empty_text(tokenizer):
    block = PerChunkSequencer(words(tokenizer), str.splitlines, 3).build(["a b\nc"])
    assert block.preprocess_texts(["a"]).tolist() == [[[2, 0, 0], [0, 0, 0], [0, 0, 0]]]
    assert not block.transform(["a"])[0, 1:].any()


def test_an_empty_chunk_is_one_unknown_symbol_and_no_padding():
    block = PerChunkSequencer(letters(), str.splitlines, 4).build(["ab"])
    assert block.preprocess_texts(["a\n\nb"])[0].tolist() == [
        [2, 0, 0],
        [1, 0, 0],
        [3, 0, 0],
        [0, 0, 0],
    ]


def test_without_maxima_the_longest_of_a_batch_decides():
    block = PerChunkSequencer(letters(None), str.split, None).build(["ab c"])
    assert block.outputs_shape.shape == (None, None, 2)
    assert block.preprocess_texts(["abc a", "a"]).shape == (2, 2, 3)
    assert block.transform(["abc a", "a"]).shape == (2, 2, 3, 2)
    # An encoder of characters sees at least one.
    assert block.preprocess_texts([""]).shape == (1, 1, 1)


def test_no_texts_keep_all_axes():
    block = PerChunkSequencer(letters(), str.split, 4).build(["ab"])
    assert block.preprocess_texts([]).shape == (0, 4, 3)


@pytest.mark.parametrize("chunker", [None, lambda text: tuple(text), lambda text: text])
def test_chunks_may_be_given_in_any_sequence(chunker):
    block = PerChunkSequencer(letters(), chunker, 2).build([["ab", "b"]])
    assert block.preprocess_texts([["b", "ab"]]).tolist() == [[[2, 0, 0], [3, 2, 0]]]


def test_the_sequencer_learns_from_each_chunk_up_to_its_maximum():
    inner = letters(5)
    block = PerChunkSequencer(inner, str.split, 4).build(["hello zebra quuxxyy"])
    assert set(inner.vocabulary.tokens) == set("hellozebraquuxx")
    assert block.vocabulary is inner.vocabulary
    assert block.weights_amount == inner.weights_amount == (2 + len(set("hellozebraquuxx"))) * 2


@given(st.lists(any_text, min_size=1, max_size=4), st.lists(any_text, max_size=4))
@settings(deadline=None, max_examples=20)
def test_characters_of_words_are_the_same_in_both_ways(corpus, texts):
    chunks = PerChunkSequencer(CharEmbeddingSequence(3, sequence_maxlen=4), "words", 5)
    whole = CharPerWordEmbeddingSequence("words", 3, word_maxlen=5, char_maxlen=4)
    try:
        whole.build(corpus)
    except ValueError as error:
        with pytest.raises(ValueError, match="expects a corpus with words"):
            chunks.build(corpus)
        assert "expects a corpus with words" in str(error)
        return
    assert chunks.build(corpus).vocabulary == whole.vocabulary
    ids = chunks.preprocess_texts(texts)
    np.testing.assert_array_equal(ids, whole.preprocess_texts(texts))
    np.testing.assert_array_equal(chunks(ids), whole(ids))


def test_large_ids_reach_the_graph_as_they_are():
    """A graph that reads ids as float32 rounds those above 2 ** 24."""
    block = PerChunkSequencer(letters(), str.split, 2).build(["ab"])
    ids = np.full((1, 2, 3), 2**24 + 1, "int32")
    through = keras.Model(block.inputs, block.inputs + 0).predict(ids, verbose=0)
    np.testing.assert_array_equal(through, ids)
    assert through.dtype == np.int32


def test_several_processes_learn_the_same():
    def make():
        return PerChunkSequencer(words("whitespace"), str.splitlines, 2)

    texts = ["a b\na", "c\nd d"]
    assert make().build(texts, workers=2).serialize() == make().build(texts).serialize()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((RNNDigest(letters(), 2, "gru"), str.split, 2), TypeError, "put a digest or a wrapper"),
        (("letters", str.split, 2), TypeError, r"block that reads texts itself, got 'letters'"),
        ((letters(), "no such", 2), ValueError, "expected one of the tokenizers"),
        ((letters(), str.split, 0), ValueError, "chunking_maxlen to be a whole number of at"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        PerChunkSequencer(*arguments)


def test_a_chunker_that_gives_no_strings_is_named():
    block = PerChunkSequencer(letters(), lambda text: [1, 2], 2)
    with pytest.raises(TypeError, match="expected"):
        block.build(["a b"])
