"""Telling the formats of word vectors apart by the first bytes of a file."""

from __future__ import annotations

import re
from typing import NamedTuple

# Some editors put a byte order mark first.
_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?\s*([0-9]+)[ \t]+([0-9]+)[ \t]*\r?\n")
_NUMBER_BYTES = b"0123456789+-.eE \t\r"


class Header(NamedTuple):
    """The first line of word2vec's formats: the number of words and their dimension."""

    num_words: int
    dimension: int


def find_header(start: bytes) -> Header | None:
    """Reads the header of word2vec's formats.

    Args:
        start: the first bytes of a file.

    Returns:
        The header, or None where the first line is not two whole numbers.

    Example:
        >>> find_header(b"3 2\\na 0.1 0.2\\n"), find_header(b"a 0.1 0.2\\n")
        (Header(num_words=3, dimension=2), None)
    """
    match = _HEADER.match(start)
    # A GloVe file of dimension 1 may begin with a number; no header has a dimension of 0.
    if match is None or int(match[2]) == 0:
        return None
    return Header(int(match[1]), int(match[2]))


def looks_like_text(start: bytes) -> bool:
    """Tells word2vec's text from its binary format.

    Args:
        start: the first bytes of a file with a header.

    Returns:
        True where most bytes after the first word are those of decimal numbers. Of the bytes of
        float32 about one in fourteen is.

    Example:
        >>> looks_like_text(b"1 2\\na 0.1 0.2\\n"), looks_like_text(b"1 1\\na \\xcd\\xcc\\xcc\\x3d")
        (True, False)
    """
    _, _, rest = start.partition(b"\n")
    first = rest.partition(b"\n")[0] or rest
    _, _, numbers = first[:4096].partition(b" ")
    kept = len(numbers) - len(numbers.translate(None, _NUMBER_BYTES))
    return kept * 2 >= len(numbers)
