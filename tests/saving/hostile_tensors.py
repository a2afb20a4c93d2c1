"""Weights that are none: headers, types, shapes, places and numbers."""

from typing import Any

import numpy as np

from tests.saving.forging import (
    WEIGHTS,
    Change,
    member,
    one_tensor,
    tensor,
    weights,
)

PICKLE = b"\x80\x04\x95\x15\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93."
OLD_PICKLE = b"cos\nsystem\n(S'true'\ntR."
TAR = b"block.nlpb".ljust(257, b"\0") + b"ustar\x0000" + bytes(248)
GIB = 2**30


def floats(dtype: str, bits: bytes) -> Change:
    """One number among others, by its bytes."""
    content = bytes(len(bits)) + bits + bytes(len(bits))
    return one_tensor(dtype, [3], 0, len(content), content)


def gap(entry: dict[str, Any], content: bytes, name: str = "padding/0") -> Change:
    return weights({name: entry}, content)


TENSORS: dict[str, tuple[Change, str]] = {
    "weights are empty": (member(WEIGHTS, b""), "weights.safetensors ends before its header"),
    "weights have 7 bytes": (member(WEIGHTS, bytes(7)), "weights.safetensors ends before its head"),
    "header of 2**63 bytes": (weights({}, length=2**63), "bytes of the header of weights.safetens"),
    "header of 2**64 - 1 bytes": (weights({}, length=2**64 - 1), "bytes of the header of weights"),
    "header of 100 MB": (weights({}, length=10**8), "bytes of the header .*: 100,000,000, but"),
    "header of 5 MB": (weights(b" " * 5 * 2**20), "bytes of the header .*: 5,242,880"),
    "header is longer than the rest": (weights({}, length=3), "ends within its header of 3 bytes"),
    "header of no bytes": (weights(b""), "the header of weights.safetensors cannot be read"),
    "header is no JSON": (weights(b"{]"), "the header of weights.safetensors cannot be read"),
    "header is a list": (weights([]), "the header of weights.safetensors holds list"),
    "header is deep": (weights(b"[" * 10**6), "levels of the header of weights.safetensors"),
    "header is a pickle": (weights(PICKLE), "the header of weights.safetensors cannot be read"),
    "tensor is a list": (weights({"array": []}), "'array' is not described by"),
    "tensor has more": (
        weights({"array": {**tensor("U8", [], 0, 1), "url": "x"}}, b"\0"),
        "'array' is not described by",
    ),
    "tensor has less": (weights({"array": {"dtype": "U8"}}), "'array' is not described by"),
    "metadata": (weights({"__metadata__": {"a": "b"}}), "'__metadata__' is not described by"),
    "overlapping tensors": (
        weights({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 2, 6)}, bytes(6)),
        "'b' overlaps what is before it: it begins at byte 2, not 4",
    ),
    "equal places": (
        weights({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 0, 4)}, bytes(4)),
        "'b' overlaps what is before it: it begins at byte 0, not 4",
    ),
    "hole": (
        weights({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 8, 12)}, bytes(12)),
        "'b' follows a hole: it begins at byte 8, not 4",
    ),
    "hole at the begin": (one_tensor("U8", [2], 1, 3, bytes(3)), "'array' follows a hole"),
    "hole at the end": (one_tensor("U8", [2], 0, 2, bytes(3)), "has 3 bytes of data, its header"),
    "data without tensors": (weights({}, b"#!/bin/sh"), "has 9 bytes of data, its header tells of"),
    "beyond the end": (one_tensor("U8", [9], 0, 9, bytes(3)), "has 3 bytes of data, its header te"),
    "far beyond the end": (one_tensor("F64", [2**58], 0, 2**61), "0 bytes of data, its header te"),
    "negative offsets": (one_tensor("U8", [2], -2, 0), "has the offsets .-2, 0."),
    "reversed offsets": (one_tensor("U8", [2], 2, 0, bytes(2)), "has -2 bytes, its shape"),
    "offsets are fractions": (one_tensor("U8", [2], 0.0, 2.0, bytes(2)), "the offsets .0.0, 2.0."),
    "offset is true": (one_tensor("U8", [1], False, True, bytes(1)), "the offsets .False, True."),
    "offset is huge": (one_tensor("U8", [1], 2**64, 2**64 + 1, bytes(1)), "has the offsets .1844"),
    "three offsets": (
        weights({"array": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1, 1]}}, b"\0"),
        "'array' has the offsets .0, 1, 1.",
    ),
    "wrong shape": (one_tensor("F32", [3], 0, 4, bytes(4)), r"shape \(3,\) and type F32 need 12"),
    "negative shape": (one_tensor("U8", [-1, -4], 0, 4, bytes(4)), "has the shape .-1, -4."),
    "shape is a number": (one_tensor("U8", 4, 0, 4, bytes(4)), "has the shape 4"),
    "shape of fractions": (one_tensor("U8", [4.0], 0, 4, bytes(4)), "has the shape .4.0."),
    "product of the shape is 2**64": (one_tensor("U8", [2**32, 2**32], 0, 0), "18,446,744,073,709"),
    "product is 2**64 with the type": (one_tensor("F64", [2**61], 0, 0), "need 18,446,744,073,709"),
    "shape of many axes": (one_tensor("U8", [1] * 40, 0, 1, b"\0"), "has the shape .1, 1"),
    "huge shape of nothing": (one_tensor("U8", [0, 2**62, 2**62], 0, 0), "cannot be an array"),
    "unknown type": (one_tensor("F8_E4M3", [1], 0, 1, b"\0"), "has the type 'F8_E4M3', expected"),
    "type of objects": (one_tensor("O", [1], 0, 8, bytes(8)), "has the type 'O', expected"),
    "type is a list": (one_tensor(["F32"], [1], 0, 4, bytes(4)), "has the type .'F32'., expected"),
    "too many tensors": (
        weights({str(number): tensor("U8", [0], 0, 0) for number in range(10_001)}),
        "arrays in weights.safetensors: 10,001, but the limit is 10,000",
    ),
    "name of a tensor twice": (weights(b'{"a":{},"a":{}}'), "the key 'a' is there twice"),
    "gap is not zeros": (
        gap(tensor("U8", [3], 0, 3), b"\0\1\0"),
        "'padding/0' fills a gap, and i",
    ),
    "gap of 64 bytes": (gap(tensor("U8", [64], 0, 64), bytes(64)), "'padding/0' is no gap of 1 to"),
    "gap of numbers": (gap(tensor("F32", [1], 0, 4), bytes(4)), "'padding/0' is no gap of 1 to 63"),
    "gap of two axes": (gap(tensor("U8", [1, 4], 0, 4), bytes(4)), "'padding/0' is no gap"),
    "gap of no bytes": (gap(tensor("U8", [0], 0, 0), b""), "'padding/0' is no gap of 1 to 63"),
    "gap of another name": (
        gap(tensor("U8", [1], 0, 1), b"\0", "padding/00"),
        "'padding/00' is no",
    ),
    "truth of 2": (one_tensor("BOOL", [2], 0, 2, b"\1\2"), "truth values that are neither 0 nor 1"),
    "NaN of 16 bits": (floats("F16", np.float16("nan").tobytes()), "'array' holds NaN or inf"),
    "infinity of 16 bits": (floats("F16", np.float16("inf").tobytes()), "'array' holds NaN or inf"),
    "NaN of Google's 16 bits": (floats("BF16", b"\xc0\x7f"), "'array' holds NaN or infinity"),
    "infinity of Google's 16 bits": (floats("BF16", b"\x80\xff"), "'array' holds NaN or infinity"),
    "NaN of 32 bits": (floats("F32", np.float32("nan").tobytes()), "'array' holds NaN or infinity"),
    "odd NaN of 32 bits": (floats("F32", b"\1\0\x80\xff"), "'array' holds NaN or infinity"),
    "infinity of 32 bits": (floats("F32", np.float32("-inf").tobytes()), "'array' holds NaN or in"),
    "NaN of 64 bits": (floats("F64", np.float64("nan").tobytes()), "'array' holds NaN or infinity"),
    "infinity of 64 bits": (floats("F64", np.float64("inf").tobytes()), "'array' holds NaN or inf"),
}
