"""Arrays to the layout of safetensors, so that large ones can be used where the file has them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from nlp_builder.saving.json_text import to_json
from nlp_builder.saving.tensor_types import ITEM_SIZES, numpy_type, type_name

PADDING = "padding/"
# What processors, TensorFlow and JAX ask of data that they use without a copy.
ALIGNMENT = 64
_LARGE = 2**20


def weights_to(arrays: Mapping[str, np.ndarray]) -> list[Any]:
    """Lay out arrays.

    The order is by size of an item, by bytes, and by name. If the content is written at a multiple
    of 64 bytes, each item lies at a multiple of its own size, and arrays of at least 1 MiB begin at
    a multiple of 64 bytes.

    Args:
        arrays: by name.

    Returns:
        The content in pieces, each one a buffer of bytes; arrays are not copied but where they
        do not lie in one piece with the lowest byte first.

    Raises:
        TypeError: if a name is no str, or an array is of a type that safetensors has no word for.
        ValueError: if a name begins with "padding/".

    Example:
        >>> [len(part) for part in weights_to({"matrix": np.zeros((2, 3), "float32")})]
        [128, 24]
    """
    kept = {name: _plain(name, array) for name, array in arrays.items()}
    entries: dict[str, Any] = {}
    parts: list[Any] = []
    offset = 0
    for name in sorted(kept, key=lambda name: (-kept[name].itemsize, -kept[name].nbytes, name)):
        array = kept[name]
        if array.nbytes >= _LARGE and (gap := -offset % ALIGNMENT):
            entries[f"{PADDING}{_paddings(entries)}"] = _entry("U8", (gap,), offset, offset + gap)
            parts.append(bytes(gap))
            offset += gap
        end = offset + array.nbytes
        entries[name] = _entry(type_name(array.dtype), array.shape, offset, end)
        parts.append(array.reshape(-1).view(np.uint8))
        offset = end
    return [_header(entries), *parts]


def _plain(name: str, array: np.ndarray) -> np.ndarray:
    if not isinstance(name, str):
        raise TypeError(f"expected names of arrays as str, got {name!r}")
    if name.startswith(PADDING) or name == "__metadata__":
        raise ValueError(f"cannot name an array {name!r}: such names have a meaning in the file")
    array = np.asarray(array)
    if (kind := type_name(array.dtype)) is None:
        raise TypeError(
            f"cannot keep the array {name!r} of type {array.dtype}: expected one of "
            f"{', '.join(ITEM_SIZES)}; convert it with astype"
        )
    return np.asarray(array, numpy_type(kind), order="C")


def _paddings(entries: Mapping[str, Any]) -> int:
    return sum(name.startswith(PADDING) for name in entries)


def _entry(dtype: str | None, shape: tuple[int, ...], start: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


def _header(entries: Mapping[str, Any]) -> bytes:
    header = to_json(entries)
    header += b" " * (-(8 + len(header)) % ALIGNMENT)
    return struct.pack("<Q", len(header)) + header
