"""Streams of texts of any number, some at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

_T = TypeVar("_T")
_MOST_TOKENS = 100_000


def in_pieces(
    texts: Iterable[_T], size: int, count: Callable[[Any], int] = len
) -> Iterator[list[_T]]:
    """Gathers texts that are read at a time.

    Args:
        texts: any number.
        size: so many, fewer if they are long: a piece ends where it has 100,000 tokens.
        count: returns the tokens of a text.

    Yields:
        Lists of them.

    Example:
        >>> [len(piece) for piece in in_pieces([["a"]] * 5, 2)]
        [2, 2, 1]
    """
    piece: list[_T] = []
    num_tokens = 0
    for text in texts:
        piece.append(text)
        num_tokens += count(text)
        if len(piece) == size or num_tokens >= _MOST_TOKENS:
            yield piece
            piece, num_tokens = [], 0
    if piece:
        yield piece
