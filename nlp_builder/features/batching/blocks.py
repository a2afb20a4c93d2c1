"""What batches ask of blocks, and several blocks as one reader of texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np

from nlp_builder.features.batching.steps import InputSteps
from nlp_builder.text import Text, take_rows, text_columns
from nlp_builder.text.checks import preview

# Blocks count in lists of Python's numbers, which take more memory than the counts that are kept.
_TEXTS_AT_ONCE = 1000


class ReadsTexts(Protocol):
    """A block, as far as batches are concerned.

    Example:
        >>> from nlp_builder.features import CharPerWordEmbeddingSequence
        >>> block: ReadsTexts = CharPerWordEmbeddingSequence("whitespace", 4)
        >>> block.text_names, block.count_tokens(["two words", "word"])
        (None, [2, 1])
    """

    @property
    def text_names(self) -> tuple[str, ...] | None:
        """The texts that it reads from a dict or a DataFrame; None for one without a name."""
        ...

    @property
    def inputs_shape(self) -> Any:
        """What `preprocess_texts` returns: something with a `shape`, or a list of such."""
        ...

    @property
    def slots(self) -> Sequence[tuple[str | None, Any]]:
        """For each input the name of its text, or None, and the block that reads that text."""
        ...

    def preprocess_texts(self, texts: Any) -> np.ndarray | list[np.ndarray]:
        """Return ids (batch, *inputs_shape), or a list of them."""
        ...

    def count_tokens(self, texts: Any) -> Sequence[int]:
        """Return the number of steps of each text, before any cut."""
        ...


class Reader:
    """Blocks side by side, whose ids are a model's inputs.

    Args:
        blocks: a block, or a list of them.

    Raises:
        TypeError: if one of them is no block.
        ValueError: if there are none, or only some of them name their texts.
    """

    def __init__(self, blocks: ReadsTexts | Sequence[ReadsTexts]) -> None:
        self.blocks = _listed(blocks)
        self.names = _joint_names(self.blocks)
        # One for each input, without the batch axis; None where the texts of a batch decide.
        self.shapes = [shape for block in self.blocks for shape in _shapes(block)]
        if not self.shapes:
            raise ValueError("expected a block or a list of blocks, got an empty list")

    @property
    def steps_are_free(self) -> bool:
        """Whether a batch is as long as its longest text."""
        return any(shape[:1] == (None,) for shape in self.shapes)

    @property
    def maxima(self) -> list[int | None]:
        """The greatest number of steps of each input, None if there is none."""
        return [shape[0] for shape in self.shapes if shape]

    def columns(self, texts: Any, *, copy: bool = False) -> dict[str | None, Sequence[Text]]:
        """Read texts into memory, by name, or under None if they have no names.

        Lists are taken themselves unless a copy is wanted.
        """
        return text_columns(texts, self.names, copy=copy)

    def arrays(self, texts: Any) -> tuple[np.ndarray, ...]:
        """Return the ids of texts, one array for each input."""
        return tuple(array for block in self.blocks for array in _ids(block, texts))

    def count_tokens(self, columns: dict[str | None, Sequence[Text]]) -> np.ndarray:
        """Count the steps of each text, the most of its texts where a row has several."""
        return _by_pieces(columns, self._counts)

    def inputs_with_steps(self, columns: dict[str | None, Sequence[Text]]) -> list[InputSteps]:
        """Return the inputs that have steps, which are not counted yet."""
        slots = [slot for block in self.blocks for slot in block.slots]
        return [
            InputSteps(
                number, shape[0], type(block).__name__, partial(_count, block, columns[name])
            )
            for number, (shape, (name, block)) in enumerate(zip(self.shapes, slots, strict=True))
            if shape
        ]

    def _counts(self, texts: Any) -> np.ndarray:
        if self.names is not None:
            counts = [np.asarray(block.count_tokens(texts)) for block in self.blocks]
            return np.max(counts, axis=0)
        free = [block for block in self.blocks if (None,) in [s[:1] for s in _shapes(block)]]
        return np.asarray((free or self.blocks)[0].count_tokens(texts))


def count_rows(columns: dict[str | None, Sequence[Text]]) -> int:
    """Return the number of texts in each column.

    Args:
        columns: what `text_columns` returns.

    Returns:
        The number.
    """
    return len(next(iter(columns.values())))


def _by_pieces(
    columns: dict[str | None, Sequence[Text]], count: Callable[[Any], Sequence[int] | np.ndarray]
) -> np.ndarray:
    # (texts,)
    counts = np.zeros(count_rows(columns), "int32")
    for start in range(0, len(counts), _TEXTS_AT_ONCE):
        rows = range(len(counts))[start : start + _TEXTS_AT_ONCE]
        counts[start : rows.stop] = np.reshape(count(take_rows(columns, rows)), len(rows))
    return counts


def _count(block: ReadsTexts, column: Sequence[Text]) -> np.ndarray:
    return _by_pieces({None: column}, block.count_tokens)


def as_inputs(arrays: tuple[np.ndarray, ...]) -> Any:
    """Return what a Keras model takes: the one array, or the tuple of several.

    Args:
        arrays: one for each input.

    Returns:
        An array or a tuple.
    """
    return arrays if len(arrays) > 1 else arrays[0]


def _listed(blocks: Any) -> list[ReadsTexts]:
    found = list(blocks) if isinstance(blocks, list | tuple) else [blocks]
    for block in found:
        if not hasattr(block, "preprocess_texts") or not hasattr(block, "count_tokens"):
            raise TypeError(
                f"expected a block or a list of blocks, got {preview(block)} "
                f"({type(block).__name__})"
            )
    return found


def _joint_names(blocks: Iterable[ReadsTexts]) -> tuple[str, ...] | None:
    names = [block.text_names for block in blocks]
    if all(own is None for own in names):
        return None
    for block, own in zip(blocks, names, strict=True):
        if own is None:
            raise ValueError(
                f"expected each block to name its texts since others do, got {block!r}: wrap it "
                "in a KerasWrapper that names its text, or leave out all names"
            )
    return tuple(dict.fromkeys(name for own in names for name in own or ()))


def _shapes(block: ReadsTexts) -> list[tuple[int | None, ...]]:
    shapes = block.inputs_shape
    return [tuple(shape.shape) for shape in (shapes if isinstance(shapes, list) else [shapes])]


def _ids(block: ReadsTexts, texts: Any) -> list[np.ndarray]:
    arrays = block.preprocess_texts(texts)
    return arrays if isinstance(arrays, list) else [arrays]
