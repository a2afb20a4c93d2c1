"""Prediction keeps what it made of words, and never longer than the weights stay as they are."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from nlp_builder.features import (
    CharEmbeddingSequence,
    CharPerWordEmbeddingSequence,
    KerasWrapper,
    RNNDigest,
    TrainableWordEmbeddingSequence,
)
from nlp_builder.features.digested_words import DigestedWords
from nlp_builder.features.known_rows import KnownRows

TEXTS = [["a", "cat", "and", "a", "dog"], ["a", "dog"], ["sea"]]
BATCHES = (TEXTS, TEXTS[1:], [["new", "words", "a"]], TEXTS)


def head(dimension, length=None):
    """A model from vectors of words, which heeds their mask."""
    words = keras.Input((length, dimension))
    return keras.Model(words, layers.SimpleRNN(3, return_sequences=True)(words))


def characters(maxlen=None):
    return CharPerWordEmbeddingSequence(None, 4, maxlen, 6)


def digest(maxlen=None, **options):
    return RNNDigest(characters(maxlen), 5, "rnn", **options)


def words(maxlen=None):
    return TrainableWordEmbeddingSequence(None, 2, None, maxlen)


def several():
    """Two digests of the same characters, and words."""
    one = digest()
    return KerasWrapper([words(), one, RNNDigest(one.blocks[0], 2, "rnn")], head(9))


def convolution():
    steps = keras.Input((6, 4))
    convolved = layers.GlobalMaxPooling1D()(layers.Conv1D(3, 3, padding="same")(steps))
    return KerasWrapper(characters(), keras.Model(steps, layers.Dropout(0.5)(convolved)))


def of_two_texts():
    shared = digest()
    inputs = [keras.Input((None, 5)), keras.Input((None, 5))]
    ends = [layers.SimpleRNN(2)(tensor) for tensor in inputs]
    model = keras.Model(inputs, layers.Concatenate()(ends))
    return KerasWrapper({"left": [shared], "right": [shared]}, model)


BLOCKS = {
    "a digest alone": lambda: KerasWrapper(digest(), head(5)),
    "words and a digest": lambda: KerasWrapper([words(), digest()], head(7)),
    "a limit of words": lambda: KerasWrapper([words(4), digest(4)], head(7, 4)),
    "dropout in training": lambda: KerasWrapper(digest(dropout=0.5), head(5)),
    "characters beside their digest": lambda: KerasWrapper(
        [RNNDigest(RNNDigest(one := characters(), 3, "rnn"), 2, "rnn"), RNNDigest(one, 2, "rnn")],
        keras.Model([a := keras.Input((2,)), b := keras.Input((None, 2))], b + a[:, None]),
    ),
    "several digests": several,
    "a convolution": lambda: KerasWrapper(convolution(), head(3)),
    "no digest": lambda: KerasWrapper(words(), head(2)),
}


@pytest.mark.parametrize("make", BLOCKS.values(), ids=BLOCKS.keys())
def test_it_gives_what_the_block_gives(make):
    block = make().build(TEXTS)
    found = DigestedWords(block)
    for texts in BATCHES:
        ids = block.preprocess_texts(texts)
        np.testing.assert_allclose(found(ids), block(ids), atol=1e-6)


def test_words_of_several_texts_are_kept_for_each():
    texts = {"left": TEXTS, "right": TEXTS[::-1]}
    block = of_two_texts().build(texts)
    ids = block.preprocess_texts(texts)
    np.testing.assert_allclose(DigestedWords(block)(ids), block(ids), atol=1e-6)


def test_a_word_is_digested_when_it_comes_for_the_first_time():
    block = digest().build(TEXTS)
    known = KnownRows([block])
    places, vectors, mask = known(block.preprocess_texts(TEXTS))
    # a, cat, and, dog, what pads the shorter texts, sea
    assert places.tolist() == [[0, 1, 2, 0, 3], [0, 3, 4, 4, 4], [5, 4, 4, 4, 4]]
    assert vectors.shape == (6, 1, 5)
    assert mask[:, 0].tolist() == [True, True, True, True, False, True]
    assert not vectors[4].any()
    before = [*known._kept[1]]
    known(block.preprocess_texts([["sea", "new", "a"]]))
    assert [*known._kept[1]][:-1] == before


def test_nothing_is_kept_when_a_weight_has_changed():
    block = KerasWrapper(digest(), head(5)).build(TEXTS)
    found = DigestedWords(block)
    ids = block.preprocess_texts(TEXTS)
    before = found(ids)
    for weight in block.blocks[0].trainable_weights:
        old = keras.ops.convert_to_numpy(weight)
        weight.assign(old + 0.1)
        assert np.abs(found(ids) - before).max() > 1e-5
        np.testing.assert_allclose(found(ids), block(ids), atol=1e-6)
        weight.assign(old)
        np.testing.assert_allclose(found(ids), before, atol=1e-6)


def test_training_between_two_predictions_is_seen():
    block = KerasWrapper([words(), digest()], head(7)).build(TEXTS)
    found = DigestedWords(block)
    ids = block.preprocess_texts(TEXTS)
    before = found(ids)
    block.compile(keras.optimizers.Adam(0.1), "mse")
    block.fit(TEXTS, np.ones((3, 5, 3)), verbose=0)
    assert np.abs(found(ids) - before).max() > 1e-3
    np.testing.assert_allclose(found(ids), block(ids), atol=1e-6)


@pytest.mark.parametrize("most", [1, 4, 7])
def test_no_more_words_are_kept_than_it_is_told(most):
    block = digest().build(TEXTS)
    known = KnownRows([block], most)
    for texts in BATCHES:
        ids = block.preprocess_texts(texts)
        places, vectors, _ = known(ids)
        np.testing.assert_allclose(vectors[places][:, :, 0], block(ids), atol=1e-6)
        assert len(known._kept[1]) <= most


def test_characters_of_whole_texts_are_left_alone():
    block = KerasWrapper(CharEmbeddingSequence(4, 6), head(4, 6)).build(["a cat"])
    assert DigestedWords(block)._rest.model is block._graph


@pytest.mark.parametrize("batch", [0, 1])
def test_a_batch_may_have_no_texts(batch):
    block = KerasWrapper(RNNDigest(characters(), 5, "rnn"), head(5)).build(TEXTS)
    ids = np.zeros((batch, 3, 6), "int32")
    found = DigestedWords(block)(ids)
    assert found.shape == (batch, 3, 3)
    np.testing.assert_array_equal(found, block(ids).reshape(found.shape))


BLOCK = KerasWrapper([words(), digest()], head(7)).build(TEXTS)
FOUND = DigestedWords(BLOCK, most=40)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=5), min_size=1, max_size=4))
def test_any_words_come_out_as_they_do_one_by_one(texts):
    ids = BLOCK.preprocess_texts(texts)
    np.testing.assert_allclose(FOUND(ids), BLOCK._graph.predict_on_batch(ids), atol=1e-6)
