"""Few lengths for batches, so that a compiler meets few shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np

from nlp_builder.text.checks import positive_int, preview


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
        given: ascending lengths; or a number of them, to be chosen such that each holds about as
            many texts; or None.
        lengths: returns int (texts,), called only for a number.

    Returns:
        The lengths.

    Raises:
        TypeError: if a length is no whole number.
        ValueError: if they are below 1, or do not ascend.

    Example:
        >>> read_bucket_lengths(2, lambda: np.array([1, 2, 2, 9])).lengths
        (2, 9)
    """
    if given is None:
        return BucketLengths()
    if isinstance(given, Sequence | np.ndarray) and not isinstance(given, str):
        found = [positive_int("each of bucket_lengths", length) for length in given]
        if not found or sorted({*found}) != found:
            raise ValueError(f"expected bucket_lengths that ascend, got {preview(given)}")
        return BucketLengths(found)
    number = positive_int("bucket_lengths", given)
    counted = np.maximum(lengths(), 1)
    if not len(counted):
        return BucketLengths([1])
    shares = np.arange(1, number + 1) / number
    return BucketLengths(np.unique(np.quantile(counted, shares, method="inverted_cdf")).tolist())
