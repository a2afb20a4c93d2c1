"""The first two batches, from which Keras on TensorFlow concludes which axes are fixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

_Arrays = tuple[np.ndarray, ...]


class FirstTwo:
    """Pads the second batch by one step along each free axis that is as long as in the first.

    Keras takes an axis for fixed if the first two batches have its length in common, and refuses
    the third batch then.

    Args:
        shapes: of each input without the batch axis, None where the axis is free.

    Example:
        >>> first_two = FirstTwo([(None,)])
        >>> first, second = (np.ones((2, 3), "int32"),), (np.ones((1, 3), "int32"),)
        >>> first_two(0, first, first=lambda: first)[0].shape
        (2, 3)
        >>> first_two(1, second, first=lambda: first)[0].tolist()
        [[1, 1, 1, 0]]
    """

    def __init__(self, shapes: Sequence[tuple[int | None, ...]]) -> None:
        self._free = [[axis for axis, size in enumerate(s, 1) if size is None] for s in shapes]
        self._first: list[tuple[int, ...]] | None = None

    def __call__(self, index: int, arrays: _Arrays, *, first: Callable[[], _Arrays]) -> _Arrays:
        """Return the arrays of a batch, padded if they have to be.

        Args:
            index: of the batch.
            arrays: (batch, ...) for each input.
            first: makes the arrays of batch 0; called only if they were not seen before.

        Returns:
            The arrays.
        """
        if not any(self._free) or index > 1:
            return arrays
        if index == 0:
            self._first = [array.shape for array in arrays]
        if index != 1:
            return arrays
        if self._first is None:
            self._first = [array.shape for array in first()]
        parts = zip(self._free, self._first, arrays, strict=True)
        return tuple(_unlike(axes, shape, array) for axes, shape, array in parts)

    def forget(self) -> None:
        """Start anew, since the batches are other ones now."""
        self._first = None


def _unlike(axes: list[int], first: tuple[int, ...], array: np.ndarray) -> np.ndarray:
    width = [(0, int(a in axes and first[a] == size)) for a, size in enumerate(array.shape)]
    return np.pad(array, width)
