"""Shapes of tensors as they are shown."""

from __future__ import annotations

from typing import NamedTuple


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
