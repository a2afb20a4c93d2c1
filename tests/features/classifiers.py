"""Small models of texts that are trained, and batches of texts as users write them."""

import keras
import numpy as np
from keras import layers

from nlp_builder.features import CharEmbeddingSequence, KerasWrapper

TEXTS = [f"{word} {number}" for number in range(5) for word in ("good", "bad", "fine", "no")]
LABELS = np.array([1, 0, 1, 0] * 5)


def characters(maxlen: int | None = 6) -> CharEmbeddingSequence:
    return CharEmbeddingSequence(4, sequence_maxlen=maxlen, min_freq_percentile=0)


def dense(units: int, activation: str, seed: int = 1) -> layers.Dense:
    initializer = keras.initializers.GlorotUniform(seed=seed)
    return layers.Dense(units, activation=activation, kernel_initializer=initializer)


def classifier(random_seed: int = 42) -> KerasWrapper:
    model = keras.Sequential([keras.Input((6, 4)), layers.Flatten(), dense(1, "sigmoid")])
    wrapper = KerasWrapper(characters(), model, random_seed).build(TEXTS)
    wrapper.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
    return wrapper


def two_outputs() -> KerasWrapper:
    inputs = keras.Input((6, 4))
    flat = layers.Flatten()(inputs)
    kind, size = layers.Dense(1, name="kind")(flat), layers.Dense(2, name="size")(flat)
    wrapper = KerasWrapper(characters(), keras.Model(inputs, [kind, size])).build(TEXTS)
    wrapper.compile("adam", {"kind": "mse", "size": "mse"}, metrics={"kind": ["mae"]})
    return wrapper


class Dataset(keras.utils.PyDataset):
    """Batches of texts, as users write them."""

    def __init__(self, size: int = 4, targets: bool = True, **kwargs):
        super().__init__(**kwargs)
        self.size, self.targets = size, targets

    def __len__(self):
        return -(-len(TEXTS) // self.size)

    def __getitem__(self, index):
        rows = slice(index * self.size, (index + 1) * self.size)
        return (TEXTS[rows], LABELS[rows]) if self.targets else TEXTS[rows]


def generator(size: int = 4, targets: bool = True):
    dataset = Dataset(size, targets)
    for index in range(len(dataset)):
        yield dataset[index]
