"""Vectors of words from those of their n-grams."""

from __future__ import annotations

from collections.abc import Container, Sequence

import numpy as np

from nlp_builder.text.vector_fasttext import FastTextModel


def ngram_buckets(word: str, num_buckets: int, minn: int, maxn: int) -> list[int]:
    """Returns the buckets of a word's n-grams, by gensim's hash, which is fastText's.

    Args:
        word: any string; lone surrogates are written with backslashes.
        num_buckets: the number of buckets.
        minn: the length of the shortest n-gram, in characters.
        maxn: the length of the longest.

    Returns:
        A bucket for each n-gram of the word between angle brackets; none where it is too short.

    Example:
        >>> len(ngram_buckets("cat", 100, 3, 4)), ngram_buckets("a", 100, 4, 6)
        (5, [])
    """
    # Imported here because it takes a second, and only this format needs it.
    from gensim.models.fasttext import ft_ngram_hashes

    if not num_buckets or not maxn:
        return []
    encodable = word.encode("utf-8", "backslashreplace").decode("utf-8")
    return ft_ngram_hashes(encodable, minn, maxn, num_buckets)


def mean_of_rows(
    ngrams: np.ndarray, buckets: Sequence[int], *, own: np.ndarray | None = None
) -> np.ndarray:
    """Returns a word's vector: the mean of the rows of its n-grams and of its own.

    Args:
        ngrams: the rows of all buckets, of shape `(buckets, dimension)`.
        buckets: those of the word.
        own: the word's own row, of shape `(dimension,)`; None for an unseen word.

    Returns:
        float32 of shape `(dimension,)`; zeros where there is no row.

    Example:
        >>> mean_of_rows(np.float32([[1.0], [4.0]]), [0, 1], own=np.float32([1.0]))
        array([2.], dtype=float32)
    """
    # A plain copy, since sums on a row of a memmap cost more.
    total = np.array(np.zeros(ngrams.shape[1]) if own is None else own, dtype=np.float32)
    # Row after row in float32, as gensim adds, so that the result is the same to the bit.
    for bucket in buckets:
        total += ngrams[bucket]
    return total / np.float32(max(1, len(buckets) + (own is not None)))


def whole_words(model: FastTextModel, keep: Container[str] | None) -> tuple[list[str], np.ndarray]:
    """Returns the words of a model with their vectors.

    Args:
        model: the model.
        keep: the only words to return, None for all.

    Returns:
        The words, and their vectors: float32 of shape `(words, dimension)`.

    Example:
        >>> model = FastTextModel(["a", "b"], np.float32([[1, 2], [3, 4], [5, 6]]), 3, 3)
        >>> whole_words(model, {"b"})
        (['b'], array([[4., 5.]], dtype=float32))
    """
    rows = [row for row, word in enumerate(model.words) if keep is None or word in keep]
    # (words, dim)
    matrix = np.empty((len(rows), model.matrix.shape[1]), dtype=np.float32)
    # A plain array of the mapped rows, since each row of a memmap costs more.
    ngrams = np.asarray(model.matrix[len(model.words) :])
    for place, row in enumerate(rows):
        buckets = ngram_buckets(model.words[row], len(ngrams), model.minn, model.maxn)
        matrix[place] = mean_of_rows(ngrams, buckets, own=model.matrix[row])
    return [model.words[row] for row in rows], matrix
