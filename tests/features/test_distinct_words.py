import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_builder.features import (
    CharEmbeddingSequence,
    CharPerWordEmbeddingSequence,
    KerasWrapper,
    RNNDigest,
    TrainableWordEmbeddingSequence,
)
from nlp_builder.features.distinct_words import DistinctWords, _distinct

TEXTS = [["a", "cat", "and", "a", "dog"], ["a", "dog"], ["sea"]]


def head(dimension, length=None):
    """A model from vectors of words, which heeds their mask."""
    words = keras.Input((length, dimension))
    return keras.Model(words, keras.layers.GRU(3, return_sequences=True, seed=1)(words))


def digest(maxlen=None, **options):
    characters = CharPerWordEmbeddingSequence(None, 4, maxlen, 6)
    return RNNDigest(characters, 5, "lstm", **{"bidirectional": True, **options})


def words(maxlen=None):
    return TrainableWordEmbeddingSequence(None, 2, None, maxlen)


def several():
    """Two digests of the same characters, and words."""
    one = digest()
    other = RNNDigest(one.blocks[0], 2, "gru")
    return KerasWrapper([words(), one, other], head(14))


BLOCKS = {
    "a digest alone": lambda: KerasWrapper(digest(), head(10)),
    "words and a digest": lambda: KerasWrapper([words(), digest()], head(12)),
    "a limit of words": lambda: KerasWrapper([words(4), digest(4)], head(12, 4)),
    "several digests": several,
    "no digest": lambda: KerasWrapper(words(), head(2)),
}


@pytest.mark.parametrize("make", BLOCKS.values(), ids=BLOCKS.keys())
def test_it_gives_what_the_block_gives(make):
    block = make().build(TEXTS)
    found = DistinctWords(block)
    for texts in (TEXTS, TEXTS[1:], [["new", "words", "a"]]):
        ids = block.preprocess_texts(texts)
        np.testing.assert_allclose(found(ids), block(ids), atol=1e-6)


def test_each_distinct_word_is_digested_once():
    block = KerasWrapper([words(), digest()], head(12)).build(TEXTS)
    found = DistinctWords(block)
    _, characters, places = found._by_word.inputs
    assert characters.shape == (None, 1, 6)
    assert places.shape == (None, None)
    rows, where = _distinct(block.preprocess_texts(TEXTS)[1])
    # a, cat, and, dog, sea, and what pads the shorter texts
    assert rows.shape == (6, 1, 6)
    assert where.shape == (3, 5)


def test_it_goes_with_the_weights_of_the_block():
    block = KerasWrapper(digest(), head(10)).build(TEXTS)
    found = DistinctWords(block)
    ids = block.preprocess_texts(TEXTS)
    before = found(ids)
    for weight in block.trainable_weights:
        weight.assign(weight + 0.1)
    assert np.abs(found(ids) - before).max() > 1e-3
    np.testing.assert_allclose(found(ids), block(ids), atol=1e-6)


def test_characters_of_whole_texts_are_left_alone():
    characters = CharEmbeddingSequence(4, 6)
    block = KerasWrapper(characters, head(4, 6)).build(["a cat"])
    found = DistinctWords(block)
    assert found._by_word is block._graph


BLOCK = KerasWrapper([words(), digest()], head(12)).build(TEXTS)
FOUND = DistinctWords(BLOCK)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=5), min_size=1, max_size=4))
def test_any_words_come_out_as_they_do_one_by_one(texts):
    ids = BLOCK.preprocess_texts(texts)
    np.testing.assert_allclose(FOUND(ids), BLOCK._graph.predict_on_batch(ids), atol=1e-6)
