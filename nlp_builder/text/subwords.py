"""Word vectors that can be made for unseen words too, from the n-grams of their characters."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np

from nlp_builder.text.checks import preview
from nlp_builder.text.vector_files import read_subword_file
from nlp_builder.text.vector_ngrams import mean_of_rows, ngram_buckets
from nlp_builder.text.vectors import WordVectors, load_vectors


@final
class SubwordVectors:
    """Immutable vectors of words, and of n-grams from which those of unseen words are made.

    The model is that of fastText (Bojanowski et al., 2017, "Enriching Word Vectors with Subword
    Information"); numbers are those of gensim's `FastTextKeyedVectors`.

    Args:
        own: the words with rows of their own.
        ngrams: float32 of shape `(buckets, dimension)`, the rows into which n-grams are hashed;
            None for none.
        minn: the length of the shortest n-gram, in characters.
        maxn: the length of the longest, in characters; 0 for no n-grams.
        composed: whether the rows of `own` are vectors already. Where they are rows as fastText
            trains them, a word's vector is the mean of its row and of those of its n-grams.

    Raises:
        TypeError: `own` is no `WordVectors`, or `minn` or `maxn` is no whole number.
        ValueError: the n-grams have another dimension, or `minn` or `maxn` is below 0.

    Example:
        >>> own = WordVectors(["cat"], np.array([[1.0, 2.0]]))
        >>> vectors = SubwordVectors(own, np.array([[3.0, 5.0]], "float32"), minn=3, maxn=3)
        >>> "cat" in vectors, "cats" in vectors, vectors.can_make("cats")
        (True, False, True)
        >>> vectors.vectors_of(["cat", "cats"])
        array([[1., 2.],
               [3., 5.]], dtype=float32)
    """

    def __init__(
        self,
        own: WordVectors,
        ngrams: np.ndarray | None = None,
        *,
        minn: int = 0,
        maxn: int = 0,
        composed: bool = True,
    ) -> None:
        """Checks the n-grams against the words."""
        if not isinstance(own, WordVectors):
            raise TypeError(f"expected WordVectors, got {preview(own)} ({type(own).__name__})")
        self._own = own
        self._ngrams = _checked_ngrams(ngrams, own.dimension)
        self._minn, self._maxn = _length("minn", minn), _length("maxn", maxn)
        self._composed = composed

    @property
    def own(self) -> WordVectors:
        """The words with rows of their own."""
        return self._own

    @property
    def ngrams(self) -> np.ndarray:
        """The rows of n-grams: float32 of shape `(buckets, dimension)`, read only."""
        return self._ngrams

    @property
    def minn(self) -> int:
        """The length of the shortest n-gram, in characters."""
        return self._minn

    @property
    def maxn(self) -> int:
        """The length of the longest n-gram, in characters."""
        return self._maxn

    @property
    def composed(self) -> bool:
        """Whether the rows of `own` are vectors already."""
        return self._composed

    @property
    def words(self) -> tuple[str, ...]:
        """The words that have a vector of their own."""
        return self._own.words

    @property
    def dimension(self) -> int:
        """The number of values of a vector."""
        return self._own.dimension

    @property
    def has_ngrams(self) -> bool:
        """Whether vectors of unseen words can be made at all."""
        return bool(len(self._ngrams) and self._maxn and self._minn <= self._maxn)

    def __len__(self) -> int:
        """Returns the number of words that have a vector of their own."""
        return len(self._own)

    def __contains__(self, word: object) -> bool:
        """Tells whether a word has a vector of its own."""
        return word in self._own

    def __repr__(self) -> str:
        """Shows the sizes."""
        shown = f"of {self._minn} to {self._maxn} characters" if self.has_ngrams else "none"
        return f"SubwordVectors({len(self)} words, dimension {self.dimension}, n-grams: {shown})"

    def __copy__(self) -> SubwordVectors:
        """Returns itself, since it does not change."""
        return self

    def __deepcopy__(self, memo: Mapping[int, Any]) -> SubwordVectors:
        """Returns itself, since it does not change."""
        return self

    def can_make(self, word: str) -> bool:
        """Tells whether a word has a vector, of its own or from n-grams.

        Args:
            word: any string.

        Returns:
            False for an unseen word where there are no n-grams, or where it is too short for one.

        Example:
            >>> SubwordVectors(WordVectors(["a"], np.array([[1.0]]))).can_make("b")
            False
        """
        return word in self._own or bool(self._buckets(word))

    def vectors_of(self, words: Sequence[str]) -> np.ndarray:
        """Returns the vectors of words.

        Args:
            words: any strings.

        Returns:
            float32 of shape `(words, dimension)`, writeable. Zeros for an unseen word that is too
            short for an n-gram, as in gensim.

        Raises:
            KeyError: a word is unseen, and there are no n-grams.
            TypeError: `words` is a bare `str`.

        Example:
            >>> SubwordVectors(WordVectors(["a"], np.array([[1.0, 2.0]]))).vectors_of(["a", "a"])
            array([[1., 2.],
                   [1., 2.]], dtype=float32)
        """
        if isinstance(words, str):
            raise TypeError(f"expected a list of words, got the str {preview(words)}: wrap it")
        rows = list(map(self._own.index.get, words)) if self._composed else [None]
        if None not in rows:
            return self._own.matrix[np.asarray(rows, "intp")]
        # (words, dim)
        vectors = np.empty((len(words), self.dimension), dtype=np.float32)
        for place, word in enumerate(words):
            vectors[place] = self._vector_of(word)
        return vectors

    def _vector_of(self, word: str) -> np.ndarray:
        row = self._own.index.get(word)
        own = None if row is None else self._own.matrix[row]
        if own is not None and self._composed:
            return own
        if own is None and not self.has_ngrams:
            raise KeyError(
                f"expected words with vectors, got the unseen word {preview(word)}, and there are "
                "no n-grams: ask can_make(word) before"
            )
        return mean_of_rows(self._ngrams, self._buckets(word), own=own)

    def _buckets(self, word: str) -> list[int]:
        if not self.has_ngrams:
            return []
        return ngram_buckets(word, len(self._ngrams), self._minn, self._maxn)


def load_subword_vectors(source: Any) -> SubwordVectors:
    """Loads vectors with n-grams, or takes vectors without them.

    The matrix of a file is mapped from the disk, so that a large model costs no memory but for its
    words; a gzipped one is read into memory.

    Args:
        source: the path of a binary model of fastText (`.bin`); gensim's `FastText` or
            `FastTextKeyedVectors`; `SubwordVectors`, which are returned as they are; or gensim's
            `KeyedVectors` or `WordVectors`, which have no n-grams.

    Returns:
        The vectors.

    Raises:
        FileNotFoundError: there is no such file.
        TypeError: the source is of the wrong type.
        ValueError: the file is no model of fastText, or is damaged, quantised, or trained with
            labels.

    Example:
        >>> from gensim.test.utils import datapath
        >>> load_subword_vectors(datapath("crime-and-punishment.bin"))
        SubwordVectors(291 words, dimension 5, n-grams: of 3 to 6 characters)
    """
    if isinstance(source, SubwordVectors):
        return source
    if isinstance(source, (str, os.PathLike)):
        return _from_file(Path(source).expanduser())
    keyed = getattr(source, "wv", source)
    own = load_vectors(keyed)
    if not getattr(keyed, "bucket", 0):
        return SubwordVectors(own)
    return SubwordVectors(own, keyed.vectors_ngrams, minn=keyed.min_n, maxn=keyed.max_n)


def _from_file(path: Path) -> SubwordVectors:
    if not path.is_file():
        raise FileNotFoundError(
            f"expected a binary model of fastText (.bin), found no file at {path}"
        )
    model = read_subword_file(path)
    num_words = len(model.words)
    return SubwordVectors(
        WordVectors(model.words, model.matrix[:num_words]),
        model.matrix[num_words:],
        minn=model.minn,
        maxn=model.maxn,
        composed=False,
    )


def _checked_ngrams(ngrams: np.ndarray | None, dimension: int) -> np.ndarray:
    if ngrams is None:
        return np.zeros((0, dimension), dtype=np.float32)
    # A plain view also of a memmap, each row of which would cost more.
    rows = np.asarray(ngrams, dtype=np.float32).view()
    if rows.ndim != 2 or rows.shape[1] != dimension:
        raise ValueError(
            f"expected n-grams of shape (buckets, {dimension}), as the words have, got {rows.shape}"
        )
    rows.flags.writeable = False
    return rows


def _length(name: str, value: Any) -> int:
    expected = f"expected {name} to be a whole number of at least 0, got {preview(value)}"
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{expected} ({type(value).__name__})")
    if value < 0:
        raise ValueError(expected)
    return int(value)
