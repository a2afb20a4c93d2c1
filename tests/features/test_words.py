"""Words with given vectors: all of them, or those of the corpus alone."""

import numpy as np
import pytest
from sklearn.base import clone

import nlp_builder
from nlp_builder.features import PerChunkSequencer, PreTrainedWordEmbeddingSequence
from nlp_builder.text import WordVectors

WORDS = ["the", "cat", "Cat", "zebra", "00", "a0"]
MATRIX = np.arange(12, dtype="float32").reshape(6, 2) ** 2
CORPUS = ["the CAT", "12 A7 dog", "", "the Cat"]
TEXTS = ["the cat", "Cat CAT 12 31", "dog", "A7 a1", ""]


def words(*, only_corpus=True, **options):
    options = {"lowercase": True, "digits_to_zero": True, **options}
    vectors = WordVectors(WORDS, MATRIX)
    return PreTrainedWordEmbeddingSequence(
        vectors, "whitespace", 4, only_corpus=only_corpus, **options
    )


def test_the_words_of_the_corpus_are_kept_and_no_others():
    block = words().build(CORPUS)
    assert block.vocabulary.tokens == ("the", "cat", "Cat", "00", "a0")
    assert block.weights_amount == (2 + 5) * 2
    as_they_are = words(lowercase=False, digits_to_zero=False).build(CORPUS)
    assert as_they_are.vocabulary.tokens == ("the", "Cat")


@pytest.mark.parametrize("texts", [CORPUS, TEXTS])
def test_they_have_the_vectors_that_they_have_without_a_cut(texts):
    cut, whole = words().build(CORPUS), words(only_corpus=False).build(CORPUS)
    np.testing.assert_array_equal(cut.transform(texts), whole.transform(texts))


def test_an_unknown_word_gets_the_mean_of_all_that_were_given():
    block = words().build(CORPUS)
    found = block.transform(["zebra never"])[0, :2]
    np.testing.assert_allclose(found, [MATRIX.mean(axis=0)] * 2)


def test_nothing_is_known_before_build():
    block = words()
    assert block.vocabulary is None
    with pytest.raises(ValueError, match="is not built: call build"):
        block.preprocess_texts(TEXTS)
    with pytest.raises(ValueError, match="build needs texts"):
        block.build()
    with pytest.raises(ValueError, match="was built with another corpus"):
        block.build(CORPUS).build(TEXTS)
    with pytest.raises(TypeError, match="expected only_corpus to be True or False, got 1"):
        words(only_corpus=1)


def test_a_corpus_may_have_no_known_word():
    block = words().build(["dog"])
    assert block.vocabulary.tokens == ()
    np.testing.assert_allclose(block.transform(["the"])[0, 0], MATRIX.mean(axis=0))


def test_a_file_holds_the_words_that_were_kept(tmp_path):
    vectors = WordVectors([f"w{n}" for n in range(5000)], np.ones((5000, 8)))
    sizes = {}
    for only_corpus in (False, True):
        block = PreTrainedWordEmbeddingSequence(vectors, None, None, only_corpus=only_corpus)
        block.build([["w3", "w7"]]).save(tmp_path / "block.nlpb")
        sizes[only_corpus] = (tmp_path / "block.nlpb").stat().st_size
    assert sizes[True] < sizes[False] / 40
    again = nlp_builder.load(tmp_path / "block.nlpb")
    assert again.only_corpus
    assert again.vocabulary.tokens == ("w3", "w7")
    assert again.build([["w3", "w7"]]) is again


def test_a_built_and_an_unbuilt_block_come_back_from_a_file():
    for block in (words(), words().build(CORPUS)):
        again = nlp_builder.deserialize(block.serialize())
        assert again.serialize() == block.serialize()
        again.build(CORPUS)
        np.testing.assert_array_equal(
            again.transform(TEXTS), words().build(CORPUS).transform(TEXTS)
        )


def test_a_clone_of_an_unbuilt_block_is_as_it():
    copied = clone(words()).build(CORPUS)
    np.testing.assert_array_equal(copied.transform(TEXTS), words().build(CORPUS).transform(TEXTS))


def test_words_of_chunks_and_of_a_stream_are_kept():
    lines = PerChunkSequencer(words(), str.splitlines, 2).build(["the\ncat", "zebra"])
    assert lines.vocabulary.tokens == ("the", "cat", "zebra")
    assert words().build(text for text in CORPUS).vocabulary == words().build(CORPUS).vocabulary
