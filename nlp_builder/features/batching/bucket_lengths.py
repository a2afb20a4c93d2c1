"""Few lengths for batches, so that a compiler meets few shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np

from nlp_builder.text.checks import positive_int, preview

_MOST_CANDIDATES = 256
_LONGEST = 2**31 - 1


@final
class BucketLengths:
    """The lengths that batches are padded to.

    Args:
        lengths: ascending; what is longer than the last one goes to a multiple of that. None at all
            if each length is one of them.

    Example:
        >>> lengths = BucketLengths([4, 8])
        >>> lengths.pad(np.array([1, 4, 5, 17])), lengths.longer(4)
        (array([ 4,  4,  8, 24]), 8)
        >>> BucketLengths().pad(np.array([1, 5])), BucketLengths().longer(4)
        (array([1, 5]), 5)
    """

    def __init__(self, lengths: Sequence[int] = ()) -> None:
        self._lengths = np.array(lengths, "int64")

    def __bool__(self) -> bool:
        """Tell whether there are few."""
        return len(self._lengths) > 0

    @property
    def lengths(self) -> tuple[int, ...]:
        """The lengths."""
        return tuple(self._lengths.tolist())

    def pad(self, lengths: Any) -> np.ndarray:
        """Return for each length the least of ours that holds it.

        Args:
            lengths: whole numbers of any shape.

        Returns:
            int64 of the same shape.
        """
        wanted = np.asarray(lengths, "int64")
        if not self:
            return wanted
        last = self._lengths[-1]
        multiple = -(-wanted // last) * last
        places = np.minimum(np.searchsorted(self._lengths, wanted), len(self._lengths) - 1)
        return np.where(wanted > last, multiple, self._lengths[places])

    def longer(self, length: int) -> int:
        """Return the next length.

        Args:
            length: one of ours.

        Returns:
            A larger one.
        """
        return int(self.pad(length + 1))


def read_bucket_lengths(given: Any, lengths: Callable[[], np.ndarray]) -> BucketLengths:
    """Return what a user asks for.

    Args:
        given: ascending lengths; or a number of them, to be chosen such that the least is padded;
            or None.
        lengths: returns int (texts,), called only for a number.

    Returns:
        The lengths.

    Raises:
        TypeError: if a length is no whole number.
        ValueError: if they are below 1, or do not ascend, or no text could be as long.

    Example:
        >>> read_bucket_lengths(2, lambda: np.array([1, 2, 2, 9])).lengths
        (2, 9)
    """
    if given is None:
        return BucketLengths()
    if isinstance(given, Sequence | np.ndarray) and not isinstance(given, str | bytes | bytearray):
        found = [positive_int("each of bucket_lengths", length) for length in given]
        if not found or sorted({*found}) != found:
            raise ValueError(f"expected bucket_lengths that ascend, got {preview(given)}")
        if found[-1] > _LONGEST:
            raise ValueError(
                f"expected bucket_lengths of at most {_LONGEST} tokens, got {preview(found[-1])}: "
                "give the lengths of texts"
            )
        return BucketLengths(found)
    number = positive_int("bucket_lengths", given)
    return BucketLengths(_least_padded(lengths(), number))


def _least_padded(lengths: np.ndarray, number: int) -> list[int]:
    """Return so many lengths, by dynamic programming, that the sum of padded lengths is least."""
    # (values,)
    values, counts = _candidates(np.maximum(lengths, 1))
    before = np.concatenate([[0], np.cumsum(counts)])
    # (values, values): what it takes to pad all from the row's value to that of the column
    alone = values * (before[1:] - before[:-1, None])
    alone[np.tril_indices(len(values), -1)] = np.iinfo("int64").max // 4
    # What it takes to pad all up to a value, and from which one on its last length pads them.
    sums, firsts = alone[0], [np.zeros(len(values), int)]
    for _ in range(min(number, len(values)) - 1):
        joint = alone + np.concatenate([[np.iinfo("int64").max // 4], sums[:-1]])[:, None]
        firsts.append(joint.argmin(axis=0))
        sums = joint.min(axis=0)
    chosen, last = [], len(values) - 1
    for first in firsts[::-1]:
        chosen.append(int(values[last]))
        last = first[last] - 1
    return chosen[::-1]


def _candidates(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lengths to choose from and how many texts go to each, not too many of them."""
    values, counts = np.unique(lengths, return_counts=True) if len(lengths) else ([1], [1])
    values, counts = np.asarray(values, "int64"), np.asarray(counts, "int64")
    if len(values) <= _MOST_CANDIDATES:
        return values, counts
    chosen = np.unique(np.linspace(0, len(values) - 1, _MOST_CANDIDATES).astype(int))
    groups = np.searchsorted(chosen, np.arange(len(values)))
    return values[chosen], np.bincount(groups, counts).astype("int64")
