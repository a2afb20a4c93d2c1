"""Callbacks of ready-made models."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, final

import keras
import numpy as np

from nlp_builder.models.examples import columns_of, labels_of
from nlp_builder.models.files import require_place
from nlp_builder.text.checks import positive_int, preview

if TYPE_CHECKING:
    from nlp_builder.models.text_model import TextModel


@final
class EvalCallBack(keras.callbacks.Callback):
    """Scores a model at the end of epochs, and puts the scores into Keras' logs.

    They are "val_precision", "val_recall" and "val_f1": of entities for a tagger, the means over
    classes for a classifier. `EarlyStopping(monitor="val_f1", mode="max")`, `ModelCheckpoint` and
    `TensorBoard` see them; give `step=1` to those, for between two scorings the last one stands.

    Args:
        kash_model: the model that is trained.
        valid_x: texts, as for `fit`; `x_data` is the same.
        valid_y: their labels; `y_data` is the same.
        step: score at the end of each so many epochs.
        batch_size: texts in a batch.

    Raises:
        TypeError: if there are no texts or no labels, or the model is none.
        ValueError: if `step` is below 1, or there are not as many labels as texts.

    Example:
        >>> from nlp_builder.labeling import BiGRU_Model
        >>> x, y = [["Ada", "wrote"]] * 4, [["B-PER", "O"]] * 4
        >>> model = BiGRU_Model(hyper_parameters={"layer_bgru": {"units": 4}})
        >>> history = model.fit(x, y, epochs=1, verbose=0, callbacks=[EvalCallBack(model, x, y, 1)])
        >>> sorted(history.history)
        ['accuracy', 'loss', 'val_f1', 'val_precision', 'val_recall']
    """

    def __init__(
        self,
        kash_model: TextModel,
        valid_x: Any = None,
        valid_y: Any = None,
        step: int = 5,
        batch_size: int = 256,
        *,
        x_data: Any = None,
        y_data: Any = None,
    ) -> None:
        super().__init__()
        if not hasattr(kash_model, "scores"):
            raise TypeError(f"expected a ready-made model, got {preview(kash_model)}")
        self.kash_model = kash_model
        self.valid_x = x_data if valid_x is None else valid_x
        self.valid_y = y_data if valid_y is None else valid_y
        if self.valid_x is None or self.valid_y is None:
            raise TypeError("expected valid_x and valid_y, texts and labels to score, got none")
        # As many of both, so that no epoch is trained in vain.
        labels_of(self.valid_y, columns_of(self.valid_x, kash_model._text_names()))
        self.step = positive_int("step", step)
        self.batch_size = positive_int("batch_size", batch_size)
        self._last: dict[str, float] = {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget the scores of an earlier training, and refuse what cannot be scored."""
        self._last = {}
        self.kash_model.require_scores()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Score, if it is time."""
        if (epoch + 1) % self.step == 0:
            with averaged(self.model):
                scores = self.kash_model.scores(
                    self.valid_x, self.valid_y, batch_size=self.batch_size
                )
            self._last = {f"val_{name}": value for name, value in scores.items()}
        if logs is not None:
            logs.update(self._last)


@final
class SaveBest(keras.callbacks.Callback):
    """Writes a model to its file whenever a score is better than all before.

    While the best score is 0, of which more is better, each epoch takes the place of the one
    before: a model that has found nothing yet has learnt more than an earlier one.

    The file is whole at any moment, also if the training is interrupted. Where the optimizer keeps
    averages of the weights (`use_ema`), these are written; `EvalCallBack` scores them.

    Args:
        model: the model that is trained.
        path: as for `save`.
        monitor: the name of a score in the logs, which `EvalCallBack` may put there.
        mode: "max", or "min" for a loss.

    Attributes:
        best: the score of what is written, None before.
        best_epoch: the number of its epoch, from 0, None before.

    Raises:
        TypeError: if the model is none; and at the beginning of a training, if the path is none.
        ValueError: if the mode is unknown; and at the beginning of a training, if the path is
            empty, and at the end of the first epoch, if there is no such score.
        OSError: at the beginning of a training, if nothing can be written there: as for `save`.

    Example:
        >>> import tempfile
        >>> from nlp_builder import load
        >>> from nlp_builder.labeling import BiGRU_Model
        >>> x, y = [["Ada", "wrote"]] * 4, [["B-PER", "O"]] * 4
        >>> model = BiGRU_Model(hyper_parameters={"layer_bgru": {"units": 4}})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     best = SaveBest(model, f"{folder}/best.nlpb", monitor="loss", mode="min")
        ...     _ = model.fit(x, y, epochs=2, verbose=0, callbacks=[best])
        ...     load(f"{folder}/best.nlpb")
        <BiGRU_Model, 2 labels>
    """

    def __init__(
        self,
        model: TextModel,
        path: str | os.PathLike[str],
        monitor: str = "val_f1",
        mode: str = "max",
    ) -> None:
        super().__init__()
        if not hasattr(model, "scores"):
            raise TypeError(f"expected a ready-made model, got {preview(model)}")
        if mode not in ("max", "min"):
            raise ValueError(f"expected the mode 'max' or 'min', got {mode!r}")
        self._saved, self._path = model, path
        self._monitor, self._sign = monitor, 1 if mode == "max" else -1
        self.best: float | None = None
        self.best_epoch: int | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Refuse a place where nothing could be written."""
        require_place(self._path)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the model if it is the best one."""
        found = (logs or {}).get(self._monitor)
        if found is None:
            raise ValueError(
                f"expected the score {self._monitor!r}, got {sorted(logs or {})}: validate, or put "
                "EvalCallBack(model, x, y, step=1) among the callbacks"
            )
        if self._is_better(found):
            with averaged(self.model):
                self._saved.save(self._path)
            self.best, self.best_epoch = float(found), epoch

    def _is_better(self, found: float) -> bool:
        # What is no number is never better, and nothing is worse than it.
        if not np.isfinite(found) or self.best is None:
            return bool(np.isfinite(found))
        finds_nothing_yet = self._sign > 0 and found == self.best == 0
        return finds_nothing_yet or self._sign * (found - self.best) > 0


@contextmanager
def averaged(graph: keras.Model | None) -> Iterator[None]:
    """Put the averages that an optimizer with `use_ema` keeps into a model, for a while.

    Args:
        graph: one that is being trained; None, or one without such an optimizer, stays as it is.
    """
    optimizer: Any = getattr(graph, "optimizer", None)
    if graph is None or not getattr(optimizer, "use_ema", False) or not optimizer.built:
        yield
        return
    kept = [np.array(variable) for variable in graph.trainable_variables]
    try:
        optimizer.finalize_variable_values(graph.trainable_variables)
        yield
    finally:
        for variable, value in zip(graph.trainable_variables, kept, strict=True):
            variable.assign(value)


def scores_first(
    callbacks: Sequence[keras.callbacks.Callback] | None,
) -> list[keras.callbacks.Callback] | None:
    """Put what makes scores before what looks at them.

    Args:
        callbacks: in any order.

    Returns:
        A list; None for none.

    Raises:
        ValueError: if Keras swaps averaged weights beside callbacks that do so themselves.
    """
    if callbacks is None:
        return None
    listed = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    ours = any(isinstance(callback, EvalCallBack | SaveBest) for callback in listed)
    if ours and any(isinstance(each, keras.callbacks.SwapEMAWeights) for each in listed):
        raise ValueError(
            "got SwapEMAWeights beside EvalCallBack or SaveBest, which score and write averaged "
            "weights themselves: leave SwapEMAWeights out"
        )
    return sorted(listed, key=lambda callback: not isinstance(callback, EvalCallBack))
