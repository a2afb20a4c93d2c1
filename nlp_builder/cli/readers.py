"""Texts to tag, from a stream of bytes: lines of text, columns, JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from nlp_builder.text.checks import first_not_str, preview
from nlp_builder.text.column_lines import fields_of
from nlp_builder.text.pieces import in_pieces


class Reading(NamedTuple):
    """How texts are read.

    Args:
        split: makes tokens of a string.
        column: that of the token.
        separator: what parts columns; None for blanks and tabs.
        encoding: of the bytes.
    """

    split: Callable[[str], Sequence[str]]
    column: int = 0
    separator: str | None = None
    encoding: str = "utf-8"


class TextRead(NamedTuple):
    """A text, and what stands behind it in columns.

    Args:
        tokens: none for a blank line.
        fields: of its object; None if it is no text but a gap before the first one.
        gap: lines, without their ends, that follow the text in columns.
    """

    tokens: list[str]
    fields: Mapping[str, Any] | None
    gap: tuple[str, ...] = ("",)


def read_text(source: BinaryIO, reading: Reading) -> Iterator[TextRead]:
    """Read one text a line.

    Args:
        source: bytes.
        reading: how.

    Returns:
        A text for each line; of a blank one without tokens.

    Raises:
        ValueError: if a line is not in the encoding; it names the line.
    """
    for _, line in _lines(source, reading.encoding):
        yield TextRead(list(reading.split(line)), {})


def read_tokens(source: BinaryIO, reading: Reading) -> Iterator[TextRead]:
    """Read one token a line, with a blank line after each text.

    Args:
        source: bytes.
        reading: how.

    Returns:
        The texts.

    Raises:
        ValueError: if a line has not so many columns; it names the line.
    """
    tokens: list[str] = []
    gap: list[str] = []
    for number, line in _lines(source, reading.encoding):
        if not line.strip(" \t") or line.startswith("-DOCSTART-"):
            gap.append("-DOCSTART-\tO" if line.strip(" \t") else "")
            continue
        if gap:
            yield TextRead(tokens, {} if tokens else None, tuple(gap))
            tokens, gap = [], []
        tokens.append(_field(line, reading, number))
    if tokens or gap:
        yield TextRead(tokens, {} if tokens else None, tuple(gap))


def read_objects(source: BinaryIO, reading: Reading) -> Iterator[TextRead]:
    """Read an object a line; blank lines are left out.

    Args:
        source: bytes.
        reading: how.

    Returns:
        The texts, with the other fields of their objects.

    Raises:
        ValueError: if a line is no such object; it names the line.
    """
    for number, line in _lines(source, reading.encoding):
        if line.strip(" \t"):
            record = _object(line, number)
            tokens = record.get("tokens")
            if tokens is None and isinstance(record.get("text"), str):
                tokens = list(reading.split(record["text"]))
            if not isinstance(tokens, list) or first_not_str(tokens):
                raise ValueError(
                    f'line {number}: expected "tokens", a list of strings, or "text", a string, '
                    f"got {preview(record)}"
                )
            yield TextRead(tokens, record)


Reader = Callable[..., Iterator[TextRead]]
READERS: dict[str, Reader] = {"text": read_text, "columns": read_tokens, "jsonl": read_objects}


def chunks(texts: Iterable[TextRead], size: int) -> Iterator[list[TextRead]]:
    """Gather texts that are tagged at a time.

    Args:
        texts: any number.
        size: so many, fewer if they are long.

    Returns:
        Lists of them.

    Example:
        >>> [len(chunk) for chunk in chunks([TextRead(["a"], {})] * 5, 2)]
        [2, 2, 1]
    """
    return in_pieces(texts, size, lambda text: len(text.tokens))


def _lines(source: BinaryIO, encoding: str) -> Iterator[tuple[int, str]]:
    """Yield lines with their numbers, without their ends and without a byte order mark."""
    _require_line_ends(encoding)
    for number, line in enumerate(source, start=1):
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"line {number}: expected {encoding.upper()}, got {error.reason}: give --encoding"
            ) from error
        plain = text.removeprefix("\ufeff") if number == 1 else text
        yield number, plain.removesuffix("\n").removesuffix("\r")


def _require_line_ends(encoding: str) -> None:
    try:
        ends = "\n".encode(encoding)
    except LookupError as error:
        raise ValueError(f"{error}: give another --encoding") from None
    if ends != b"\n":
        raise ValueError(f"expected an encoding whose lines end with one byte, got {encoding}")


def _field(line: str, reading: Reading, number: int) -> str:
    fields = fields_of(line, reading.separator)
    try:
        return fields[reading.column]
    except IndexError:
        raise ValueError(
            f"line {number}: expected a token in column {reading.column}, got {fields}: give "
            "--column"
        ) from None


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    # A deeply nested line exhausts the stack.
    except (ValueError, RecursionError) as error:
        raise ValueError(f"line {number}: expected a JSON object: {error}") from None
    if not isinstance(record, dict):
        raise ValueError(f"line {number}: expected a JSON object, got {preview(record)}")
    return record
