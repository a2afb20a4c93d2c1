"""What blocks of given vectors share: a frozen table whose unknown row is the mean."""

from __future__ import annotations

import os
from typing import Any

import keras
import numpy as np

from nlp_builder.features.archive import State
from nlp_builder.features.representation import TextRepresentation
from nlp_builder.layers import MaskedEmbedding
from nlp_builder.text import (
    FIRST_ID,
    PADDING_ID,
    UNKNOWN_ID,
    TokenCounts,
    WordVectors,
    load_vectors,
)


class GivenVectors(TextRepresentation):
    """A block whose vocabulary and vectors are given, and are not moved by training.

    Args:
        word2vec_src: whatever `load_vectors` reads.
    """

    _needs_texts = False

    def __init__(self, word2vec_src: Any) -> None:
        super().__init__()
        self._source = word2vec_src if isinstance(word2vec_src, str | os.PathLike) else None
        self._vectors: WordVectors | None = load_vectors(word2vec_src, progress=True)
        self._vocabulary = self._vectors.vocabulary
        self._dimension = self._vectors.dimension
        # The rows of the vectors that have an id; None for all.
        self._rows: np.ndarray | None = None

    @property
    def word2vec_src(self) -> Any:
        """The file or package that was given, or the vectors."""
        return self._current_vectors() if self._source is None else self._source

    def _arguments_to_keep(self) -> dict[str, Any]:
        return {**self.get_config(), "word2vec_src": self._current_vectors()}

    def _current_vectors(self) -> WordVectors:
        if self._vectors is not None:
            return self._vectors
        return WordVectors(self._learnt_vocabulary(), self._matrix()[FIRST_ID:])

    def _matrix(self) -> np.ndarray:
        return np.asarray(self._layers[0].get_weights()[0], "float32")

    def _learn(self, counts: TokenCounts) -> None:
        return None

    def _make_layers(self) -> list[keras.layers.Layer]:
        return [
            MaskedEmbedding(
                len(self._learnt_vocabulary()),
                self._dimension,
                embeddings_initializer="zeros",
                trainable=False,
                dtype=self._policy,
            )
        ]

    def _set_given(self) -> None:
        vectors = self._current_vectors()
        # (ids, dim)
        matrix = np.empty((len(self._learnt_vocabulary()), vectors.dimension), "float32")
        matrix[PADDING_ID] = 0.0
        matrix[UNKNOWN_ID] = vectors.mean()
        matrix[FIRST_ID:] = vectors.matrix if self._rows is None else vectors.matrix[self._rows]
        self._layers[0].set_matrix(matrix)

    def _settle(self) -> None:
        # The layer has the vectors now; two copies of a large matrix would be one too many.
        self._vectors = self._rows = None

    def _state(self) -> State:
        state = super()._state()
        # Words and vectors are kept once, with the arguments.
        return State(state.values, {}, state.arrays)

    def _restore(self, state: State) -> None:
        if state.vocabularies:
            raise ValueError("the words come with the vectors, and not once more")
        super()._restore(state)

    def _vectors_in_weights(self) -> dict[str, tuple[str, int]]:
        return {} if self._graph is None else {"word2vec_src": ("weights/0", FIRST_ID)}
