"""A block as far as batches know one, and small Keras models of its ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from nlp_builder.features import ModelIOShape
from nlp_builder.text import pad_ids

NUM_IDS = 30


class Letters:
    """Reads the letters of strings, and tells how often."""

    def __init__(self, maxlen: int | None = None, names: tuple[str, ...] | None = None) -> None:
        self.maxlen, self.text_names = maxlen, names
        self.counted = self.encoded = 0

    @property
    def inputs_shape(self) -> ModelIOShape:
        return ModelIOShape((self.maxlen,), "int32")

    @property
    def slots(self) -> list[tuple[str | None, Letters]]:
        return [(name, self) for name in self.text_names or [None]]

    def preprocess_texts(self, texts: Any) -> np.ndarray:
        self.encoded += 1
        rows = [[ord(letter) - ord("a") + 1 for letter in text] for text in self._own(texts)]
        return pad_ids(rows, maxlen=self.maxlen)

    def count_tokens(self, texts: Any) -> list[int]:
        self.counted += 1
        return [len(text) for text in self._own(texts)]

    def _own(self, texts: Any) -> list[str]:
        return texts[(self.text_names or [""])[0]] if isinstance(texts, Mapping) else texts


def embedded(ids: Any, dimension: int = 4) -> Any:
    return keras.layers.Embedding(NUM_IDS, dimension, mask_zero=True)(ids)


def classifier(maxlen: int | None = None, dtype: str | None = None) -> keras.Model:
    """One number for each text, which does not depend on padding."""
    ids = keras.Input((maxlen,), dtype="int32")
    mean = keras.layers.GlobalAveragePooling1D()(embedded(ids))
    score = keras.layers.Dense(1, activation="sigmoid", dtype=dtype)(mean)
    model = keras.Model(ids, score)
    model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
    return model


def tagger(maxlen: int | None = None) -> keras.Model:
    """Scores of two tags for each letter."""
    ids = keras.Input((maxlen,), dtype="int32")
    scores = keras.layers.Dense(2, activation="softmax")(embedded(ids))
    model = keras.Model(ids, scores)
    model.compile(keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy")
    return model
