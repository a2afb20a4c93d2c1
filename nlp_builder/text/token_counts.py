"""Counting tokens, and freezing the counts into a vocabulary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, final

import numpy as np

from nlp_builder.text.checks import not_tokens, positive_int, preview, require_str
from nlp_builder.text.vocabulary import Vocabulary


@final
class TokenCounts:
    """How often each token occurs in a stream of tokens.

    Args:
        tokens: the first tokens to count.

    Raises:
        TypeError: as `update`.

    Example:
        >>> counts = TokenCounts(["b", "a", "b"])
        >>> counts.update(["c"])
        >>> counts.freeze(max_size=2).tokens
        ('b', 'a')
    """

    def __init__(self, tokens: Iterable[str] = ()) -> None:
        """Counts the first tokens."""
        self._counts: Counter[str] = Counter()
        self.update(tokens)

    def update(self, tokens: Iterable[str]) -> None:
        """Counts more tokens; nothing is counted if one of them is wrong.

        Args:
            tokens: the tokens, from one text or from many chained; a generator is read once.

        Raises:
            TypeError: `tokens` is a `str` or not iterable, or holds something but `str`.

        Example:
            >>> counts = TokenCounts()
            >>> counts.update(token for text in [["a"], ["a", "b"]] for token in text)
            >>> counts.total
            3
        """
        self._counts.update(_counted(tokens))

    def merge(self, other: TokenCounts) -> TokenCounts:
        """Adds two counts; the order and the grouping of several merges do not matter.

        Args:
            other: counts of another part of the corpus.

        Returns:
            New counts; both parts stay as they are.

        Raises:
            TypeError: `other` is not a `TokenCounts`.

        Example:
            >>> TokenCounts(["a"]).merge(TokenCounts(["a", "b"])).total
            3
        """
        merged = TokenCounts()
        merged.add(self)
        merged.add(other)
        return merged

    def add(self, other: TokenCounts) -> None:
        """Adds other counts to these, in place.

        Args:
            other: counts of another part of the corpus; they stay as they are.

        Raises:
            TypeError: `other` is not a `TokenCounts`.

        Example:
            >>> counts = TokenCounts(["a"])
            >>> counts.add(TokenCounts(["a", "b"]))
            >>> counts.total
            3
        """
        if not isinstance(other, TokenCounts):
            raise TypeError(f"expected TokenCounts to merge, got {type(other).__name__}")
        self._counts.update(other._counts)

    def __len__(self) -> int:
        """Returns the number of distinct tokens."""
        return len(self._counts)

    def __getitem__(self, token: str) -> int:
        """Returns how often a token was counted, 0 for an unseen one."""
        return self._counts[token]

    def __iter__(self) -> Iterator[str]:
        """Iterates over the distinct tokens, in the order in which they were first seen."""
        return iter(self._counts)

    def __eq__(self, other: object) -> bool:
        """Two counts are equal where each token has the same count."""
        return isinstance(other, TokenCounts) and self._counts == other._counts

    __hash__ = None  # type: ignore[assignment]  # mutable, so it must not be a key

    def __repr__(self) -> str:
        """Shows the sizes."""
        return f"TokenCounts({len(self)} distinct, {self.total} in total)"

    @property
    def total(self) -> int:
        """The number of tokens counted."""
        return self._counts.total()

    def freeze(
        self,
        *,
        min_frequency: int = 1,
        max_size: int | None = None,
        min_freq_percentile: float | None = None,
    ) -> Vocabulary:
        """Chooses the tokens that are kept, in an order that depends on the counts alone.

        The order is by falling frequency, and by code points among tokens of one frequency. All
        limits given apply together.

        Args:
            min_frequency: tokens seen less often are left out.
            max_size: the largest number of tokens kept, None for no limit.
            min_freq_percentile: from 0 to 100; tokens below this percentile of the frequencies of
                the distinct tokens are left out (as in GiaNLP, 2021). Where most tokens are seen
                once, a small percentile is 1 and leaves nothing out.

        Returns:
            The vocabulary, empty for empty counts.

        Raises:
            TypeError: a limit is not a number of the right kind.
            ValueError: a limit is out of its range.

        Example:
            >>> TokenCounts("a b a c c d".split()).freeze(min_frequency=2).tokens
            ('a', 'c')
        """
        smallest = max(
            positive_int("min_frequency", min_frequency), self._percentile(min_freq_percentile)
        )
        limit = None if max_size is None else positive_int("max_size", max_size)
        kept = [item for item in self._counts.items() if item[1] >= smallest]
        kept.sort(key=lambda item: (-item[1], item[0]))
        return Vocabulary(token for token, _ in kept[:limit])

    def _percentile(self, percentile: float | None) -> float:
        if percentile is None:
            return 0.0
        expected = "expected min_freq_percentile to be a number from 0 to 100 or None"
        if isinstance(percentile, bool) or not isinstance(percentile, (int, float, np.number)):
            raise TypeError(f"{expected}, got {preview(percentile)} ({type(percentile).__name__})")
        if not 0 <= percentile <= 100:
            raise ValueError(f"{expected}, got {percentile}")
        return float(np.percentile(list(self._counts.values()) or [0], percentile))


def _counted(tokens: Any) -> Counter[str]:
    if isinstance(tokens, str) or not isinstance(tokens, Iterable):
        raise TypeError(not_tokens(tokens))
    try:
        counts = Counter(tokens)
    except TypeError as error:
        if "unhashable" not in str(error):
            raise  # a tokenizer's own
        raise TypeError(
            f"expected tokens of type str, got something unhashable ({error}): "
            "count the tokens of one text at a time"
        ) from error
    require_str(counts)
    return counts
