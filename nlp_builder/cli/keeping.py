"""What happens after each epoch: the averaged weights are scored, and kept if they are best."""

from __future__ import annotations

from typing import Any, final

import keras

from nlp_builder.cli.evaluate import scores_of
from nlp_builder.cli.interruption import Interruption
from nlp_builder.labeling import BaseLabelingModel
from nlp_builder.models import SaveBest
from nlp_builder.models.callbacks import averaged
from nlp_builder.saving.files import file_of


@final
class KeepBest(keras.callbacks.Callback):
    """Scores a tagger after each epoch, and writes it if it is better than before.

    Args:
        tagger: what is trained.
        out: where it is written.
        texts: the tokens of each text to score.
        tags: their gold tags.
        interruption: is held back while the file is written.
    """

    def __init__(
        self,
        tagger: BaseLabelingModel,
        out: str,
        texts: list[list[str]],
        tags: list[list[str]],
        interruption: Interruption,
    ) -> None:
        super().__init__()
        self._tagger, self._out, self._texts, self._tags = tagger, out, texts, tags
        self._interruption = interruption
        self.name = "F1" if tagger.scheme else "accuracy"
        self.monitor = f"val_{self.name.lower()}"
        self._save = SaveBest(tagger, out, self.monitor)
        self.found: str | None = None
        """What is in the file, in words."""
        self.is_best = False
        """Whether the last epoch is."""

    @property
    def path(self) -> str:
        """The file that is written, also where a folder was named."""
        return str(file_of(self._out))

    @property
    def best(self) -> float:
        """The score of what is in the file, 0 before there is one."""
        return self._save.best or 0.0

    def begin(self) -> str:
        """Score and write the model as it is, before training goes on.

        Returns:
            The score in words.
        """
        self._keep(-1, self._scores(), "as it was")
        return f"{self.name} {self._save.best:.4f}"

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop if a library swallowed the signal."""
        self._interruption.require_none()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Score, and write."""
        with averaged(self.model):
            scores = self._scores()
            self._keep(epoch, scores, f"of epoch {epoch + 1}")
        if logs is not None:
            logs |= scores

    def _scores(self) -> dict[str, Any]:
        scores = scores_of(self._tagger, self._texts, self._tags)
        scores.pop("types", None)
        return {f"val_{name}": value for name, value in scores.items()}

    def _keep(self, epoch: int, scores: dict[str, Any], which: str) -> None:
        with self._interruption.held():
            self._save.on_epoch_end(epoch, scores)
            self.is_best = self._save.best_epoch == epoch
            if self.is_best:
                self.found = f"{which}, {self.name} {self._save.best:.4f}"


@final
class Patience(keras.callbacks.EarlyStopping):
    """Ends a training that gets no better; epochs before the first score above 0 do not count.

    Args:
        keep: stands before it among the callbacks.
        patience: epochs without a better score.
    """

    def __init__(self, keep: KeepBest, patience: int) -> None:
        super().__init__(monitor=keep.monitor, mode="max", patience=patience)
        self._keep = keep

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the epoch, once there is something to get better than."""
        if self._keep.best > 0:
            super().on_epoch_end(epoch, logs)
