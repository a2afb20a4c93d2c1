"""How far a training is, on standard error."""

from __future__ import annotations

import sys
import time
from typing import Any, final

import keras
from tqdm import tqdm

from nlp_builder.cli.keeping import KeepBest
from nlp_builder.cli.messages import say


@final
class Progress(keras.callbacks.Callback):
    """A line for each epoch; on a terminal a bar within it.

    Args:
        keep: what scores, and stands before it among the callbacks.
    """

    def __init__(self, keep: KeepBest) -> None:
        super().__init__()
        self._keep = keep
        self._start = 0.0
        self._bar: Any = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Begin a bar."""
        self._start = time.perf_counter()
        self._bar = tqdm(
            total=self.params["steps"],
            desc=f"epoch {epoch + 1}/{self.params['epochs']}",
            file=sys.stderr,
            leave=False,
            disable=None,  # where it is no terminal
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the bar."""
        self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Say how the epoch went."""
        self._bar.close()
        logs = logs or {}
        say(
            f"epoch {epoch + 1}/{self.params['epochs']}: loss {logs['loss']:.4f}, "
            f"{self._keep.name} {logs[self._keep.monitor]:.4f}, "
            f"{time.perf_counter() - self._start:.0f} s"
            + (", the best so far: written" if self._keep.is_best else "")
        )
