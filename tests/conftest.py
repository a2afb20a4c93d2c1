"""What several tests read: a few sentences, small vectors, built blocks."""

import os

# TensorFlow says at its start which processor it found; tests need not.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import matplotlib  # noqa: E402  # after the variable that TensorFlow reads

matplotlib.use("agg")

import numpy as np  # noqa: E402  # after the variable that TensorFlow reads
import pytest  # noqa: E402  # after the variable that TensorFlow reads

from nlp_builder.text import WordVectors  # noqa: E402  # after the variable that TensorFlow reads

SENTENCES = [
    ["Łukasz", "flew", "to", "Oslo", "."],
    ["the", "Bay", "of", "Fundy"],
    ["Oslo"],
    ["a", "bank", "of", "the", "river", "and", "a", "Bank"],
]


@pytest.fixture
def sentences() -> list[list[str]]:
    return [list(sentence) for sentence in SENTENCES]


@pytest.fixture
def vectors() -> WordVectors:
    words = sorted({word for sentence in SENTENCES for word in sentence} - {"Fundy"})
    matrix = np.random.default_rng(1).normal(size=(len(words), 6)).astype("float32")
    return WordVectors(words, matrix)
