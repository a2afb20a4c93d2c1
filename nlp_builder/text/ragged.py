"""Rows of different lengths: cut, chained, and put into one padded array."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, final

import numpy as np

from nlp_builder.text.checks import positive_int, preview


def pad_ids(
    rows: Sequence[np.ndarray | Sequence[int]], *, maxlen: int | None = None, value: int = 0
) -> np.ndarray:
    """Puts rows of different lengths into one array, cut and padded at the end.

    Args:
        rows: one sequence of ids for each text.
        maxlen: the width of the result; None for the longest row, and at least 1.
        value: what stands after the end of a row.

    Returns:
        int32 of shape `(rows, maxlen)`.

    Raises:
        TypeError: `maxlen` or an id is not a whole number.
        ValueError: `maxlen` is below 1.

    Example:
        >>> pad_ids([[5, 6], [7]])
        array([[5, 6],
               [7, 0]], dtype=int32)
    """
    if isinstance(rows, str) or any(issubclass(kind, str) for kind in set(map(type, rows))):
        raise TypeError(_A_STR)
    limit = limit_of(maxlen)
    flat = [require_ints(np.asarray(row))[:limit] for row in rows if len(row)]
    lengths = lengths_of(rows, limit)
    ids = np.concatenate(flat) if flat else np.zeros(0, dtype=np.int32)
    return scatter(ids, lengths, limit or longest(lengths), value)


@final
class TokenStream:
    """The tokens of texts, cut at a limit, one after the other, so that no text has to be kept.

    Args:
        texts: the tokens of each text, in any iterable, which is read once.
        limit: the number of tokens of a text; None for all of them.

    Raises:
        TypeError: `texts` is a bare `str`; or, once its turn comes, a text is one.

    Example:
        >>> stream = TokenStream([["a", "b"], ["c"]], None)
        >>> list(stream), stream.lengths.tolist(), stream.width
        (['a', 'b', 'c'], [2, 1], 2)
    """

    def __init__(self, texts: Iterable[Sequence[str]], limit: int | None) -> None:
        """Reads nothing yet."""
        if isinstance(texts, str):
            raise TypeError(_A_STR)
        self._texts = texts
        self._limit = limit
        self._lengths: list[int] = []

    def __iter__(self) -> Iterator[str]:
        """Iterates over the tokens of all texts."""
        self._lengths.clear()
        return chain.from_iterable(self._cut())

    def _cut(self) -> Iterator[Sequence[str]]:
        limit, add_length = self._limit, self._lengths.append
        for text in self._texts:
            if isinstance(text, str):
                raise TypeError(_A_STR)
            length = len(text)
            if limit is not None and length > limit:
                text, length = text[:limit], limit
            add_length(length)
            yield text

    @property
    def lengths(self) -> np.ndarray:
        """The number of tokens of each text that was read, `(texts,)`."""
        return np.array(self._lengths, dtype=np.intp)

    @property
    def width(self) -> int:
        """The number of tokens of a text when it is padded, at least 1."""
        return self._limit or max(self._lengths, default=1) or 1


def limit_of(maxlen: int | None, name: str = "maxlen") -> int | None:
    """Checks the greatest length of a row.

    Args:
        maxlen: the length; None for that of the longest row.
        name: of the argument, for the message.

    Returns:
        The length.

    Raises:
        TypeError: it is not a whole number.
        ValueError: it is below 1.

    Example:
        >>> limit_of(3), limit_of(None)
        (3, None)
    """
    return None if maxlen is None else positive_int(name, maxlen)


def lengths_of(rows: Sequence[Any], limit: int | None) -> np.ndarray:
    """Counts the items of each row.

    Args:
        rows: things that have a length.
        limit: the greatest length that counts; None for no limit.

    Returns:
        Of shape `(rows,)`.

    Example:
        >>> lengths_of(["abc", "d"], 2).tolist()
        [2, 1]
    """
    lengths = np.fromiter(map(len, rows), dtype=np.intp, count=len(rows))
    return lengths if limit is None else np.minimum(lengths, limit)


def longest(lengths: np.ndarray) -> int:
    """Returns the width of padded rows.

    Args:
        lengths: of shape `(rows,)`.

    Returns:
        The greatest length, at least 1.

    Example:
        >>> longest(np.array([2, 3])), longest(np.array([0]))
        (3, 1)
    """
    return int(lengths.max(initial=1))


def places(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Returns where each item of chained rows belongs.

    Args:
        starts: where the first item of each row belongs, `(rows,)`.
        lengths: the number of items of each row, `(rows,)`.

    Returns:
        Of shape `(items,)`.

    Example:
        >>> places(np.array([0, 10]), np.array([2, 3])).tolist()
        [0, 1, 10, 11, 12]
    """
    ends = np.cumsum(lengths)
    shifts = starts - (ends - lengths)
    return np.arange(int(lengths.sum())) + np.repeat(shifts, lengths)


def places_in_rows(lengths: np.ndarray, width: int) -> np.ndarray:
    """Returns where each item of chained rows stands in the flattened padded array.

    Args:
        lengths: the number of items of each row, `(rows,)`.
        width: of the padded rows.

    Returns:
        Of shape `(items,)`.

    Example:
        >>> places_in_rows(np.array([2, 1]), 3).tolist()
        [0, 1, 3]
    """
    return places(np.arange(len(lengths)) * width, lengths)


def scatter(flat: np.ndarray, lengths: np.ndarray, width: int, value: int) -> np.ndarray:
    """Puts chained rows below one another.

    Args:
        flat: the items of all rows, `(items,)`.
        lengths: the number of items of each row, `(rows,)`.
        width: of the padded rows.
        value: what stands after the end of a row.

    Returns:
        int32 of shape `(rows, width)`.

    Example:
        >>> scatter(np.array([5, 6, 7]), np.array([2, 1]), 2, 0).tolist()
        [[5, 6], [7, 0]]
    """
    # (rows * width,)
    result = np.full(len(lengths) * width, value, dtype=np.int32)
    result[places_in_rows(lengths, width)] = flat
    return result.reshape(len(lengths), width)


def require_ints(numbers: np.ndarray) -> np.ndarray:
    """Refuses what is no array of whole numbers.

    Args:
        numbers: an array of any shape.

    Returns:
        The array.

    Raises:
        TypeError: it holds something else.

    Example:
        >>> require_ints(np.array([1, 2])).tolist()
        [1, 2]
    """
    if numbers.dtype.kind not in "iub":
        raise TypeError(f"expected rows of whole numbers, got {preview(numbers)} ({numbers.dtype})")
    return numbers


_A_STR = (
    "expected a list of token lists, got a str in place of a list: "
    "tokenize the texts first, or wrap a token list in a list"
)
