"""The inputs of blocks that are made of blocks: what users may write, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from nlp_builder.features.shapes import Slot
from nlp_builder.text.checks import preview

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature

Inputs: TypeAlias = (
    "Feature | Sequence[Feature] | Mapping[str, Feature | Sequence[Feature]] | "
    "Sequence[tuple[str, Feature | Sequence[Feature]]]"
)
"""A block, several blocks, or blocks for each of several texts by name."""

_EXPECTED = (
    "expects a block, a list of blocks, or blocks for each text by name: "
    '[("question", [block]), ("answer", [block])] or a dict of the kind'
)


def read_inputs(owner: str, inputs: Any) -> tuple[Slot, ...]:
    """Bring the inputs of a block into one form.

    Args:
        owner: the block's name, for errors.
        inputs: what was given.

    Returns:
        The blocks in order, each with the name of its text, None without names.

    Raises:
        TypeError: if something in it is neither a block nor a pair of a name and blocks.
        ValueError: if there are no blocks, named and unnamed ones are mixed, a name comes twice, or
            a block that is given the name of a text has names for its texts already.
    """
    items = list(inputs.items()) if isinstance(inputs, Mapping) else inputs
    items = list(items) if isinstance(items, list | tuple) and not _is_pair(items) else [items]
    if not items:
        raise ValueError(f"{owner} {_EXPECTED}; got no block at all")
    pairs = [item for item in items if _is_pair(item)]
    if pairs and len(pairs) < len(items):
        raise ValueError(
            f"{owner} {_EXPECTED}; got blocks with and without names of texts: name all or none"
        )
    slots = tuple(_named_slots(owner, pairs) if pairs else _unnamed_slots(owner, items))
    _require_one_way(owner, slots)
    return slots


def inputs_argument(slots: Sequence[Slot]) -> Any:
    """Return inputs in the plainest form that `read_inputs` reads.

    Args:
        slots: what `read_inputs` returned.

    Returns:
        A block, a list of blocks, or a list of names with lists of blocks.
    """
    if slots[0].text is None:
        blocks = [slot.block for slot in slots]
        return blocks[0] if len(blocks) == 1 else blocks
    names = dict.fromkeys(slot.text for slot in slots)
    return [(name, [slot.block for slot in slots if slot.text == name]) for name in names]


def _is_pair(item: Any) -> bool:
    return isinstance(item, tuple | list) and len(item) == 2 and isinstance(item[0], str)


def _named_slots(owner: str, pairs: Iterable[tuple[str, Any]]) -> list[Slot]:
    slots: list[Slot] = []
    for name, blocks in pairs:
        if any(slot.text == name for slot in slots):
            raise ValueError(f"{owner} got the text {name!r} twice: list all its blocks together")
        listed = blocks if isinstance(blocks, list | tuple) else [blocks]
        if not listed:
            raise ValueError(f"{owner} got no block for the text {name!r}: give it one, or drop it")
        for slot in _unnamed_slots(owner, listed):
            if slot.block.text_names is not None:
                raise ValueError(
                    f"{owner} got {slot.block!r} for the text {name!r}, but that block reads the "
                    f"texts {list(slot.block.text_names)} by itself: list it without a name"
                )
            slots.append(Slot(name, slot.block))
    return slots


def _unnamed_slots(owner: str, blocks: Iterable[Any]) -> list[Slot]:
    from nlp_builder.features.feature import Feature

    slots = []
    for block in blocks:
        if not isinstance(block, Feature):
            raise TypeError(f"{owner} {_EXPECTED}; got {preview(block)} ({type(block).__name__})")
        slots.append(Slot(None, block))
    return slots


def _require_one_way(owner: str, slots: Sequence[Slot]) -> None:
    if slots[0].text is not None:
        return
    naming = [slot.block.text_names is not None for slot in slots]
    if any(naming) and not all(naming):
        named = slots[naming.index(True)].block
        plain = slots[naming.index(False)].block
        raise ValueError(
            f"{owner} got {named!r}, which reads the texts {list(named.text_names or ())}, beside "
            f"{plain!r}, which reads one text without a name: wrap the second with the name of "
            "its text first, KerasWrapper([(name, [block])], model)"
        )
