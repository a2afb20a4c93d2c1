"""Which arrays a file can hold: the types of safetensors that NumPy has, and finite numbers."""

from __future__ import annotations

import numpy as np

# https://github.com/huggingface/safetensors#format
_NUMPY_TYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "U32": "<u4",
    "I32": "<i4",
    "U64": "<u8",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
}
_NAMES = {np.dtype(code).name: name for name, code in _NUMPY_TYPES.items()} | {"bfloat16": "BF16"}
ITEM_SIZES = {name: np.dtype(code).itemsize for name, code in _NUMPY_TYPES.items()} | {"BF16": 2}
# A number is NaN or infinite when all these bits are set: it is found without computing.
_EXPONENTS = {
    "float16": 0x7C00,
    "bfloat16": 0x7F80,
    "float32": 0x7F80_0000,
    "float64": 0x7FF0_0000_0000_0000,
}
_CHUNK = 2**16


def type_name(dtype: np.dtype) -> str | None:
    """Return how safetensors calls a type.

    Args:
        dtype: of an array, in any byte order.

    Returns:
        The name; None if a file cannot hold it.

    Example:
        >>> type_name(np.dtype("float32")), type_name(np.dtype("complex64"))
        ('F32', None)
    """
    return _NAMES.get(dtype.name)


def numpy_type(name: str) -> np.dtype:
    """Return the type of NumPy, with the lowest byte first.

    Args:
        name: a key of `ITEM_SIZES`.

    Returns:
        The type.

    Example:
        >>> numpy_type("F32").itemsize
        4
    """
    if name == "BF16":
        import ml_dtypes  # comes with Keras and TensorFlow, and is seldom needed

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(_NUMPY_TYPES[name])


def is_finite(array: np.ndarray) -> bool:
    """Say whether an array is without NaN and infinity.

    Args:
        array: of any shape and type; those without NaN are finite.

    Returns:
        True if each number is finite. No copy is made of arrays that lie in one piece.

    Example:
        >>> is_finite(np.array([1.0, 2.0])), is_finite(np.array([1.0, np.nan]))
        (True, False)
    """
    exponent = _EXPONENTS.get(array.dtype.name)
    if exponent is None:
        return True
    bits = np.dtype(f"u{array.dtype.itemsize}").newbyteorder(array.dtype.byteorder)
    flat = np.asarray(array, order="C").reshape(-1).view(bits)
    mask = bits.type(exponent)
    chunks = (flat[start : start + _CHUNK] for start in range(0, len(flat), _CHUNK))
    return all((chunk & mask).max() != mask for chunk in chunks)
