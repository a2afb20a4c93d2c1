"""Which texts share a batch, and in which order the batches come.

How many batches there are, and how many texts each of them has, is fixed before the first epoch:
Keras asks for the number of batches once. Which texts they are is a function of a seed and the
number of the epoch, so any epoch can be planned without those before it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, final

import numpy as np

from nlp_builder.features.batching.bucket_lengths import BucketLengths

# Lengths are jittered by less than this many tokens before texts are sorted, so that batches differ
# from epoch to epoch while texts of a batch stay about as long as each other.
_JITTER = 1.4
# Padded tokens over real ones up to which short texts of any length meet.
_MOST_PADDED = 1.1


@final
class BatchSize:
    """How many texts a batch has.

    Args:
        texts: so many; or None.
        tokens: at most so many with the padding, but at least one text.

    Example:
        >>> BatchSize(32).at(100), BatchSize(None, 4096).at(100), BatchSize(None, 50).at(100)
        (32, 40, 1)
    """

    def __init__(self, texts: int | None, tokens: int | None = None) -> None:
        self.texts = texts
        self.tokens = tokens

    def at(self, width: int) -> int:
        """Return the number of texts of a batch that is so many tokens wide."""
        if self.tokens is None:
            assert self.texts is not None  # noqa: S101  # one of both is given
            return self.texts
        return max(1, self.tokens // max(1, width))


class Plan(ABC):
    """The texts of each batch, in each epoch.

    Args:
        stops: the places in an order of all texts at which one batch ends and the next begins.
    """

    def __init__(self, stops: Sequence[int]) -> None:
        self._stops = stops

    @abstractmethod
    def batches(self, epoch: int) -> list[np.ndarray]:
        """Return the rows of each batch.

        Args:
            epoch: counted from 0.

        Returns:
            As many arrays of as many rows for each epoch.
        """

    def _parted(self, order: np.ndarray) -> list[np.ndarray]:
        return [order[start:stop] for start, stop in pairwise(self._stops)]


@final
class InOrder(Plan):
    """Texts as they come.

    Args:
        num_texts: how many there are.
        size: of a batch.
        widths: int (texts,), the padded length of each text alone; needed where tokens decide.

    Example:
        >>> [rows.tolist() for rows in InOrder(3, BatchSize(2)).batches(0)]
        [[0, 1], [2]]
        >>> plan = InOrder(4, BatchSize(None, 6), np.array([1, 2, 3, 9]))
        >>> [rows.tolist() for rows in plan.batches(0)]
        [[0, 1], [2], [3]]
    """

    def __init__(self, num_texts: int, size: BatchSize, widths: np.ndarray | None = None) -> None:
        super().__init__(_even(num_texts, size) if widths is None else _greedy(widths, size))
        self._num_texts = num_texts

    def batches(self, epoch: int) -> list[np.ndarray]:
        """Return the same rows for each epoch."""
        return self._parted(_rows(self._num_texts))


@final
class Shuffled(Plan):
    """Texts by chance, each order as likely as the next.

    Args:
        num_texts: how many there are.
        size: of a batch, in texts.
        seed: of the order.

    Example:
        >>> [len(rows) for rows in Shuffled(5, BatchSize(2), seed=0).batches(7)]
        [2, 2, 1]
    """

    def __init__(self, num_texts: int, size: BatchSize, *, seed: int) -> None:
        super().__init__(_even(num_texts, size))
        self._num_texts, self._seed = num_texts, seed

    def batches(self, epoch: int) -> list[np.ndarray]:
        """Return the rows of each batch in one epoch."""
        order = _rows(self._num_texts)
        np.random.default_rng([self._seed, epoch]).shuffle(order)
        return self._parted(order)


@final
class Bucketed(Plan):
    """Texts of like lengths in a batch, other ones in each epoch, and the batches in any order.

    Texts are sorted by their length and a chance of less than two tokens, or, where batches are
    padded to few lengths, by these and chance: of texts that are padded alike any may meet. So may
    texts of less than half the mean length, if padding then stays below a tenth: texts of one such
    length are often of one kind (headlines, scores), so that batches of these alone train worse.

    Args:
        lengths: int (texts,).
        size: of a batch.
        buckets: the lengths that batches are padded to.
        seed: of the order; None for the least padding, the shortest texts first, in each epoch.

    Example:
        >>> plan = Bucketed(np.array([5, 1, 4, 2]), BatchSize(2), BucketLengths(), seed=None)
        >>> [rows.tolist() for rows in plan.batches(0)]
        [[1, 3], [2, 0]]
    """

    def __init__(
        self, lengths: np.ndarray, size: BatchSize, buckets: BucketLengths, *, seed: int | None
    ) -> None:
        self._lengths, self._buckets, self._seed = lengths, buckets, seed
        # Below it any texts may meet.
        self._short = 0 if seed is None or buckets or not len(lengths) else int(lengths.mean()) // 2
        super().__init__(self._ends(size))
        if self._short and self._padded() > _MOST_PADDED * lengths.sum():
            self._short = 0
            super().__init__(self._ends(size))

    def _ends(self, size: BatchSize) -> list[int]:
        if size.tokens is None:
            return _even(len(self._lengths), size)
        # (texts,)
        ascending = np.sort(self._lengths)
        if self._jitter == _JITTER:
            # The k-th of all sums of a length and a chance below 2 is below the k-th length + 2,
            # and so is each length that is summed to less.
            ascending = np.minimum(np.maximum(ascending, self._short) + 1, ascending[-1:])
        return _from_the_longest(self._buckets.pad(ascending), size)

    def _padded(self) -> int:
        """Count the tokens of the first epoch, padding included; of others it is about as many."""
        return sum(int(self._lengths[rows].max()) * len(rows) for rows in self.batches(0))

    @property
    def _jitter(self) -> float:
        if self._seed is None:
            return 0
        return 1 if self._buckets else _JITTER

    def batches(self, epoch: int) -> list[np.ndarray]:
        """Return the rows of each batch in one epoch."""
        if self._seed is None:
            return self._parted(_sorted(self._lengths))
        random = np.random.default_rng([self._seed, epoch])
        # (texts,)
        keys = random.random(len(self._lengths))
        keys *= self._jitter
        keys += np.maximum(self._buckets.pad(self._lengths), self._short)
        parts = self._parted(_sorted(keys))
        return self._unlike_at_first([parts[number] for number in random.permutation(len(parts))])

    def _unlike_at_first(self, batches: list[np.ndarray]) -> list[np.ndarray]:
        """Bring a batch of another width to the second place, which `FirstTwo` would widen."""
        widths = (int(self._buckets.pad(self._lengths[rows].max())) for rows in batches)
        first = next(widths, 0)
        place = next((n for n, width in enumerate(widths, 1) if width != first), 1)
        if place > 1:
            batches[1], batches[place] = batches[place], batches[1]
        return batches


def _even(num_texts: int, size: BatchSize) -> list[int]:
    return [*range(0, num_texts, size.at(1)), num_texts] if num_texts else [0]


def _greedy(widths: np.ndarray, size: BatchSize) -> list[int]:
    stops, widest = [0], 0
    for place, width in enumerate(widths.tolist()):
        widest = max(widest, width)
        if place + 1 - stops[-1] > size.at(widest):
            stops.append(place)
            widest = width
    return [*stops, len(widths)] if len(widths) else [0]


def _from_the_longest(ascending: np.ndarray, size: BatchSize) -> list[int]:
    # So batches of one width have one size, and only that of the shortest texts may be smaller.
    stops = [len(ascending)]
    while stops[-1]:
        stops.append(max(0, stops[-1] - size.at(int(ascending[stops[-1] - 1]))))
    return stops[::-1]


def _rows(num_texts: int) -> np.ndarray:
    return np.arange(num_texts, dtype=_dtype(num_texts))


def _sorted(keys: np.ndarray) -> np.ndarray:
    return np.argsort(keys, kind="stable").astype(_dtype(len(keys)))


def _dtype(num_texts: int) -> type[np.signedinteger[Any]]:
    # An order stands beside the texts as long as they are trained on, so it should be small.
    return np.int32 if num_texts <= np.iinfo(np.int32).max else np.int64
