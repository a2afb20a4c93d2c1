"""Counting tokens and freezing the counts into a vocabulary: tokens to ids and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from types import MappingProxyType
from typing import Any, final

import numpy as np

from nlp_builder.text.checks import first_not_str, positive_int, preview

PADDING_ID = 0
"""The id of a place after the end of a text."""
UNKNOWN_ID = 1
"""The id of a token that the vocabulary does not hold."""
FIRST_ID = 2
"""The id of the first token of the vocabulary."""


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
        raise TypeError(_not_tokens(tokens))
    try:
        counts = Counter(tokens)
    except TypeError as error:
        raise TypeError(
            f"expected tokens of type str, got something unhashable ({error}): "
            "count the tokens of one text at a time"
        ) from error
    _require_str(counts)
    return counts


def _require_str(tokens: Iterable[Any]) -> None:
    wrong = first_not_str(tokens)
    if wrong:
        raise TypeError(
            f"expected tokens of type str, got {preview(wrong[1])} ({type(wrong[1]).__name__})"
        )


def _not_tokens(tokens: Any) -> str:
    return (
        f"expected a list of tokens, got {preview(tokens)} ({type(tokens).__name__}): "
        "wrap it in a list, or pass list(text) to take its characters"
    )


@final
class Vocabulary:
    """An immutable list of known tokens; a token's id is its place plus `FIRST_ID`.

    Id 0 is padding and id 1 stands for every unknown token, so an embedding of the vocabulary has
    `len(vocabulary)` rows.

    Args:
        tokens: the known tokens, each once; their order gives the ids.

    Raises:
        TypeError: `tokens` is a `str`, is not iterable, or holds something but `str`.
        ValueError: a token comes twice.

    Example:
        >>> vocabulary = Vocabulary(["the", "cat"])
        >>> vocabulary.ids(["the", "dog"]).tolist(), len(vocabulary)
        ([2, 1], 4)
    """

    __slots__ = ("_index", "_tokens")

    def __init__(self, tokens: Iterable[str]) -> None:
        """Numbers the tokens."""
        if isinstance(tokens, str) or not isinstance(tokens, Iterable):
            raise TypeError(_not_tokens(tokens))
        given = list(tokens)
        _require_str(given)
        # str() turns a subclass, such as numpy.str_, into a plain str.
        self._tokens: tuple[str, ...] = tuple(map(str, given))
        self._index = {token: i for i, token in enumerate(self._tokens, start=FIRST_ID)}
        if len(self._index) != len(self._tokens):
            twice, _ = Counter(self._tokens).most_common(1)[0]
            raise ValueError(f"expected each token once, got {preview(twice)} more than once")

    @property
    def tokens(self) -> tuple[str, ...]:
        """The known tokens in the order of their ids."""
        return self._tokens

    @property
    def index(self) -> Mapping[str, int]:
        """The id of each known token, read only."""
        return MappingProxyType(self._index)

    def __len__(self) -> int:
        """Returns the number of ids: the known tokens, padding and unknown."""
        return len(self._tokens) + FIRST_ID

    def __contains__(self, token: object) -> bool:
        """Tells whether a token is known."""
        return token in self._index

    def __eq__(self, other: object) -> bool:
        """Two vocabularies are equal where they give each token the same id."""
        return isinstance(other, Vocabulary) and self._tokens == other._tokens

    def __hash__(self) -> int:
        """Equal vocabularies have equal hashes."""
        return hash(self._tokens)

    def __repr__(self) -> str:
        """Shows the number of known tokens and the first of them."""
        return f"Vocabulary({len(self._tokens)} tokens: {preview(list(self._tokens[:8]))})"

    def id_of(self, token: str) -> int:
        """Returns the id of one token.

        Args:
            token: any token.

        Returns:
            Its id, `UNKNOWN_ID` where it is not known.

        Example:
            >>> Vocabulary(["a"]).id_of("b")
            1
        """
        return self._index.get(token, UNKNOWN_ID)

    def ids(self, tokens: Iterable[str]) -> np.ndarray:
        """Returns the ids of the tokens of one text.

        Args:
            tokens: the tokens.

        Returns:
            int32 of shape `(tokens,)`.

        Raises:
            TypeError: `tokens` is a bare `str`.

        Example:
            >>> Vocabulary(["a"]).ids(["b", "a"])
            array([1, 2], dtype=int32)
        """
        if isinstance(tokens, str):
            raise TypeError(_not_tokens(tokens))
        return np.fromiter(map(self._index.get, tokens, repeat(UNKNOWN_ID)), dtype=np.int32)

    def tokens_of(self, ids: Iterable[int], *, unknown: str = "<unknown>") -> list[str]:
        """Returns the tokens of the ids of one text; padding is left out.

        Args:
            ids: ids of shape `(words,)`.
            unknown: what stands for `UNKNOWN_ID`.

        Returns:
            The tokens, one for each id that is not padding.

        Raises:
            ValueError: an id is not between 0 and `len(self) - 1`.

        Example:
            >>> Vocabulary(["a"]).tokens_of([2, 1, 0, 0])
            ['a', '<unknown>']
        """
        names = [unknown, *self._tokens]
        numbers = [int(i) for i in ids]
        for number in numbers:
            if not 0 <= number < len(self):
                raise ValueError(f"expected ids from 0 to {len(self) - 1}, got {number}")
        return [names[number - UNKNOWN_ID] for number in numbers if number != PADDING_ID]

    def known_fraction(self, tokens: Iterable[str]) -> float:
        """Returns the share of running tokens that are known.

        Args:
            tokens: the tokens of one or more texts.

        Returns:
            From 0 to 1; 1 where there are no tokens.

        Raises:
            TypeError: `tokens` is a bare `str`.

        Example:
            >>> Vocabulary(["a"]).known_fraction(["a", "b", "a", "c"])
            0.5
        """
        ids = self.ids(tokens)
        return float(np.mean(ids != UNKNOWN_ID)) if ids.size else 1.0
