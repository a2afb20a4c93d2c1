"""Long texts as overlapping windows, and what was found in them put together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from typing import Any, final

import numpy as np

from nlp_builder.text.checks import positive_int


@final
@dataclass(frozen=True)
class Windows:
    """Texts as pieces of limited length; `windows_of` makes them.

    Args:
        pieces: the pieces of all texts, in the order of the texts and of the places in them. A text
            that is short enough is one piece, and is not copied.
        starts: for each text the places of its first tokens, one for each of its pieces.

    Example:
        >>> windows = windows_of([["a", "b", "c"], ["d"]], 2)
        >>> windows.pieces
        [['a', 'b'], ['b', 'c'], ['d']]
        >>> windows.joined([["A", "B"], ["B", "C"], ["D"]])
        [['A', 'B', 'C'], ['D']]
    """

    pieces: list[Sequence[Any]]
    starts: list[tuple[int, ...]]

    def joined(self, results: Sequence[Any]) -> list[Any]:
        """Puts together what was found for the pieces.

        The result of a token comes from the piece in which it stands farthest from where the text
        was cut: the middle of two pieces' overlap parts them.

        Args:
            results: for each piece a list or a tuple with an entry, or a NumPy array with a row,
                `(words, ...)`, for each token.

        Returns:
            One of the same kind for each text, as long as the text.

        Raises:
            ValueError: there are not as many results as pieces, or one is not as long as its piece.
        """
        self._require_lengths(results)
        rest = iter(results)
        return [joined_pieces(starts, list(islice(rest, len(starts)))) for starts in self.starts]

    def _require_lengths(self, results: Sequence[Any]) -> None:
        if len(results) != len(self.pieces):
            raise ValueError(
                f"expected a result for each of {len(self.pieces)} pieces, got {len(results)}"
            )
        for number, (piece, result) in enumerate(zip(self.pieces, results, strict=True)):
            if len(piece) != len(result):
                raise ValueError(
                    f"expected a result for each of the {len(piece)} tokens of piece {number}, "
                    f"got {len(result)}: hand in one entry for each token, without padding"
                )


def windows_of(
    texts: Sequence[Sequence[Any]], maxlen: int | None, overlap: int | None = None
) -> Windows:
    """Cuts long texts into windows that overlap, so that each token has neighbours.

    Args:
        texts: the tokens of each text, or anything else with one entry for each token.
        maxlen: the most tokens of a piece; None leaves every text whole.
        overlap: how many tokens a window shares with the next; the last one, which is as long as
            the others, shares more. None for a quarter of `maxlen`, rounded down.

    Returns:
        The windows. A text without tokens is one empty piece.

    Raises:
        TypeError: `maxlen` is no whole number, or a text is a bare `str`.
        ValueError: `maxlen` is below 1, or `overlap` is not between 0 and `maxlen - 1`.

    Example:
        >>> windows_of([list("abcdef")], 4, overlap=1).pieces
        [['a', 'b', 'c', 'd'], ['c', 'd', 'e', 'f']]
    """
    for number, text in enumerate(texts):
        if isinstance(text, str):
            raise TypeError(f"expected a list of tokens for each text, got a str for text {number}")
    if maxlen is None:
        return Windows(list(texts), [(0,)] * len(texts))
    maxlen = positive_int("maxlen", maxlen)
    overlap = maxlen // 4 if overlap is None else overlap
    if not 0 <= overlap < maxlen:
        raise ValueError(f"expected overlap from 0 to maxlen - 1 = {maxlen - 1}, got {overlap!r}")
    starts = [_starts(len(text), maxlen, overlap) for text in texts]
    cut = (_pieces(text, places, maxlen) for text, places in zip(texts, starts, strict=True))
    return Windows(list(chain.from_iterable(cut)), starts)


def _starts(length: int, maxlen: int, overlap: int) -> tuple[int, ...]:
    last = max(length - maxlen, 0)
    return (*range(0, last, maxlen - overlap), last)


def _pieces(text: Sequence[Any], starts: tuple[int, ...], maxlen: int) -> Iterator[Sequence[Any]]:
    if len(starts) == 1:
        return iter((text,))
    return (text[start : start + maxlen] for start in starts)


def joined_pieces(starts: tuple[int, ...], results: list[Any]) -> Any:
    """Puts together what was found for the pieces of one text.

    Args:
        starts: the places of the first tokens of the pieces.
        results: for each piece an entry or a row for each token.

    Returns:
        One of the same kind, as long as the text.
    """
    if len(results) == 1:
        return results[0]
    ends = [start + len(result) for start, result in zip(starts, results, strict=True)]
    # Where each piece begins to count: in the middle of what it shares with the one before.
    middles = [(end + start) // 2 for end, start in zip(ends, starts[1:], strict=False)]
    borders = pairwise([0, *middles, ends[-1]])
    parts = [
        result[begin - start : stop - start]
        for result, start, (begin, stop) in zip(results, starts, borders, strict=True)
    ]
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    tokens = chain.from_iterable(parts)
    return tuple(tokens) if isinstance(parts[0], tuple) else list(tokens)
