"""What blocks say of their tensors."""

from __future__ import annotations

from typing import Any, NamedTuple


class ModelIOShape(NamedTuple):
    """A shape without its batch axis, and a dtype.

    Args:
        shape: an integer for each axis, None where texts decide.
        dtype: the name of the type.

    Example:
        >>> ModelIOShape((113, 50), "float32")
        (113, 50), float32
    """

    shape: tuple[int | None, ...]
    dtype: str

    def __repr__(self) -> str:
        return f"{self.shape}, {self.dtype}"


class Connection(NamedTuple):
    """What a block makes of its input tensors.

    Args:
        outputs: a tensor of shape (batch, *outputs_shape).
        mask: boolean, one value for each vector of `outputs`, or None if there are no words.
    """

    outputs: Any
    mask: Any
