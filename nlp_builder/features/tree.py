"""Walking a block and the blocks that it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature
    from nlp_builder.features.shapes import Connection


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


def connect(block: Feature, ids: dict[Feature, Any]) -> Connection:
    """Apply a block and its parts to ids; a shared block is applied once.

    Args:
        block: built, with all its parts.
        ids: a tensor for each block that reads texts.

    Returns:
        The outputs and the mask of the block.
    """
    done: dict[Feature, Connection] = {}
    for part in parts_first(block):
        inputs = [done[source] for source in part.blocks] if part.blocks else [ids[part]]
        done[part] = part._connect(inputs)
    return done[block]


def words_of(mask: Any) -> Any:
    """Tell which words are real from a mask of what they are made of.

    Args:
        mask: boolean (batch, words, ...).

    Returns:
        Boolean (batch, words).
    """
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
