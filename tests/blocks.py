"""The table of blocks: a new block costs a row, and all laws hold for it."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from nlp_builder.features import (
    CharEmbeddingSequence,
    CharPerWordEmbeddingSequence,
    FasttextEmbeddingSequence,
    Feature,
    KerasWrapper,
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


def words_of_the_corpus() -> PreTrainedWordEmbeddingSequence:
    return PreTrainedWordEmbeddingSequence(
        small_vectors(), "whitespace", 6, lowercase=True, digits_to_zero=True, only_corpus=True
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


# Layers with seeds and names, so that a model that is made twice is the same one.


def dense(units: int, name: str = "dense") -> layers.Layer:
    initializer = keras.initializers.GlorotUniform(seed=units)
    return layers.Dense(units, kernel_initializer=initializer, name=name)


def gru(units: int, *, return_sequences: bool = False) -> layers.Layer:
    return layers.GRU(
        units,
        return_sequences=return_sequences,
        zero_output_for_mask=return_sequences,
        kernel_initializer=keras.initializers.GlorotUniform(seed=1),
        recurrent_initializer=keras.initializers.Orthogonal(seed=2),
        name="gru",
    )


def sequential(shape: tuple[int | None, ...], *rest: layers.Layer) -> keras.Model:
    return keras.Sequential([keras.Input(shape, name="in"), *rest], name="model")


def letters_in_a_convolution() -> KerasWrapper:
    initializer = keras.initializers.GlorotUniform(seed=3)
    convolution = layers.Conv1D(4, 2, kernel_initializer=initializer, name="convolution")
    pooling = layers.GlobalMaxPooling1D(name="pooling")
    return KerasWrapper(letters(6), sequential((6, 5), convolution, pooling, dense(2)), 7)


def convolution(name: str = "convolution") -> layers.Layer:
    initializer = keras.initializers.GlorotUniform(seed=4)
    return layers.Conv1D(
        3,
        3,
        padding="same",
        kernel_initializer=initializer,
        bias_initializer="ones",
        name=name,
    )


def digest_of_a_convolution() -> RNNDigest:
    convolved = KerasWrapper(words(), sequential((6, 4), convolution()))
    return RNNDigest(convolved, 3, "gru", return_sequences=True)


def digest_of_words_of_any_number() -> RNNDigest:
    free = TrainableWordEmbeddingSequence("whitespace", 4, sequence_maxlen=None)
    return RNNDigest(KerasWrapper(free, sequential((None, 4), convolution())), 3, "gru")


def digest_of_pooled_letters_beside_all() -> RNNDigest:
    shared = characters()
    pooled = KerasWrapper(shared, sequential((4, 5), layers.MaxPooling1D(2, 1, "same", name="max")))
    convolved = KerasWrapper(pooled, sequential((4, 5), convolution()))
    return RNNDigest([convolved, shared], 2, "lstm")


def digest_without_a_mask() -> RNNDigest:
    pooling = layers.MaxPooling1D(2, name="pooling")
    return RNNDigest(KerasWrapper(words(), sequential((6, 4), pooling)), 3, "gru")


def model_along_words() -> KerasWrapper:
    return KerasWrapper(characters(), sequential((None, 5), gru(3), dense(3)))


def model_along_words_of_lines() -> KerasWrapper:
    return KerasWrapper(letters_of_words_of_lines(), sequential((3, 5), gru(2)))


def model_of_blocks_side_by_side() -> KerasWrapper:
    blocks = [words(), RNNDigest(characters(), 3, "gru")]
    return KerasWrapper(blocks, sequential((6, 7), gru(4, return_sequences=True)))


def model_of_two_inputs(units: int, other: int) -> keras.Model:
    inputs = [keras.Input((units,), name="one"), keras.Input((other,), name="other")]
    both = layers.Concatenate(name="both")(inputs)
    return keras.Model(inputs, dense(2)(both), name="model")


def blocks_by_position() -> KerasWrapper:
    return KerasWrapper([text_digest(), places()], model_of_two_inputs(4, 4))


def model_of_two_outputs() -> KerasWrapper:
    inputs = keras.Input((6, 4), name="in")
    digest = gru(3)(inputs)
    # Not in the order of their names, which Keras sorts.
    outputs = [dense(1, "zeta")(digest), dense(2, "alpha")(digest)]
    return KerasWrapper(new_words(), keras.Model(inputs, outputs, name="model"))


def diamond() -> KerasWrapper:
    base = model_along_words()
    side = KerasWrapper(base, sequential((6, 3), dense(2)))
    return KerasWrapper([side, base], sequential((6, 5), gru(4)))


def siamese() -> KerasWrapper:
    encoder = text_digest()
    return KerasWrapper([("left", [encoder]), ("right", [encoder])], model_of_two_inputs(4, 4))


def other_blocks_for_each_text() -> RNNDigest:
    sides = {"left": [words()], "right": [RNNDigest(characters(), 3, "gru")]}
    return RNNDigest(sides, 2, "lstm")


class Row(NamedTuple):
    """A way to make a block, what it makes of a text, and texts for it.

    `lengths` are those of `texts` along the first axis of the outputs, cut where they are too long.
    """

    make: Callable[[], Feature]
    outputs: tuple[int, ...] | list[tuple[int, ...]]
    lengths: tuple[int, ...] = (2, 0, 6, 3, 2)
    corpus: Sequence[Text] | Mapping[str, Sequence[Text]] = CORPUS
    texts: Sequence[Text] | Mapping[str, Sequence[Text]] = TEXTS


def in_lines(make: Callable[[], Feature], outputs: tuple[int, ...]) -> Row:
    """A row of texts that are strings of some lines."""
    return Row(make, outputs, (2, 0, 2, 2, 1), POEMS, LINES)


def by_name(make: Callable[[], Feature], outputs: tuple[int, ...]) -> Row:
    """A row of two texts with names."""
    corpus = {"left": CORPUS, "right": CORPUS[::-1]}
    return Row(make, outputs, (), corpus, {"left": TEXTS, "right": TEXTS[::-1]})


ROWS = {
    "words": Row(words, (6, 4)),
    "words of the corpus": Row(words_of_the_corpus, (6, 4)),
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
    "letters in a convolution": Row(letters_in_a_convolution, (2,)),
    "digest of a convolution": Row(digest_of_a_convolution, (6, 3)),
    "digest of words of any number": Row(digest_of_words_of_any_number, (3,)),
    "digest of pooled letters beside all": Row(digest_of_pooled_letters_beside_all, (6, 2)),
    "digest without a mask": Row(digest_without_a_mask, (3,)),
    "model along words": Row(model_along_words, (6, 3)),
    "model along words of lines": in_lines(model_along_words_of_lines, (2, 4, 2)),
    "model of blocks side by side": Row(model_of_blocks_side_by_side, (6, 4)),
    "blocks by position": Row(blocks_by_position, (2,)),
    "model of two outputs": Row(model_of_two_outputs, [(1,), (2,)]),
    "diamond": Row(diamond, (4,)),
    "siamese": by_name(siamese, (2,)),
    "other blocks for each text": by_name(other_blocks_for_each_text, (2,)),
}
