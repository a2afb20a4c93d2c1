"""Training of one block, for tests of what it moves."""

from collections.abc import Sequence

import keras
import numpy as np

from nlp_builder.features import Feature
from nlp_builder.text import Text


def train(block: Feature, texts: Sequence[Text], optimizer: keras.optimizers.Optimizer) -> None:
    """Train a block of vectors of words, with a target that pulls at all that occur."""
    summed = keras.ops.sum(block.outputs, axis=1)
    model = keras.Model(block.inputs, keras.layers.Dense(1)(summed))
    model.compile(optimizer, "mse")
    targets = np.arange(1, len(texts) + 1, dtype="float32")
    model.fit(block.preprocess_texts(texts), targets, epochs=3, verbose=0)


def vector_of(block: Feature, word: str) -> np.ndarray:
    """The vector that a block of words gives to one word."""
    return block.transform([word])[0, 0]
