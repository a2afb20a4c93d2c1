"""Batches whose texts are chosen, and are read when Keras asks for them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from nlp_builder.features.batching.blocks import as_inputs
from nlp_builder.features.batching.labels import Labels, take_labels
from nlp_builder.features.batching.padding import FirstTwo


class PlannedBatches(keras.utils.PyDataset, ABC):
    """A dataset that knows the rows of its batches, and when an epoch is over.

    Keras ends an epoch before the first one, and begins one only to look at a batch; and users look
    at batches before they train. So an epoch is over where it was begun and each of its batches was
    asked for, in any order, since Keras shuffles them unless it is told not to; what processes are
    asked for cannot be seen here, and counts as all. With `steps_per_epoch` Keras ends epochs of
    its own early and goes on with the batches that are left, so what was asked for is kept then.

    Args:
        arrays: returns the ids of rows for each input.
        labels: targets and weights, as far as there are any.
        first_two: pads the ids.
        **kwargs: of `keras.utils.PyDataset`.
    """

    def __init__(
        self,
        arrays: Callable[[np.ndarray], tuple[np.ndarray, ...]],
        labels: Sequence[Labels],
        first_two: FirstTwo,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._arrays = arrays
        self._labels = labels
        self._first_two = first_two
        self._batches: list[np.ndarray] = []
        self._asked: set[int] = set()
        # By Keras; or by users, who begin anew with a batch that they had before.
        self._begun = self._read_by_hand = False
        self._is_shuffled = False

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self._batches)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return batch `index`: inputs, and targets and weights if there are any."""
        index = self._from_the_start(index)
        arrays = self._padded(index)
        batch = (as_inputs(arrays), *take_labels(self._labels, self._batches[index], arrays))
        # Not before, since other rows may follow as soon as the last batch was asked for.
        self._note(index)
        return batch

    @property
    def have_targets(self) -> bool:
        """Whether there is something to train on."""
        return bool(self._labels)

    def __iter__(self) -> Any:
        """Return an iterator over the batches of an epoch; `on_epoch_end` makes the next ones."""
        self._read_by_hand = True
        self._asked.clear()
        return super().__iter__()

    def on_epoch_begin(self) -> None:
        """Note that an epoch begins."""
        self._begun = True
        self._is_shuffled = False

    def on_epoch_end(self) -> None:
        """Make the next epoch ready, if one is over."""
        begun, by_keras = self._begun or self._read_by_hand, self._begun
        over = begun and (len(self._asked) == len(self) or self.use_multiprocessing)
        self._begun = self._read_by_hand = False
        if over or not by_keras:
            self._asked.clear()
        if over:
            self._go_on()

    def _from_the_start(self, index: int) -> int:
        try:
            return range(len(self))[index]
        except IndexError:
            raise IndexError(
                f"expected the number of one of {len(self)} batches, counted from 0, got {index}"
            ) from None

    def _note(self, index: int) -> None:
        if index in self._asked:
            self._read_by_hand = False
        self._read_by_hand |= index > 1  # at the first two Keras looks before an epoch
        # Threads that are asked in order may note it in another one, so many at a time.
        self._is_shuffled |= self._begun and index - len(self._asked) > self.workers
        self._asked.add(index)

    def _padded(self, index: int) -> tuple[np.ndarray, ...]:
        return self._first_two(
            index,
            self._arrays(self._batches[index]),
            first=lambda: self._arrays(self._batches[0]),
        )

    @abstractmethod
    def _go_on(self) -> None:
        """Make the next epoch ready."""

    def _take(self, batches: list[np.ndarray]) -> None:
        self._batches = batches
        self._first_two.forget()
