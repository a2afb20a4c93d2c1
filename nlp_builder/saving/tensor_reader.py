"""The layout of safetensors to arrays, which are views of the file."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlp_builder.saving.errors import refuse
from nlp_builder.saving.json_text import from_json
from nlp_builder.saving.limits import Limits
from nlp_builder.saving.tensor_types import ITEM_SIZES, is_finite, numpy_type
from nlp_builder.saving.tensor_writer import ALIGNMENT, PADDING

WEIGHTS = "weights.safetensors"
_KEYS = {"dtype", "shape", "data_offsets"}
_PADDING_NAME = re.compile(f"{PADDING}(0|[1-9][0-9]*)")
# As many as each release of NumPy that we can meet has.
_AXES = 32


@dataclass(frozen=True)
class Tensor:
    """Where an array lies.

    Args:
        name: its name.
        dtype: a key of `ITEM_SIZES`.
        shape: its shape.
        start: the byte where it begins, counted from the end of the header.
        end: the byte that follows it.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def is_padding(self) -> bool:
        """Whether this is what fills a gap between arrays."""
        return self.name.startswith(PADDING)


@dataclass(frozen=True)
class Layout:
    """What the header of the weights says.

    Args:
        tensors: the arrays, those that fill gaps included.
        data: what follows the header.
    """

    tensors: tuple[Tensor, ...]
    data: memoryview


def layout_of(content: memoryview, limits: Limits) -> Layout:
    """Read the header.

    Args:
        content: the member.
        limits: how long the header, and how many arrays there may be.

    Returns:
        Names, types, shapes and places, which are sound: each byte belongs to one array.

    Raises:
        ArchiveError: if they are not, or are more than the limits.
    """
    header, data = _parted(content, limits)
    entries = from_json(f"the header of {WEIGHTS}", header, limits)
    tensors = tuple(_tensor(name, entry) for name, entry in entries.items())
    count = sum(not tensor.is_padding for tensor in tensors)
    limits.require("arrays", f"arrays in {WEIGHTS}", count)
    _require_whole(tensors, len(data))
    return Layout(tensors, data)


def arrays_from(layout: Layout) -> dict[str, np.ndarray]:
    """Return the arrays.

    Args:
        layout: what `layout_of` returned.

    Returns:
        Views of the content by name; they can be written if the content can.

    Raises:
        ArchiveError: if a number is not finite, a truth value is neither 0 nor 1, or a gap is
            not filled with zeros.
    """
    arrays = {}
    for tensor in layout.tensors:
        array = _view(tensor, layout.data)
        if tensor.is_padding:
            if array.any():
                _refuse(tensor.name, "fills a gap, and is not all zeros")
            continue
        if tensor.dtype == "BOOL" and array.view(np.uint8).max(initial=0) > 1:
            _refuse(tensor.name, "holds truth values that are neither 0 nor 1")
        if not is_finite(array):
            _refuse(tensor.name, "holds NaN or infinity")
        arrays[tensor.name] = array
    return arrays


def _refuse(name: str, reason: str) -> None:
    refuse(f"{WEIGHTS}: {name!r:.60} {reason}")


def _parted(content: memoryview, limits: Limits) -> tuple[memoryview, memoryview]:
    if len(content) < 8:
        refuse(f"{WEIGHTS} ends before its header")
    (length,) = struct.unpack_from("<Q", content)
    limits.require("config_bytes", f"bytes of the header of {WEIGHTS}", length)
    if length > len(content) - 8:
        refuse(f"{WEIGHTS} ends within its header of {length:,} bytes")
    return content[8 : 8 + length], content[8 + length :]


def _tensor(name: str, entry: Any) -> Tensor:
    if not isinstance(entry, dict) or entry.keys() != _KEYS:
        refuse(f"{WEIGHTS}: {name!r:.60} is not described by {sorted(_KEYS)}")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in ITEM_SIZES:
        refuse(f"{WEIGHTS}: {name!r:.60} has the type {dtype!r:.40}, expected {[*ITEM_SIZES]}")
    if not _are_sizes(shape) or len(shape) > _AXES:
        refuse(f"{WEIGHTS}: {name!r:.60} has the shape {shape!r:.60}")
    if not _are_sizes(offsets) or len(offsets) != 2:
        refuse(f"{WEIGHTS}: {name!r:.60} has the offsets {offsets!r:.60}")
    tensor = Tensor(name, dtype, tuple(shape), *offsets)
    _require_fit(tensor)
    return tensor


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(v) is int and 0 <= v < 2**63 for v in values)


def _require_fit(tensor: Tensor) -> None:
    needed = math.prod(tensor.shape) * ITEM_SIZES[tensor.dtype]
    if tensor.end - tensor.start != needed:
        _refuse(
            tensor.name,
            f"has {tensor.end - tensor.start:,} bytes, its shape {tensor.shape!r:.60} and type "
            f"{tensor.dtype} need {needed:,}",
        )
    if tensor.is_padding and not (
        _PADDING_NAME.fullmatch(tensor.name)
        and tensor.dtype == "U8"
        and len(tensor.shape) == 1
        and 0 < tensor.shape[0] < ALIGNMENT
    ):
        _refuse(tensor.name, f"is no gap of 1 to {ALIGNMENT - 1} bytes")


def _require_whole(tensors: Iterable[Tensor], size: int) -> None:
    offset = 0
    for tensor in sorted(tensors, key=lambda tensor: (tensor.start, tensor.end)):
        if tensor.start != offset:
            relation = "overlaps what is before it" if tensor.start < offset else "follows a hole"
            _refuse(tensor.name, f"{relation}: it begins at byte {tensor.start:,}, not {offset:,}")
        offset = tensor.end
    if offset != size:
        refuse(f"{WEIGHTS} has {size:,} bytes of data, its header tells of {offset:,}")


def _view(tensor: Tensor, data: memoryview) -> np.ndarray:
    try:
        return np.ndarray(tensor.shape, numpy_type(tensor.dtype), data, tensor.start)
    except ValueError as error:  # a shape like (0, 2**62, 2**62) has no bytes, and no array
        refuse(f"{WEIGHTS}: {tensor.name!r:.60} cannot be an array: {error}")
