"""Which texts share a batch, and in which order the batches come."""

from __future__ import annotations

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
    return _parted(np.arange(num_texts), batch_size)


def by_length(lengths: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Part texts into batches of like lengths, the longest last: least is padded.

    Args:
        lengths: int (texts,).
        batch_size: texts in a batch.

    Returns:
        The rows of each batch.

    Example:
        >>> [rows.tolist() for rows in by_length(np.array([5, 1, 4, 2]), 2)]
        [[1, 3], [2, 0]]
    """
    return _parted(np.argsort(lengths, kind="stable"), batch_size)


def shuffled(num_texts: int, batch_size: int, random: np.random.Generator) -> list[np.ndarray]:
    """Part texts by chance, each order as likely as the next.

    Args:
        num_texts: how many there are.
        batch_size: texts in a batch.
        random: the source of chance.

    Returns:
        The rows of each batch.
    """
    return _parted(random.permutation(num_texts), batch_size)


def bucketed(lengths: np.ndarray, batch_size: int, random: np.random.Generator) -> list[np.ndarray]:
    """Part texts into batches of like lengths, other ones at each call, in any order.

    Args:
        lengths: int (texts,).
        batch_size: texts in a batch.
        random: the source of chance.

    Returns:
        The rows of each batch.
    """
    batches = by_length(lengths + random.uniform(0, _JITTER, len(lengths)), batch_size)
    random.shuffle(batches)
    return batches


def _parted(order: np.ndarray, batch_size: int) -> list[np.ndarray]:
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
