"""Reading the text formats of GloVe, word2vec and fastText."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator
from itertools import chain, islice
from typing import BinaryIO, NamedTuple, NoReturn

import numpy as np

from nlp_builder.text.checks import preview
from nlp_builder.text.vector_formats import Header

_BLOCK = 4096
_LINES_TO_GUESS_FROM = 100
_NUMBER = re.compile(rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LARGEST = float(np.finfo(np.float32).max)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _Row(NamedTuple):
    """One line of a file, parted."""

    line: int
    word: str
    numbers: bytes


def read_text(
    file: BinaryIO, header: Header | None, place: str, keep: Container[str] | None
) -> tuple[list[str], np.ndarray]:
    """Reads lines of a word and its numbers, with or without a header.

    The dimension is that of the header, else that of most of the first 100 lines. All before the
    last `dimension` fields is the word, since words of GloVe 840B contain spaces. Lines end at
    "\\n" alone, since words also contain other separators, such as "\\x85".

    Args:
        file: the file at its beginning.
        header: its header, read before, or None.
        place: the file's name, for messages.
        keep: the only words to read, None for all.

    Returns:
        The words, and their vectors: float32 of shape `(words, dimension)`.

    Raises:
        ValueError: a line has another dimension, is not UTF-8, or has a field that is no finite
            number; or there are not as many lines as the header says. The message names the line.

    Example:
        >>> import io
        >>> read_text(io.BytesIO(b"a 1 2\\n. . 3 4\\nb 5 6\\n"), None, "doc", None)[0]
        ['a', '. .', 'b']
    """
    lines = _numbered(file)
    if header is not None:
        next(lines)
    first = list(islice(lines, _LINES_TO_GUESS_FROM))
    dimension = header.dimension if header else _guess_dimension(first, place)
    words: list[str] = []
    matrix = bytearray()
    count = 0
    lines = chain(first, lines)
    while block := list(islice(lines, _BLOCK)):
        count += len(block)
        rows = [_part(line, number, dimension, place) for number, line in block]
        kept = rows if keep is None else [row for row in rows if row.word in keep]
        words += [row.word for row in kept]
        matrix += _parse(kept, dimension, place).tobytes()
    if header is not None and count != header.num_words:
        raise ValueError(
            f"{place}: expected {header.num_words} vectors by its header, got {count}: "
            "fetch the file again, or correct the header"
        )
    return words, np.frombuffer(matrix, dtype=np.float32).reshape(-1, dimension)


def _numbered(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yields the lines that are not blank, numbered from 1."""
    for number, raw in enumerate(file, start=1):
        line = raw.removeprefix(_BYTE_ORDER_MARK) if number == 1 else raw
        line = line.rstrip(b" \t\r\n")
        if line:
            yield number, line


def _guess_dimension(lines: list[tuple[int, bytes]], place: str) -> int:
    fields = [line.split() for _, line in lines]
    sizes = Counter(len(own) - 1 for own in fields)
    most = max(sizes.values(), default=0)
    # Spaces in words only add fields: of equally frequent sizes the smallest is right, unless the
    # word of a longer line would then end in a number.
    likely = sorted(size for size, count in sizes.items() if count == most)
    longest = max(fields, key=len)
    dimension = next((size for size in likely if not _cuts_numbers(longest, size)), likely[-1])
    if dimension < 1:
        raise ValueError(
            f"{place}, line {lines[0][0]}: expected a word and its numbers, got "
            f"{preview(lines[0][1].decode('utf-8', 'replace'))}"
        )
    return dimension


def _cuts_numbers(fields: list[bytes], dimension: int) -> bool:
    """Tells whether the word of a line would end in a number."""
    rest = fields[1 : len(fields) - dimension]
    return bool(rest) and _NUMBER.fullmatch(rest[-1]) is not None


def _part(line: bytes, number: int, dimension: int, place: str) -> _Row:
    raw, _, numbers = line.partition(b" ")
    if numbers.count(b" ") != dimension - 1:
        raw, numbers = _part_unusual(line, number, dimension, place)
    try:
        return _Row(number, raw.decode("utf-8"), numbers)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{place}, line {number}: expected UTF-8, got the word {raw[:40]!r} ({error.reason}): "
            "convert the file, or leave the line out"
        ) from error


def _part_unusual(line: bytes, number: int, dimension: int, place: str) -> tuple[bytes, bytes]:
    """Parts a line with spaces in the word, with tabs, or with several spaces in a row."""
    fields = line.rsplit(None, dimension)
    word = fields[0]
    # Words of real files that contain spaces do not end in a number.
    extra = word.split(b" ")[1:]
    if len(fields) != dimension + 1 or (extra and _NUMBER.fullmatch(extra[-1])):
        first, *others = line.split()
        raise ValueError(
            f"{place}, line {number}: expected a word and {_numbers(dimension)}, got "
            f"{_numbers(len(others))} after {preview(first.decode('utf-8', 'replace'))}"
        )
    return word, b" ".join(fields[1:])


def _numbers(count: int) -> str:
    return f"{count} number{'' if count == 1 else 's'}"


def _parse(rows: list[_Row], dimension: int, place: str) -> np.ndarray:
    """Parses a block at once; only where this fails is the line looked for."""
    text = b" ".join(row.numbers for row in rows)
    try:
        values = np.fromstring(text, dtype=np.float32, sep=" ")
    except (ValueError, DeprecationWarning):
        _blame(rows, place)
    if len(values) != len(rows) * dimension or not np.isfinite(values).all():
        _blame(rows, place)
    return values


def _blame(rows: list[_Row], place: str) -> NoReturn:
    for row in rows:
        for field in row.numbers.split():
            if not _NUMBER.fullmatch(field) or abs(float(field)) > _LARGEST:
                raise ValueError(
                    f"{place}, line {row.line}: expected finite numbers after the word "
                    f"{preview(row.word)}, got {preview(field.decode('utf-8', 'replace'))}"
                )
    raise ValueError(f"{place}: expected numbers in lines {rows[0].line} to {rows[-1].line}")
