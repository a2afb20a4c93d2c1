"""Whole texts that have vectors."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from nlp_builder.features.archive import saveable
from nlp_builder.features.given_vectors import GivenVectors
from nlp_builder.features.shapes import Connection, ModelIOShape
from nlp_builder.text import (
    Symbols,
    Text,
    WordVectors,
    encode_words,
    whole_text,
)

if TYPE_CHECKING:
    from gensim.models import KeyedVectors


@saveable
class MappingEmbedding(GivenVectors):
    """Whole texts to given vectors, which training does not move.

    The text is the key: a category, an entity, a word that stands alone. A text without a vector
    gets the mean of all. A list of tokens is read with a blank between them.

    Args:
        word2vec_src: a file of vectors, `KeyedVectors`, `WordVectors`, or the name of a package, as
            for `PreTrainedWordEmbeddingSequence`.

    Raises:
        ValueError: if the vectors cannot be read.

    Example:
        >>> import numpy as np
        >>> from nlp_builder.text import WordVectors
        >>> vectors = WordVectors(["New York", "Oslo"], np.array([[0.0, 1.0], [2.0, 3.0]]))
        >>> cities = MappingEmbedding(vectors).build(["Oslo"])
        >>> cities.outputs_shape, cities.preprocess_texts(["New York", "Rome"]).tolist()
        ((2,), float32, [[2], [1]])
        >>> cities.transform(["New York", "Rome"])
        array([[0., 1.],
               [1., 2.]], dtype=float32)
    """

    def __init__(self, word2vec_src: str | os.PathLike[str] | WordVectors | KeyedVectors) -> None:
        super().__init__(word2vec_src)

    @property
    def outputs_shape(self) -> ModelIOShape:
        """(dim,) of the vectors."""
        return ModelIOShape((self._dimension,), self._output_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments by name."""
        return {"word2vec_src": self.word2vec_src}

    def _symbols(self) -> Symbols:
        return _nothing

    def _ids_shape(self) -> tuple[int | None, ...]:
        return (1,)

    def _count(self, texts: Sequence[Text]) -> list[int]:
        return [1] * len(texts)

    def _ids(self, texts: Sequence[Text]) -> np.ndarray:
        keys = ([whole_text(text)] for text in texts)
        return encode_words(keys, self._learnt_vocabulary(), maxlen=1)

    def _connect(self, inputs: list[Any]) -> list[Connection]:
        # (batch, 1), or (batch, chunks, 1) inside a sequencer of chunks
        (ids,) = inputs
        if len(ids.shape) > 2:
            return super()._connect([ids[..., 0]])
        # A text has one vector, (batch, dim): there is nothing that a mask could tell.
        return [Connection(keras.ops.squeeze(self._layers[0](ids), axis=1), None)]


def _nothing(texts: Sequence[Text]) -> Iterable[str]:
    """Return what is counted in texts whose keys are given: no symbols."""
    return ()
