"""The table of blocks: a new block costs a row, and all laws hold for it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nlp_builder.features import (
    CharPerWordEmbeddingSequence,
    Feature,
    PreTrainedWordEmbeddingSequence,
    RNNDigest,
)
from nlp_builder.text import WordVectors

CORPUS = [
    ["Łukasz", "flew", "to", "Oslo", "."],
    ["the", "Bay", "of", "Fundy"],
    ["Oslo"],
    ["a", "bank", "of", "the", "river", "and", "a", "Bank"],
]
# Shorter and longer than the maxima, unknown words and characters, an empty text and word.
TEXTS = [["Oslo", "?"], [], ["a"] * 12, ["", "unknownword", "of"], ["Bay", "7"]]


def small_vectors() -> WordVectors:
    words = ["a", "bank", "Oslo", "of", "the", "0"]
    matrix = np.random.default_rng(3).normal(size=(len(words), 4)).astype("float32")
    return WordVectors(words, matrix)


def words() -> PreTrainedWordEmbeddingSequence:
    return PreTrainedWordEmbeddingSequence(
        small_vectors(), "identity", sequence_maxlen=6, lowercase=True, digits_to_zero=True
    )


def characters() -> CharPerWordEmbeddingSequence:
    return CharPerWordEmbeddingSequence(
        "identity",
        embedding_dimension=5,
        word_maxlen=6,
        char_maxlen=4,
        min_freq_percentile=10,
        random_state=7,
    )


def lstm_digest() -> RNNDigest:
    return RNNDigest(
        characters(), units_per_layer=3, rnn_type="lstm", stacked_layers=2, random_seed=5
    )


def gru_digest() -> RNNDigest:
    return RNNDigest(characters(), 3, "gru", bidirectional=True, return_sequences=True)


def rnn_digest_without_masking() -> RNNDigest:
    return RNNDigest(characters(), 3, "rnn", masking=False, activation="relu")


def text_digest() -> RNNDigest:
    return RNNDigest(words(), 4, "gru", dropout=0.5)


def digest_of_words_and_characters() -> RNNDigest:
    return RNNDigest([words(), RNNDigest(characters(), 3, "lstm")], 4, "lstm", bidirectional=True)


def digest_of_a_block_twice() -> RNNDigest:
    shared = characters()
    digests = [RNNDigest(shared, 2, "gru", random_seed=1), RNNDigest(shared, 3, "gru")]
    return RNNDigest(digests, 4, "gru", return_sequences=True)


@dataclass(frozen=True)
class Row:
    """A way to make a block, and what it makes of a text."""

    make: Callable[[], Feature]
    outputs: tuple[int, ...]


ROWS = {
    "words": Row(words, (6, 4)),
    "characters": Row(characters, (6, 4, 5)),
    "lstm digest": Row(lstm_digest, (6, 3)),
    "gru digest": Row(gru_digest, (6, 4, 6)),
    "rnn digest without masking": Row(rnn_digest_without_masking, (6, 3)),
    "text digest": Row(text_digest, (4,)),
    "digest of words and characters": Row(digest_of_words_and_characters, (8,)),
    "digest of a block twice": Row(digest_of_a_block_twice, (6, 4)),
}
