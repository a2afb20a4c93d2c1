"""Walking a block and the blocks that it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature


def parts_first(block: Feature) -> Iterator[Feature]:
    """Yield all that a block is made of, then the block; a shared block comes once.

    Args:
        block: where to start.

    Returns:
        An iterator of blocks, each after its own parts.
    """
    seen: set[Feature] = set()
    yield from _unseen(block, seen)


def _unseen(block: Feature, seen: set[Feature]) -> Iterator[Feature]:
    if block in seen:
        return
    seen.add(block)
    for part in block.blocks:
        yield from _unseen(part, seen)
    yield block


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
