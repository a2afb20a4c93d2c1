"""How far the free axes of batches are padded, so that Keras and compilers take all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import final

import numpy as np

from nlp_builder.features.batching.bucket_lengths import BucketLengths

_Arrays = tuple[np.ndarray, ...]


@final
class FirstTwo:
    """Pads free axes to few lengths, and those of the second batch to others than of the first.

    Keras on TensorFlow takes an axis for fixed if the first two batches have its length in common,
    and refuses the third batch then. So the second one is padded to the next length along each free
    axis that would be as long as in the first.

    Args:
        shapes: of each input without the batch axis, None where the axis is free.
        lengths: those that free axes may have.
        steps_vary: False if all batches have the same steps, so that Keras is right; of one input.

    Example:
        >>> first_two = FirstTwo([(None,)])
        >>> first, second = (np.ones((2, 3), "int32"),), (np.ones((1, 3), "int32"),)
        >>> first_two(0, first, first=lambda: first)[0].shape
        (2, 3)
        >>> first_two(1, second, first=lambda: first)[0].tolist()
        [[1, 1, 1, 0]]
    """

    def __init__(
        self,
        shapes: Sequence[tuple[int | None, ...]],
        lengths: BucketLengths | None = None,
        *,
        steps_vary: bool = True,
    ) -> None:
        self._free = [[axis for axis, size in enumerate(s, 1) if size is None] for s in shapes]
        self._unlike = self._free if steps_vary else [[a for a in f if a != 1] for f in self._free]
        self._lengths = lengths or BucketLengths()
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
        arrays = self.padded(arrays)
        if not any(self._unlike) or index > 1:
            return arrays
        if index == 0:
            self._first = [array.shape for array in arrays]
            return arrays
        if self._first is None:
            self._first = [array.shape for array in self.padded(first())]
        parts = zip(self._unlike, self._first, arrays, strict=True)
        return tuple(
            _widened(
                array,
                {a: self._lengths.longer(shape[a]) for a in axes if array.shape[a] == shape[a]},
            )
            for axes, shape, array in parts
        )

    def padded(self, arrays: _Arrays) -> _Arrays:
        """Return the arrays of any batch, with free axes of one of the lengths.

        Args:
            arrays: (batch, ...) for each input.

        Returns:
            The arrays.
        """
        if not self._lengths:
            return arrays
        return tuple(
            _widened(array, {axis: int(self._lengths.pad(array.shape[axis])) for axis in axes})
            for axes, array in zip(self._free, arrays, strict=True)
        )

    def forget(self) -> None:
        """Start anew, since the batches are other ones now."""
        self._first = None


def _widened(array: np.ndarray, sizes: dict[int, int]) -> np.ndarray:
    width = [(0, sizes.get(axis, size) - size) for axis, size in enumerate(array.shape)]
    return np.pad(array, width) if any(more for _, more in width) else array
