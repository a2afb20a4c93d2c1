"""What scaling.py times and weighs: functions of a size, on texts by Zipf's law from a seed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

MEAN_WORDS, VOCABULARY, CHUNK, NUM_TAGS, DIMENSION = 14, 20_000, 1000, 9, 50
TOKENS, BATCH, WORDS, CHARS = 200_000, 32, 40, 10
# So few words that a first corpus has them all: what is learnt of them has its size then.
SEEN = 500
# Texts that are weighed at a time: no more than the smallest corpus has.
AT_ONCE = 100
ENTITY_TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


@dataclass(frozen=True)
class Subject:
    """Something that takes time.

    Attributes:
        name: what it is.
        axis: what its time is measured against.
        exponent: the largest that is expected of it.
        make: returns, for a size, what is timed.
    """

    name: str
    axis: str
    exponent: float
    make: Callable[[int], Callable[[], Any]]


def spellings(vocabulary: int) -> np.ndarray:
    """Return words, the most frequent one first."""
    return np.array([np.base_repr(number, 36).lower() for number in range(vocabulary)], object)


def texts_of(num_texts: int, vocabulary: int = VOCABULARY) -> Iterator[list[str]]:
    """Yield lists of tokens; the same ones in each call."""
    rng = np.random.default_rng(0)
    words = spellings(vocabulary)
    # (vocabulary,)
    cumulated = np.cumsum(1 / np.arange(1, vocabulary + 1))
    for start in range(0, num_texts, CHUNK):
        lengths = 1 + rng.poisson(MEAN_WORDS - 1, min(CHUNK, num_texts - start))
        numbers = np.searchsorted(cumulated, rng.random(lengths.sum()) * cumulated[-1])
        for tokens in np.split(words[numbers], np.cumsum(lengths)[:-1]):
            yield tokens.tolist()


def chunks(texts: Iterable[list[str]], size: int = CHUNK) -> Iterator[list[list[str]]]:
    """Yield lists of texts, so many as are predicted at a time."""
    iterator = iter(texts)
    while chunk := list(islice(iterator, size)):
        yield chunk


def words_block() -> Any:
    from nlp_builder import TrainableWordEmbeddingSequence

    return TrainableWordEmbeddingSequence(None, DIMENSION, sequence_maxlen=WORDS)


def characters_block() -> Any:
    from nlp_builder import CharPerWordEmbeddingSequence

    return CharPerWordEmbeddingSequence(None, 8, word_maxlen=WORDS, char_maxlen=CHARS)


@cache
def tagger() -> Any:
    """Return a small tagger with first weights: how long it takes depends on texts alone."""
    from nlp_builder import CharPerWordEmbeddingSequence, RNNDigest, TrainableWordEmbeddingSequence
    from nlp_builder.labeling import BiLSTM_CRF_Model

    words = TrainableWordEmbeddingSequence(None, DIMENSION, sequence_maxlen=None)
    characters = CharPerWordEmbeddingSequence(None, 16, word_maxlen=None, char_maxlen=CHARS)
    model = BiLSTM_CRF_Model(
        [words, RNNDigest(characters, 16, "lstm")],
        hyper_parameters={"layer_blstm": {"units": 32}},
        random_seed=1,
    )
    texts = list(texts_of(CHUNK))
    rng = np.random.default_rng(0)
    model.build_model(texts, [rng.choice(ENTITY_TAGS, len(text)).tolist() for text in texts])
    model.predict(texts)
    return model


# Against the corpus.


def build(num_texts: int) -> Callable[[], Any]:
    texts = list(texts_of(num_texts))
    return lambda: words_block().build(texts)


def word_ids(num_texts: int) -> Callable[[], Any]:
    texts = list(texts_of(num_texts))
    block = words_block().build(texts[:CHUNK])
    return lambda: block.preprocess_texts(texts)


def character_ids(num_texts: int) -> Callable[[], Any]:
    texts = list(texts_of(num_texts))
    block = characters_block().build(texts[:CHUNK])
    return lambda: block.preprocess_texts(texts)


def prediction(num_texts: int) -> Callable[[], Any]:
    texts, model = list(texts_of(num_texts)), tagger()
    return lambda: sum(map(len, model.predict_stream(texts, texts_at_once=CHUNK)))


# Against the length of texts, and against the number of tags.


def crf_loss(words: int, tags: int = NUM_TAGS) -> Callable[[], Any]:
    import tensorflow as tf

    from nlp_builder.layers import log_likelihood

    rng = np.random.default_rng(0)
    potentials = tf.Variable(rng.normal(size=(BATCH, words, tags)).astype("float32"))
    transitions = tf.Variable(rng.normal(size=(tags, tags)).astype("float32"))
    gold = tf.constant(rng.integers(0, tags, (BATCH, words)).astype("int32"))

    @tf.function
    def gradient() -> Any:
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(log_likelihood(potentials, gold, transitions))
        return tape.gradient(loss, [potentials, transitions])

    return lambda: gradient()[0].numpy()


def crf_decoding(words: int, tags: int = NUM_TAGS) -> Callable[[], Any]:
    from nlp_builder.layers import viterbi

    rng = np.random.default_rng(0)
    potentials = rng.normal(size=(BATCH, words, tags)).astype("float32")
    transitions = rng.normal(size=(tags, tags)).astype("float32")
    return lambda: viterbi(potentials, transitions)


@cache
def step_model() -> Any:
    import keras

    from nlp_builder import CRF, CRFLoss
    from nlp_builder.layers import LSTM

    inputs = keras.Input((None, DIMENSION))
    x = keras.layers.Bidirectional(LSTM(32, return_sequences=True))(inputs)
    model = keras.Model(inputs, CRF(NUM_TAGS)(keras.layers.Dense(NUM_TAGS)(x)))
    model.compile("adam", loss=CRFLoss())
    return model


def training_step(words: int) -> Callable[[], Any]:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(BATCH, words, DIMENSION)).astype("float32")
    tags = rng.integers(0, NUM_TAGS, (BATCH, words)).astype("int32")
    return lambda: step_model().train_on_batch(vectors, tags)


# Against the vocabulary, with as many tokens for each size.


def texts_with(vocabulary: int) -> list[list[str]]:
    """Return texts of TOKENS tokens, among which is each word."""
    texts = list(texts_of(TOKENS // MEAN_WORDS, vocabulary))
    words = spellings(vocabulary).tolist()
    return [words[start : start + MEAN_WORDS] for start in range(0, vocabulary, MEAN_WORDS)] + texts


def build_with(vocabulary: int) -> Callable[[], Any]:
    texts = texts_with(vocabulary)
    return lambda: words_block().build(texts)


def ids_with(vocabulary: int) -> Callable[[], Any]:
    texts = texts_with(vocabulary)
    block = words_block().build(texts)
    return lambda: block.preprocess_texts(texts)


def given(vocabulary: int) -> tuple[Any, Path, Any]:
    from nlp_builder import PreTrainedWordEmbeddingSequence
    from nlp_builder.text import WordVectors

    matrix = np.random.default_rng(0).normal(size=(vocabulary, DIMENSION)).astype("float32")
    vectors = WordVectors(spellings(vocabulary).tolist(), matrix)
    folder = tempfile.TemporaryDirectory()
    block = PreTrainedWordEmbeddingSequence(vectors, None, WORDS).build([["0"]])
    return block, Path(folder.name) / "block.nlpb", folder


def saving(vocabulary: int) -> Callable[[], Any]:
    block, path, folder = given(vocabulary)
    return lambda folder=folder: block.save(path)  # the folder is there as long as this


def loading(vocabulary: int) -> Callable[[], Any]:
    import nlp_builder

    block, path, folder = given(vocabulary)
    block.save(path)
    return lambda folder=folder: nlp_builder.load(path)


SUBJECTS = [
    Subject("build of a vocabulary", "texts", 1, build),
    Subject("ids of words", "texts", 1, word_ids),
    Subject("ids of characters", "texts", 1, character_ids),
    Subject("prediction as a stream", "texts", 1, prediction),
    Subject("CRF, loss and gradient", "words in a text", 1, crf_loss),
    Subject("CRF, decoding", "words in a text", 1, crf_decoding),
    Subject("training step of a BiLSTM", "words in a text", 1, training_step),
    Subject("CRF, loss and gradient", "tags", 2, lambda tags: crf_loss(WORDS, tags)),
    Subject("CRF, decoding", "tags", 2, lambda tags: crf_decoding(WORDS, tags)),
    Subject("build of a vocabulary", "vocabulary", 1, build_with),
    Subject("ids of words", "vocabulary", 1, ids_with),
    Subject("saving vectors", "vocabulary", 1, saving),
    Subject("loading vectors", "vocabulary", 1, loading),
]


# What is weighed reads texts from a generator, and returns what it keeps.


def stream_build(num_texts: int) -> Any:
    return words_block().build(texts_of(num_texts, SEEN))


def stream_ids(num_texts: int) -> Any:
    block = words_block().build(texts_of(CHUNK))
    for chunk in chunks(texts_of(num_texts), AT_ONCE):
        block.preprocess_texts(chunk)


def stream_prediction(num_texts: int) -> Any:
    for _ in tagger().predict_stream(texts_of(num_texts), texts_at_once=AT_ONCE):
        pass


def kept_prediction(num_texts: int) -> Any:
    return list(tagger().predict_stream(texts_of(num_texts), texts_at_once=AT_ONCE))


STREAMS = {
    "build of a vocabulary": stream_build,
    "ids of words, consumed": stream_ids,
    "predicted tags, consumed": stream_prediction,
    "predicted tags, kept": kept_prediction,
}
