"""Walking a block and the blocks that it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import keras

from nlp_builder.features.shapes import Connection, ModelIOShape, Slot, TextSlot

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
) -> list[Connection]:
    """Apply a block and its parts to ids; a block that is shared within a text is applied once.

    Args:
        block: built, with all its parts.
        ids: a tensor for each of the block's `slots`.
        done: parts, each with the name of its text, that were applied already.

    Returns:
        Outputs and masks of the block.
    """
    return _connected(None, block, ids, dict(done or {}))


def _connected(
    text: str | None,
    block: GraphPiece,
    ids: Mapping[Any, Any],
    done: dict[tuple[str | None, GraphPiece], list[Connection]],
) -> list[Connection]:
    key = (text, block)
    if key not in done:
        inputs = [
            part
            for source in block.reads
            for part in _connected(_name(source, text), source.block, ids, done)
        ]
        done[key] = block._connect(inputs if block.reads else [ids[key]])
    return done[key]


def _name(source: Slot, text: str | None) -> str | None:
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
