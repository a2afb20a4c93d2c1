"""Walking a block and the blocks that it is made of."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import keras

from nlp_builder.features.shapes import Connection, ModelIOShape, Slot, TextSlot
from nlp_builder.layers import DistinctRows, RowsAtPlaces

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature
    from nlp_builder.features.graph_piece import GraphPiece


def parts_first(block: Feature) -> Iterator[Feature]:
    """Yield all that a block is made of, then the block; a shared block comes once.

    Args:
        block: where to start.

    Returns:
        An iterator of blocks, each after its own parts.
    """
    return _unseen(block, set())


def _unseen(block: Feature, seen: set[Feature]) -> Iterator[Feature]:
    if block in seen:
        return
    seen.add(block)
    for part in block.blocks:
        yield from _unseen(part, seen)
    yield block


def connect(
    block: GraphPiece,
    ids: Mapping[TextSlot, Any],
    done: Mapping[tuple[str | None, GraphPiece], list[Connection]] | None = None,
    *,
    rows_are_distinct: bool = False,
) -> list[Connection]:
    """Apply a block and its parts to ids; a block that is shared within a text is applied once.

    Parts that look at each row of ids alone, such as a digest of the characters of words, are
    applied to the distinct rows of a batch.

    Args:
        block: built, with all its parts.
        ids: a tensor for each of the block's `slots`.
        done: parts, each with the name of its text, that were applied already.
        rows_are_distinct: the ids have distinct rows only.

    Returns:
        Outputs and masks of the block.
    """
    return _Applied(ids, done or {}, rows_are_distinct=rows_are_distinct).outputs_of(None, block)


class _Applied:
    """Blocks that were applied to the ids of a batch, each with the name of its text."""

    def __init__(
        self,
        ids: Mapping[Any, Any],
        done: Mapping[tuple[str | None, GraphPiece], list[Connection]],
        *,
        rows_are_distinct: bool = False,
    ) -> None:
        self._ids = ids
        self._done = dict(done)
        self._rows_are_distinct = rows_are_distinct
        # What was applied to distinct rows, and where these stand.
        self._by_rows: dict[tuple[TextSlot, bool], tuple[_Applied, Any]] = {}

    def outputs_of(self, text: str | None, block: GraphPiece) -> list[Connection]:
        key = (text, block)
        if key not in self._done:
            self._done[key] = (
                self._of_distinct(text, block)
                if not self._rows_are_distinct
                and block.reads
                and block._looks_at_rows(training=False)
                else self._of_all(text, block)
            )
        return self._done[key]

    def _of_all(self, text: str | None, block: GraphPiece) -> list[Connection]:
        inputs = [
            part
            for source in block.reads
            for part in self.outputs_of(name_of(source, text), source.block)
        ]
        return block._connect(inputs if block.reads else [self._ids[text, block]])

    def _of_distinct(self, text: str | None, block: GraphPiece) -> list[Connection]:
        (read,) = block.slots
        slot = TextSlot(name_of(read, text), read.block)
        key = (slot, block._looks_at_rows(training=True))
        if key not in self._by_rows:
            rows, places = DistinctRows(in_training=key[1])(self._ids[slot])
            self._by_rows[key] = (_Applied({slot: rows}, {}, rows_are_distinct=True), places)
        applied, places = self._by_rows[key]
        return [at_places(found, places) for found in applied.outputs_of(text, block)]


def at_places(found: Connection, places: Any) -> Connection:
    """Put what was made of distinct rows where the rows stand.

    Args:
        found: outputs (distinct, 1, ..., *rest), with a 1 for each axis but the first of the
            places, and their mask.
        places: the number of the row at each place, int32 (batch, ...).

    Returns:
        Outputs (batch, ..., *rest) with their mask.
    """
    outputs = RowsAtPlaces()([found.outputs, places])
    mask = None if found.mask is None else RowsAtPlaces()([found.mask, places])
    with contextlib.suppress(AttributeError):  # arrays of JAX hold nothing
        outputs._keras_mask = mask
    return Connection(outputs, mask)


def name_of(source: Slot | TextSlot, text: str | None) -> str | None:
    """Return the name of the text that a source reads: its own, or that of what reads it."""
    return text if source.text is None else source.text


def output_shapes(block: GraphPiece) -> list[ModelIOShape]:
    """List the outputs of a block.

    Args:
        block: built or not.

    Returns:
        A shape for each output.
    """
    shapes = block.outputs_shape
    return shapes if isinstance(shapes, list) else [shapes]


def words_of(mask: Any) -> Any:
    """Tell which words are real from a mask of what they are made of.

    Args:
        mask: boolean (batch, words, ...), or None.

    Returns:
        Boolean (batch, words), or None.
    """
    if mask is None:
        return None
    axes = tuple(range(2, len(mask.shape)))
    return keras.ops.any(mask, axis=axes) if axes else mask


def names(block: Feature) -> dict[Feature, str]:
    """Name a block and its parts by their classes, with a number where a class comes again.

    Args:
        block: where to start.

    Returns:
        A name for each block, parts first.
    """
    found: dict[Feature, str] = {}
    times: dict[str, int] = {}
    for part in parts_first(block):
        kind = type(part).__name__
        times[kind] = times.get(kind, 0) + 1
        found[part] = kind if times[kind] == 1 else f"{kind}_{times[kind]}"
    return found
