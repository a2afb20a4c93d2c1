"""Blocks that read texts themselves."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import keras
import numpy as np

from nlp_builder.features.archive import State
from nlp_builder.features.feature import Feature
from nlp_builder.features.shapes import Connection, Slot, TextSlot
from nlp_builder.text import (
    PADDING_ID,
    Symbols,
    Text,
    TokenCounts,
    Tokenizer,
    Vocabulary,
    tokenize,
)


class TextRepresentation(Feature):
    """A block that reads texts itself, learns a vocabulary from them, and turns ids into vectors.

    The end of a tree of blocks. A subclass says what it counts (`_symbols`), what it keeps of the
    counts (`_learn`), which ids it makes (`_ids_shape`, `_ids`), and the rest of what a `Feature`
    says. Unless it says otherwise, a text is made of tokens, and its first layer reads ids.

    Example:
        >>> from nlp_builder.features import CharEmbeddingSequence
        >>> isinstance(CharEmbeddingSequence(8), TextRepresentation)
        True
    """

    # Whether there is something to learn from texts.
    _needs_texts = True

    def __init__(self) -> None:
        super().__init__()
        self._corpus: str | None = None
        self._tokenizer: Tokenizer | None = None
        self._vocabulary: Vocabulary | None = None
        self._slots = (TextSlot(None, self),)

    @abstractmethod
    def _ids_shape(self) -> tuple[int | None, ...]:
        """Return the shape of a text's ids."""

    @abstractmethod
    def _ids(self, texts: Sequence[Text]) -> np.ndarray:
        """Return the ids of texts, int32 (batch, *ids_shape)."""

    def _count(self, texts: Sequence[Text]) -> list[int]:
        """Count the steps of each text along the first axis of its ids, before any cut."""
        return [len(tokens) for tokens in tokenize(texts, self._tokenizer)]

    @abstractmethod
    def _symbols(self) -> Symbols:
        """Return a function from texts to their symbols, to be counted at `build`."""

    @abstractmethod
    def _learn(self, counts: TokenCounts) -> None:
        """Keep what is needed of the symbols of a corpus."""

    def _connect(self, inputs: list[Any]) -> list[Connection]:
        # (batch, ..., symbols)
        (ids,) = inputs
        return [Connection(self._layers[0](ids), keras.ops.not_equal(ids, PADDING_ID))]

    def _looks_at_rows(self, *, training: bool) -> bool:
        # Characters of words do; words of a text would be rows of one id.
        return len(self._ids_shape()) > 1

    @property
    def learner(self) -> TextRepresentation:
        """The block that keeps what is learnt for this one."""
        return self

    @property
    def blocks(self) -> tuple[Feature, ...]:
        """The blocks that this one is made of: none."""
        return ()

    @property
    def reads(self) -> tuple[Slot, ...]:
        """The blocks whose outputs this one reads: none, it reads texts."""
        return ()

    @property
    def slots(self) -> tuple[TextSlot, ...]:
        """The block itself."""
        return self._slots

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The tokens or characters that have an id of their own; None if there are none yet."""
        return self._vocabulary

    def _learnt_vocabulary(self) -> Vocabulary:
        if self.vocabulary is None:
            raise self._not_built()
        return self.vocabulary

    def fit(self, texts: Any, y: Any = None) -> Self:
        """Build the block, as scikit-learn calls it.

        Args:
            texts: as for `build`.
            y: not used.

        Returns:
            The block itself.
        """
        return self.build(texts)

    def _state(self) -> State:
        state = super()._state()
        state.values["corpus"] = self._corpus
        if self._vocabulary is not None:
            state.vocabularies["vocabulary"] = self._vocabulary.tokens
        return state

    def _restore(self, state: State) -> None:
        if "corpus" not in state.values:
            raise ValueError("a block that reads texts has no state 'corpus'")
        built, corpus = state.values["built"], state.values.pop("corpus")
        if built == (corpus is None) and self._needs_texts:
            raise ValueError(f"built is {built}, and the corpus {corpus!r}")
        if set(state.vocabularies) - {"vocabulary"}:
            raise ValueError(f"unknown vocabularies {[*state.vocabularies]}")
        if "vocabulary" in state.vocabularies:
            self._vocabulary = Vocabulary(state.vocabularies["vocabulary"])
        super()._restore(state)
        for name, table in state.arrays.items():
            if table[PADDING_ID].any():
                raise ValueError(f"row 0 of {name!r} is padding, expected zeros")
        self._corpus = corpus
