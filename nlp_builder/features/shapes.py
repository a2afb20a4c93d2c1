"""What blocks say of their tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nlp_builder.saving.shapes import ModelIOShape

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature
    from nlp_builder.features.representation import TextRepresentation

__all__ = ["Connection", "ModelIOShape", "Slot", "TextSlot"]


class Connection(NamedTuple):
    """One output of a block.

    Args:
        outputs: a tensor of shape (batch, *shape).
        mask: boolean, one value for each vector of `outputs`, or None if there are no words.
    """

    outputs: Any
    mask: Any


class Slot(NamedTuple):
    """A block, and the name of the text that it reads.

    Args:
        text: the name, None where texts have none, or where the user of the block gives it.
        block: the block.
    """

    text: str | None
    block: Feature


class TextSlot(NamedTuple):
    """A block that reads texts itself, and the name of the text: one input tensor of a graph.

    Args:
        text: the name, None where texts have none.
        block: the block.
    """

    text: str | None
    block: TextRepresentation
