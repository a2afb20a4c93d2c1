"""The rest of an epoch whose training was interrupted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import numpy as np

from nlp_builder.features.batching.padding import FirstTwo
from nlp_builder.features.batching.planned import PlannedBatches


@final
class RestOfEpoch(PlannedBatches):
    """The batches of one epoch that were not trained on; see `Batches.rest`.

    They are padded as they are in the whole epoch, so that training ends the same. Only while Keras
    looks at the first two is the second one unlike the first.

    Args:
        *args: of `PlannedBatches`.
        whole: the rows of the batches of the epoch.
        done: how many of them were trained on.
        epoch: the number of the epoch.
        looked_at: pads the first two until the first epoch ends, as Keras has it before it begins.
        go_on: called when they were read.
        **kwargs: of `keras.utils.PyDataset`.
    """

    def __init__(
        self,
        *args: Any,
        whole: list[np.ndarray],
        done: int,
        epoch: int,
        looked_at: FirstTwo,
        go_on: Callable[[], None],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.epoch = epoch
        self._done, self._whole = done, whole
        self._looked_at: FirstTwo | None = looked_at
        self._then = go_on
        self._is_over = False
        self._take(whole[done:])

    def __repr__(self) -> str:
        return f"<The last {len(self):,} batches of epoch {self.epoch}>"

    def on_epoch_begin(self) -> None:
        """Note that the epoch goes on.

        Raises:
            ValueError: if it is over, since only the next epochs of all texts may follow.
        """
        if self._is_over:
            raise ValueError(
                f"the rest of epoch {self.epoch} is over: pass fit(rest, initial_epoch="
                f"{self.epoch}, epochs={self.epoch + 1}, shuffle=False), and go on with "
                f"fit(batches, initial_epoch={self.epoch + 1}, shuffle=False)"
            )
        super().on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Note that Keras has looked at the batches, or read them."""
        self._looked_at = None
        super().on_epoch_end()

    def _padded(self, index: int) -> tuple[np.ndarray, ...]:
        place = index + self._done
        arrays = self._first_two(
            place, self._arrays(self._whole[place]), first=lambda: self._arrays(self._whole[0])
        )
        if self._looked_at is None:
            return arrays
        return self._looked_at(index, arrays, first=lambda: self._padded(0))

    def _go_on(self) -> None:
        self._is_over = True
        self._then()
