"""Small blocks, and models around them, of one text and of two."""

import keras
from keras import layers

from nlp_builder.features import (
    CharEmbeddingSequence,
    CharPerWordEmbeddingSequence,
    KerasWrapper,
    RNNDigest,
)

TEXTS = ["a small town", "the sea", "", "rain in the town by the sea"]
PAIRS = {"left": TEXTS, "right": ["the town", "a", "b c", "rain"]}


def letters(maxlen: int | None = 6) -> CharEmbeddingSequence:
    return CharEmbeddingSequence(4, sequence_maxlen=maxlen, min_freq_percentile=0)


def spelling() -> CharPerWordEmbeddingSequence:
    return CharPerWordEmbeddingSequence("words", 3, word_maxlen=4, char_maxlen=5)


def sequential(shape: tuple[int | None, ...], *rest: layers.Layer) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *rest])


def encoder() -> RNNDigest:
    return RNNDigest(letters(), 5, "gru")


def compared(units: int = 5) -> keras.Model:
    one, other = keras.Input((units,)), keras.Input((units,))
    both = [layers.Multiply()([one, other]), layers.Subtract()([one, other])]
    return keras.Model([one, other], layers.Dense(1)(layers.Concatenate()(both)))


def siamese() -> KerasWrapper:
    shared = encoder()
    return KerasWrapper([("left", [shared]), ("right", [shared])], compared())
