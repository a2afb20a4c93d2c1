"""The table of blocks: a new block costs a row, and all laws hold for it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from nlp_builder.features import (
    CharEmbeddingSequence,
    CharPerWordEmbeddingSequence,
    FasttextEmbeddingSequence,
    Feature,
    MappingEmbedding,
    PerChunkSequencer,
    PreTrainedWordEmbeddingSequence,
    RNNDigest,
    TrainableWordEmbeddingSequence,
)
from nlp_builder.text import SubwordVectors, Text, WordVectors, register_tokenizer

CORPUS = [
    ["Łukasz", "flew", "to", "Oslo", "."],
    ["the", "Bay", "of", "Fundy"],
    ["Oslo"],
    ["a", "bank", "of", "the", "river", "and", "a", "Bank"],
]
# Shorter and longer than the maxima, unknown words and characters, an empty text and word.
TEXTS = [["Oslo", "?"], [], ["a"] * 12, ["", "unknownword", "of"], ["Bay", "7"]]
# The same in lines.
POEMS = ["the Bay of Fundy\nOslo", "a bank of the river", "Oslo\nand a Bank\n\n.", "flew to Oslo"]
LINES = ["Oslo\nthe Bay", "", "a\nb\nc\nd", "\nunknownword of a bank", "Bay 7"]


@register_tokenizer("lines of a poem")
def lines(text: str) -> list[str]:
    return text.splitlines()


def small_vectors() -> WordVectors:
    words = ["a", "bank", "Oslo", "of", "the", "0"]
    matrix = np.random.default_rng(3).normal(size=(len(words), 4)).astype("float32")
    return WordVectors(words, matrix)


def words() -> PreTrainedWordEmbeddingSequence:
    return PreTrainedWordEmbeddingSequence(
        small_vectors(), "whitespace", sequence_maxlen=6, lowercase=True, digits_to_zero=True
    )


def characters() -> CharPerWordEmbeddingSequence:
    return CharPerWordEmbeddingSequence(
        "whitespace",
        embedding_dimension=5,
        word_maxlen=6,
        char_maxlen=4,
        min_freq_percentile=10,
        random_state=7,
    )


def letters(maxlen: int = 4) -> CharEmbeddingSequence:
    return CharEmbeddingSequence(5, sequence_maxlen=maxlen, min_freq_percentile=10, random_state=7)


def new_words() -> TrainableWordEmbeddingSequence:
    return TrainableWordEmbeddingSequence("whitespace", 4, sequence_maxlen=6, random_state=7)


def new_words_beside_given_ones() -> TrainableWordEmbeddingSequence:
    return TrainableWordEmbeddingSequence(
        "whitespace", 4, small_vectors(), sequence_maxlen=6, min_freq_percentile=10
    )


def given_words_trained_further() -> TrainableWordEmbeddingSequence:
    return TrainableWordEmbeddingSequence(
        "whitespace", 4, small_vectors(), sequence_maxlen=6, pretrained_trainable=True
    )


def few_words() -> TrainableWordEmbeddingSequence:
    return TrainableWordEmbeddingSequence(
        "whitespace", 4, small_vectors(), sequence_maxlen=6, max_vocabulary=4
    )


def small_subword_vectors() -> SubwordVectors:
    """Vectors from n-grams of 4 characters at least, brackets included: "a" has none."""
    ngrams = np.random.default_rng(4).normal(size=(20, 4)).astype("float32")
    own = WordVectors(["Oslo", "bank"], ngrams[:2] + 1)
    return SubwordVectors(own, ngrams, minn=4, maxn=5, composed=False)


def fasttext_words() -> FasttextEmbeddingSequence:
    return FasttextEmbeddingSequence(
        "whitespace",
        small_subword_vectors(),
        sequence_maxlen=6,
        min_freq_percentile=10,
        max_vocabulary=12,
        random_state=7,
    )


def places() -> MappingEmbedding:
    matrix = np.random.default_rng(5).normal(size=(3, 4)).astype("float32")
    return MappingEmbedding(WordVectors(["Oslo", "the Bay of Fundy", "and a Bank"], matrix))


def letters_of_words() -> PerChunkSequencer:
    return PerChunkSequencer(letters(), "whitespace", 6)


def words_of_lines() -> PerChunkSequencer:
    return PerChunkSequencer(new_words_beside_given_ones(), "lines of a poem", 2)


def places_by_line() -> PerChunkSequencer:
    return PerChunkSequencer(places(), "lines of a poem", 2)


def letters_of_words_of_lines() -> PerChunkSequencer:
    return PerChunkSequencer(PerChunkSequencer(letters(3), "whitespace", 4), "lines of a poem", 2)


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


def digest_of_lines() -> RNNDigest:
    return RNNDigest(words_of_lines(), 3, "gru")


def digest_of_a_block_twice() -> RNNDigest:
    shared = characters()
    digests = [RNNDigest(shared, 2, "gru", random_seed=1), RNNDigest(shared, 3, "gru")]
    return RNNDigest(digests, 4, "gru", return_sequences=True)


class Row(NamedTuple):
    """A way to make a block, what it makes of a text, and texts for it.

    `lengths` are those of `texts` along the first axis of the outputs, cut where they are too long.
    """

    make: Callable[[], Feature]
    outputs: tuple[int, ...]
    lengths: tuple[int, ...] = (2, 0, 6, 3, 2)
    corpus: Sequence[Text] = CORPUS
    texts: Sequence[Text] = TEXTS


def in_lines(make: Callable[[], Feature], outputs: tuple[int, ...]) -> Row:
    """A row of texts that are strings of some lines."""
    return Row(make, outputs, (2, 0, 2, 2, 1), POEMS, LINES)


ROWS = {
    "words": Row(words, (6, 4)),
    "new words": Row(new_words, (6, 4)),
    "new words beside given ones": Row(new_words_beside_given_ones, (6, 4)),
    "given words trained further": Row(given_words_trained_further, (6, 4)),
    "few words": Row(few_words, (6, 4)),
    "fasttext words": Row(fasttext_words, (6, 4)),
    "letters": Row(lambda: letters(6), (6, 5), (6, 0, 6, 6, 5)),
    "places": Row(places, (4,)),
    "characters": Row(characters, (6, 4, 5)),
    "letters of words": Row(letters_of_words, (6, 4, 5)),
    "words of lines": in_lines(words_of_lines, (2, 6, 4)),
    "places by line": in_lines(places_by_line, (2, 4)),
    "letters of words of lines": in_lines(letters_of_words_of_lines, (2, 4, 3, 5)),
    "lstm digest": Row(lstm_digest, (6, 3)),
    "gru digest": Row(gru_digest, (6, 4, 6)),
    "rnn digest without masking": Row(rnn_digest_without_masking, (6, 3)),
    "text digest": Row(text_digest, (4,)),
    "digest of words and characters": Row(digest_of_words_and_characters, (8,)),
    "digest of lines": in_lines(digest_of_lines, (2, 3)),
    "digest of a block twice": Row(digest_of_a_block_twice, (6, 4)),
}
