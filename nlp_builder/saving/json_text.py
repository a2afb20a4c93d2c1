"""Plain values to JSON and back, strictly: what JSON leaves open is refused."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from nlp_builder.saving.errors import refuse
from nlp_builder.saving.limits import Limits

CHUNK = 2**18  # bytes that are counted at a time
_QUOTE, _COMMA = b'",'
# Each byte but those that give JSON its structure.
_OTHERS = bytes(set(range(256)) - set(b'"[]{},'))
_STEPS = np.zeros(256, np.int8)
_STEPS[list(b"[{")] = 1
_STEPS[list(b"]}")] = -1
# Two code points that JSON cannot tell from the one character that they stand for in UTF-16.
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
# What Python reads unless it is told otherwise: the time to read grows with the square.
_DIGITS = 4300


@dataclass(frozen=True)
class Structure:
    """What JSON would make, counted without making it.

    Args:
        strings: how many strings, keys included.
        values: a number that is at least that of all values, less one.
        containers: how many lists and objects.
        nesting: how deep lists and objects stand in each other.
    """

    strings: int
    values: int
    containers: int
    nesting: int


def to_json(value: Any) -> bytes:
    """Write plain values as JSON.

    Args:
        value: dicts with strings as keys, lists, str, int, float, bool, None.

    Returns:
        ASCII without blanks, keys sorted; equal values give equal bytes.

    Raises:
        TypeError: if there is something that JSON has no word for.
        ValueError: if a number is not finite or has more than 4,300 digits, or a string holds two
            surrogates that JSON would join.

    Example:
        >>> to_json({"b": 1, "a": "é"})
        b'{"a":"\\\\u00e9","b":1}'
    """
    text = json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))
    # A backslash and "ud" begin each surrogate, and each half of a character beyond U+FFFF.
    if r"\ud" in text and (found := _PAIR.search(json.dumps(value, ensure_ascii=False))):
        raise ValueError(
            f"cannot keep a string with the surrogates {found[0]!a}, which come back as one "
            "character: repair the text, with text.encode('utf-16', 'surrogatepass')."
            "decode('utf-16')"
        )
    return text.encode("ascii")


def from_json(
    name: str, data: memoryview, limits: Limits, *, counted: Structure | None = None
) -> dict[str, Any]:
    """Read an object of JSON.

    Args:
        name: what is read, for errors.
        data: UTF-8.
        limits: how many values there may be, and how deep lists and objects may stand in each
            other.
        counted: what `structure` returned, if it was called before to judge the number of values.

    Returns:
        The object.

    Raises:
        ArchiveError: if it is no JSON, is no object, names a key twice, holds a number that is not
            finite or has more than 4,300 digits, or holds more or goes deeper than the limit.
    """
    found = counted or structure(data)
    limits.require("nesting", f"levels of {name}", found.nesting)
    if counted is None:
        limits.require("values", f"values in {name}", found.values)
    try:
        value = json.loads(
            str(data, "utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except (ValueError, RecursionError) as error:
        refuse(f"{name} cannot be read: {error}")
    if not isinstance(value, dict):
        refuse(f"{name} holds {type(value).__name__}, expected an object")
    return value


def structure(data: memoryview) -> Structure:
    """Count the parts of JSON.

    Args:
        data: UTF-8; it need not be valid.

    Returns:
        The numbers.

    Example:
        >>> structure(memoryview(b'{"a,[": [[1, 2], "b"]}'))
        Structure(strings=2, values=5, containers=3, nesting=3)
    """
    quotes = commas = containers = depth = nesting = 0
    held = b""
    for start in range(0, len(data), CHUNK):
        text, held = _without_escapes(held + bytes(data[start : start + CHUNK]))
        marks = np.frombuffer(text.translate(None, _OTHERS), np.uint8)
        is_quote = marks == _QUOTE
        # An even number of quotes stands before what is outside of strings.
        outside = marks[(np.cumsum(is_quote, dtype=np.uint8) + np.uint8(quotes % 2)) % 2 == 0]
        quotes += int(np.count_nonzero(is_quote))
        steps = _STEPS[outside]
        containers += int(np.count_nonzero(steps == 1))
        commas += int(np.count_nonzero(outside == _COMMA))
        depths = depth + np.cumsum(steps, dtype=np.int64)
        nesting = max(nesting, int(depths.max(initial=0)))
        depth = int(depths[-1]) if len(depths) else depth
    return Structure((quotes + 1) // 2, containers + commas, containers, nesting)


def _without_escapes(text: bytes) -> tuple[bytes, bytes]:
    """Return text without quotes that are escaped, and the begin of an escape that it ends with."""
    if b"\\" not in text:
        return text, b""
    text = text.replace(b"\\\\", b"")
    held = b"\\" if text.endswith(b"\\") else b""
    return text.replace(b'\\"', b""), held


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the key {name[:60]!r} is there twice")
    return made


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise ValueError(f"a number has {len(digits):,} digits, expected at most {_DIGITS:,}")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits[:40]} is too large")
    return number


def _constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")
