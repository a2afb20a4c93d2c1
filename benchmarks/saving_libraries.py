"""The libraries of saving.py: each makes a block, or what it has for one, and functions to time.

It is the script of processes that `turns.Worker` starts, in the environments of the peers too.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from turns import measuring, serve

MAXLEN = 20
TEXTS = ["the quick brown fox", "a bank of the river", "no such-word-anywhere here"]
UNITS, LETTERS, DIGEST = 150, 25, 50  # of the tagger: about a megabyte of weights


def as_json(words):
    return json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode()


def given(folder):
    """The words and their vectors, from files that any library can read."""
    import numpy as np

    words = json.loads((folder / "given.json").read_text("utf-8"))
    return words, np.load(folder / "given.npy")


def written(path, data, *, fsync=False):
    with path.open("wb") as file:
        file.write(data) if isinstance(data, bytes) else data(file)
        if fsync:
            file.flush()
            os.fsync(file.fileno())


class Ours:
    """Blocks of this package; also a tagger."""

    def __init__(self, folder, *, mmap=False):
        import nlp_builder

        self.folder, self.arguments = folder, {"mmap": True} if mmap else {}
        self.nlp_builder, self.load_block = nlp_builder, nlp_builder.load

    def block(self, words, matrix):
        from nlp_builder.text import WordVectors

        vectors = WordVectors(words, matrix)
        return self.nlp_builder.PreTrainedWordEmbeddingSequence(vectors, None, MAXLEN).build()

    def prepare(self):
        return self.of_block(self.block(*given(self.folder))) | self.of_tagger(tagger())

    def of_block(self, block):
        block.save(self.folder / "block.nlpb")
        return {
            "save": lambda: block.save(self.folder / "again.nlpb"),
            "load": self.load,
            "load and use": lambda: self.use(self.load()),
        }

    def of_tagger(self, block):
        path = self.folder / "tagger.nlpb"
        block.save(path)
        return {
            "save a tagger": lambda: block.save(path),
            "load a tagger": lambda: self.load_block(path),
        }

    def load(self):
        return self.load_block(self.folder / "block.nlpb", **self.arguments)

    def use(self, block):
        return block.transform([text.split() for text in TEXTS])

    def warm(self):
        """Load and use a tiny block, for all that Keras does once."""
        import numpy as np

        tiny, path = self.block(["a", "the"], np.ones((2, 50), "float32")), self.folder / "tiny"
        if not path.exists():
            tiny.save(path)
        self.use(self.load_block(path, **self.arguments))


class OursMapped(Ours):
    """The same files, whose arrays are mapped into memory."""

    def __init__(self, folder):
        super().__init__(folder, mmap=True)

    def prepare(self):
        return {"load": self.load, "load and use": lambda: self.use(self.load())}


def tagger():
    """Characters to words to a BiLSTM, as a block that wraps a model."""
    import keras

    from nlp_builder import CharPerWordEmbeddingSequence, KerasWrapper, RNNDigest

    characters = CharPerWordEmbeddingSequence("whitespace", LETTERS, MAXLEN, 10)
    inputs = keras.Input((MAXLEN, DIGEST))
    lstm = keras.layers.Bidirectional(keras.layers.LSTM(UNITS, return_sequences=True))
    model = keras.Model(inputs, keras.layers.Dense(9)(lstm(inputs)))
    return KerasWrapper(RNNDigest(characters, DIGEST, "lstm"), model).build(TEXTS)


class Keras:
    """The Keras model of the tagger alone, in Keras' own file."""

    def __init__(self, folder):
        self.path = folder / "tagger.keras"

    def prepare(self):
        import keras

        block = tagger()
        model = keras.Model(block.inputs, block.outputs)
        model.save(self.path)
        return {
            "save a tagger": lambda: model.save(self.path),
            "load a tagger": lambda: keras.saving.load_model(self.path),
        }


class Numpy:
    """A matrix and words, with no block around them."""

    mmap_mode, fsync = None, False

    def __init__(self, folder):
        import numpy

        self.numpy = numpy
        self.words, self.matrix = folder / "words.json", folder / "matrix.npy"
        self.given = folder

    def prepare(self):
        words, matrix = given(self.given)
        functions = {"save": lambda: self.save(words, matrix), "load": self.load}
        return functions | {"load and use": lambda: self.use(self.load())}

    def save(self, words, matrix):
        written(self.matrix, lambda file: self.numpy.save(file, matrix), fsync=self.fsync)
        written(self.words, as_json(words), fsync=self.fsync)

    def load(self):
        matrix = self.numpy.load(self.matrix, mmap_mode=self.mmap_mode)
        return json.loads(self.words.read_bytes()), matrix

    def use(self, loaded):
        words, matrix = loaded
        self.ids = {word: number for number, word in enumerate(words)}
        return matrix[[self.ids[word] for word in ("the", "of")]]

    def warm(self):
        return None


class NumpyMapped(Numpy):
    mmap_mode = "r"


class NumpyFsync(Numpy):
    fsync = True


class GiaNLP:
    """The same block of the ancestor, which pickles it."""

    def __init__(self, folder):
        from gianlp import models
        from gianlp.config import set_default_jobs

        set_default_jobs(1)
        self.models, self.folder, self.path = models, folder, folder / "block.gianlp"

    def prepare(self):
        from gensim.models import KeyedVectors

        words, matrix = given(self.folder)
        vectors = KeyedVectors(matrix.shape[1])
        vectors.add_vectors(words, matrix)
        block = self.models.PreTrainedWordEmbeddingSequence(vectors, str.split, MAXLEN)
        block.build(TEXTS)
        return {
            "save": lambda: written(self.path, block.serialize()),
            "load": self.load,
            "load and use": lambda: self.use(self.load()),
        }

    def load(self):
        return self.models.BaseModel.deserialize(self.path.read_bytes())

    def use(self, block):
        return block(block.preprocess_texts(TEXTS))


LIBRARIES = {
    "ours": Ours,
    "ours, mapped": OursMapped,
    "numpy": Numpy,
    "numpy, mapped": NumpyMapped,
    "numpy, fsync": NumpyFsync,
    "Keras": Keras,
    "GiaNLP": GiaNLP,
}


def answers(library):
    """Answer `measuring`'s requests, and those of a process that is not warm or keeps its block."""
    kept = []
    measure = measuring(lambda folder: LIBRARIES[library](Path(folder)).prepare())

    def answer(first="", warm="", hold="", **request):
        if first:
            library_there = LIBRARIES[library](Path(first))
            start = time.perf_counter()
            kept.append(library_there.load())
            return time.perf_counter() - start
        if warm:
            kept.append(LIBRARIES[library](Path(warm)))
            return kept[0].warm()
        if hold:
            kept.append(kept[0].load())
            return len(kept[0].use(kept[1]))
        return measure(**request)

    return answer


if __name__ == "__main__":
    serve(answers(sys.argv[1]))
