"""Known tokens: tokens to ids and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import count, repeat
from types import MappingProxyType
from typing import final

import numpy as np

from nlp_builder.text.checks import not_tokens, plain, preview, require_str

PADDING_ID = 0
"""The id of a place after the end of a text."""
UNKNOWN_ID = 1
"""The id of a token that the vocabulary does not hold."""
FIRST_ID = 2
"""The id of the first token of the vocabulary."""


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

    __slots__ = ("_by_code_point", "_table", "_tokens")

    def __init__(self, tokens: Iterable[str]) -> None:
        """Numbers the tokens."""
        if isinstance(tokens, str) or not isinstance(tokens, Iterable):
            raise TypeError(not_tokens(tokens))
        given = list(tokens)
        require_str(given)
        self._tokens: tuple[str, ...] = tuple(map(plain, given))
        self._table: dict[str, int] | None = self._numbered()
        # Made when it is first asked for: few vocabularies are alphabets.
        self._by_code_point: np.ndarray | None = None

    @classmethod
    def of_distinct(cls, tokens: Sequence[str]) -> Vocabulary:
        """Makes a vocabulary of tokens that were checked, as those of a file, in no time.

        Their ids are made when one is first asked for.

        Args:
            tokens: the known tokens, each once, all of the class `str` itself.

        Returns:
            What `Vocabulary(tokens)` is. Where a token comes twice all the same, the first use is
            the `ValueError`.

        Example:
            >>> Vocabulary.of_distinct(["the", "cat"]) == Vocabulary(["the", "cat"])
            True
        """
        vocabulary = cls(())
        vocabulary._tokens, vocabulary._table = tuple(tokens), None
        return vocabulary

    def _numbered(self) -> dict[str, int]:
        index = dict(zip(self._tokens, count(FIRST_ID), strict=False))
        if len(index) != len(self._tokens):
            twice, _ = Counter(self._tokens).most_common(1)[0]
            raise ValueError(f"expected each token once, got {preview(twice)} more than once")
        return index

    @property
    def _index(self) -> dict[str, int]:
        if self._table is None:
            self._table = self._numbered()
        return self._table

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
            raise TypeError(not_tokens(tokens))
        return np.fromiter(map(self._index.get, tokens, repeat(UNKNOWN_ID)), dtype=np.int32)

    def character_ids(self, text: str) -> np.ndarray:
        """Returns the ids of the characters of a text; tokens of several characters never match.

        Args:
            text: any string, lone surrogates included.

        Returns:
            int32 of shape `(characters,)`.

        Example:
            >>> Vocabulary(["a", "bc"]).character_ids("cab")
            array([1, 2, 1], dtype=int32)
        """
        # surrogatepass keeps one code point for each character of any str.
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        if self._by_code_point is None:
            self._by_code_point = self._ids_by_code_point()
        return self._by_code_point[np.minimum(codes, len(self._by_code_point) - 1)]

    def _ids_by_code_point(self) -> np.ndarray:
        known = {ord(token): i for token, i in self._index.items() if len(token) == 1}
        # One place beyond the highest known code point stands for all higher ones.
        table = np.full(max(known, default=0) + 2, UNKNOWN_ID, dtype=np.int32)
        table[list(known)] = list(known.values())
        return table

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
