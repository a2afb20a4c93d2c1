"""Texts cut into chunks: sentences of a document, words of a sentence, lines of a poem."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from nlp_builder.features.archive import State, saveable
from nlp_builder.features.checks import positive_or_none
from nlp_builder.features.feature import Feature
from nlp_builder.features.representation import TextRepresentation
from nlp_builder.features.shapes import Connection, ModelIOShape
from nlp_builder.features.tree import output_shapes
from nlp_builder.text import (
    Symbols,
    Text,
    TokenCounts,
    Tokenizer,
    Vocabulary,
    encode_distinct,
    get_tokenizer,
    symbols_of_chunks,
    tokenize,
)
from nlp_builder.text.checks import preview


@saveable
class PerChunkSequencer(TextRepresentation):
    """Cut each text into chunks, and turn each chunk into what another block makes of a text.

    Chunks of chunks are fine: the sequencer may be a `PerChunkSequencer`. Padding chunks are zeros
    throughout. The block that the chunks go to learns from all chunks of the corpus.

    Args:
        sequencer: a block that reads texts itself; it gets the chunks as texts.
        chunker: a function from a text to its chunks, or the name of a registered tokenizer; None
            if texts are lists, whose items are the chunks.
        chunking_maxlen: the number of chunks of a text, later ones are cut; None for the longest
            text of each batch.

    Raises:
        ValueError: if an argument is out of its range.
        TypeError: if `sequencer` is no block that reads texts itself.

    Example:
        >>> from nlp_builder.features import CharEmbeddingSequence
        >>> letters = CharEmbeddingSequence(8, sequence_maxlen=3, min_freq_percentile=0)
        >>> lines = PerChunkSequencer(letters, str.splitlines, chunking_maxlen=2)
        >>> lines.outputs_shape
        (2, 3, 8), float32
        >>> lines.build(["ab\\nb"]).preprocess_texts(["b\\nabab", "a"])
        array([[[2, 0, 0],
                [3, 2, 3]],
        <BLANKLINE>
               [[3, 0, 0],
                [0, 0, 0]]], dtype=int32)
    """

    def __init__(
        self,
        sequencer: TextRepresentation,
        chunker: str | Tokenizer | None,
        chunking_maxlen: int | None,
    ) -> None:
        super().__init__()
        if not isinstance(sequencer, TextRepresentation):
            raise TypeError(
                "PerChunkSequencer expects a block that reads texts itself, got "
                f"{preview(sequencer)} ({type(sequencer).__name__}): put a digest or a wrapper "
                "around the PerChunkSequencer, it is applied to each chunk by itself"
            )
        self.sequencer = sequencer
        self.chunker = chunker
        self.chunking_maxlen = positive_or_none("chunking_maxlen", chunking_maxlen)
        self._tokenizer = get_tokenizer(chunker)

    @property
    def learner(self) -> TextRepresentation:
        """The block that keeps what is learnt: that of the sequencer."""
        return self.sequencer.learner

    @property
    def blocks(self) -> tuple[Feature, ...]:
        """The sequencer."""
        return (self.sequencer,)

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The vocabulary of the sequencer."""
        return self.sequencer.vocabulary

    @property
    def outputs_shape(self) -> ModelIOShape:
        """(chunks, ...) with the shape of the sequencer."""
        (chunk,) = output_shapes(self.sequencer)
        return ModelIOShape((self.chunking_maxlen, *chunk.shape), chunk.dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments by name."""
        return {
            "sequencer": self.sequencer,
            "chunker": self.chunker,
            "chunking_maxlen": self.chunking_maxlen,
        }

    def _symbols(self) -> Symbols:
        return partial(
            symbols_of_chunks, chunker=self._tokenizer, symbols=self.sequencer._symbols()
        )

    def _learn(self, counts: TokenCounts) -> None:
        self.learner._learn(counts)

    def _ids_shape(self) -> tuple[int | None, ...]:
        return (self.chunking_maxlen, *self.sequencer._ids_shape())

    def _ids(self, texts: Sequence[Text]) -> np.ndarray:
        chunks = tokenize(texts, self._tokenizer)
        return encode_distinct(chunks, self.sequencer._ids, maxlen=self.chunking_maxlen)

    def _make_layers(self) -> list[keras.layers.Layer]:
        # Those of the sequencer do the work: they take ids of any number of axes.
        return []

    def _connect(self, inputs: list[Any]) -> list[Connection]:
        return self.sequencer._connect(inputs)

    def _restore(self, state: State) -> None:
        if state.vocabularies or state.values.pop("corpus", None) is not None:
            raise ValueError("what was learnt is kept by the sequencer, and not once more")
        Feature._restore(self, state)
