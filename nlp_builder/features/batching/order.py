"""Which texts share a batch, and in which order the batches come."""

from __future__ import annotations

from typing import Any

import numpy as np

# Lengths are jittered by up to this many tokens before texts are sorted, so that batches differ
# from epoch to epoch while texts of a batch stay about as long as each other.
_JITTER = 2.0


def in_order(num_texts: int, batch_size: int) -> list[np.ndarray]:
    """Part texts as they come.

    Args:
        num_texts: how many there are.
        batch_size: texts in a batch; the last one may be smaller.

    Returns:
        The rows of each batch.

    Example:
        >>> [rows.tolist() for rows in in_order(3, 2)]
        [[0, 1], [2]]
    """
    return _parted(_rows(num_texts), batch_size)


def by_length(lengths: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Part texts into batches of like lengths, the longest last: least is padded.

    Args:
        lengths: numbers (texts,).
        batch_size: texts in a batch.

    Returns:
        The rows of each batch.

    Example:
        >>> [rows.tolist() for rows in by_length(np.array([5, 1, 4, 2]), 2)]
        [[1, 3], [2, 0]]
    """
    order = np.argsort(lengths, kind="stable")
    return _parted(order.astype(_dtype(len(lengths))), batch_size)


def shuffled(num_texts: int, batch_size: int, random: np.random.Generator) -> list[np.ndarray]:
    """Part texts by chance, each order as likely as the next.

    Args:
        num_texts: how many there are.
        batch_size: texts in a batch.
        random: the source of chance.

    Returns:
        The rows of each batch.
    """
    order = _rows(num_texts)
    random.shuffle(order)
    return _parted(order, batch_size)


def bucketed(lengths: np.ndarray, batch_size: int, random: np.random.Generator) -> list[np.ndarray]:
    """Part texts into batches of like lengths, other ones at each call, in any order.

    Args:
        lengths: int (texts,).
        batch_size: texts in a batch.
        random: the source of chance.

    Returns:
        The rows of each batch.
    """
    # (texts,)
    jittered = random.random(len(lengths), dtype="float32")
    jittered *= _JITTER
    jittered += lengths
    batches = by_length(jittered, batch_size)
    random.shuffle(batches)
    return batches


def _rows(num_texts: int) -> np.ndarray:
    return np.arange(num_texts, dtype=_dtype(num_texts))


def _dtype(num_texts: int) -> type[np.signedinteger[Any]]:
    # An order stands beside the texts as long as they are trained on, so it should be small.
    return np.int32 if num_texts <= np.iinfo(np.int32).max else np.int64


def _parted(order: np.ndarray, batch_size: int) -> list[np.ndarray]:
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
