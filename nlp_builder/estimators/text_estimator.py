"""What classifiers and regressors have in common: a copy of a wrapper that is fitted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import keras
import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from nlp_builder.features import KerasWrapper, RNNDigest
from nlp_builder.features.batching import count_rows, require_count
from nlp_builder.features.checks import TRAIN_ANEW
from nlp_builder.text import take_rows, text_columns
from nlp_builder.text.checks import preview

_FIRST_TEXTS = 32


class TextEstimator(BaseEstimator, ABC):
    """A copy of a wrapper that is built, compiled and fitted: see `TextClassifier`."""

    def __init__(
        self,
        wrapper: KerasWrapper | RNNDigest,
        *,
        optimizer: Any = "adam",
        loss: Any = None,
        metrics: Any = None,
        epochs: int = 10,
        batch_size: int = 32,
        validation_split: float = 0.0,
        callbacks: Any = None,
        workers: int = 1,
        verbose: Any = 0,
    ) -> None:
        self.wrapper = wrapper
        self.optimizer = optimizer
        self.loss = loss
        self.metrics = metrics
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_split = validation_split
        self.callbacks = callbacks
        self.workers = workers
        self.verbose = verbose

    @abstractmethod
    def predict(self, X: Any) -> np.ndarray:
        """Return a label, or a number, for each text."""

    def _fit_copy(self, X: Any, targets: np.ndarray, weights: Any, loss: str) -> None:
        wrapper = clone(self.wrapper)
        columns = text_columns(X, wrapper.text_names)
        texts = columns.get(None, columns)
        size = _common_length(columns, targets, weights)
        wrapper.build(texts)
        wrapper.compile(
            optimizer=_fresh(self.optimizer),
            loss=loss if self.loss is None else self.loss,
            metrics=keras.tree.map_structure(_fresh, self.metrics),
        )
        self._check_outputs(wrapper.predict(take_rows(columns, range(min(size, _FIRST_TEXTS)))))
        callbacks = clone(self.callbacks, safe=False)
        history = wrapper.fit(
            texts,
            targets,
            batch_size=self.batch_size,
            epochs=self.epochs,
            verbose=self.verbose,
            callbacks=callbacks,
            validation_split=self.validation_split,
            workers=self.workers,
            sample_weight=weights,
        )
        self.wrapper_, self.callbacks_, self.history_ = wrapper, callbacks, history.history

    @abstractmethod
    def _check_outputs(self, outputs: np.ndarray) -> None:
        """Refuse outputs (texts, outputs) that are not what they stand for."""

    def _num_outputs(self) -> int:
        if not isinstance(self.wrapper, KerasWrapper | RNNDigest):
            raise TypeError(
                f"{type(self).__name__} expects a KerasWrapper or an RNNDigest, got "
                f"{preview(self.wrapper)} ({type(self.wrapper).__name__}): wrap a Keras model "
                "around the block"
            )
        shapes = self.wrapper.outputs_shape
        if isinstance(shapes, list) or len(shapes.shape) != 1 or shapes.shape[0] is None:
            raise ValueError(
                f"{type(self).__name__} expects a wrapper with one output of one axis, got "
                f"{self.wrapper!r}: end the model with a digest or a pooling, and a Dense layer; "
                "several outputs are trained by KerasWrapper.fit"
            )
        return shapes.shape[0]

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        outputs = self.wrapper_.predict(X, workers=self.workers)
        self._check_outputs(outputs)
        return outputs

    def _require_targets(self, y: Any) -> None:
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None"
            )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags


def require_finite(outputs: np.ndarray) -> None:
    """Refuse outputs that are no numbers.

    Args:
        outputs: of any shape.

    Raises:
        ValueError: if some are NaN or infinite.
    """
    if not np.isfinite(outputs).all():
        raise ValueError(
            "expected finite outputs, got NaN or infinite ones, since the training went astray: "
            f"{TRAIN_ANEW}"
        )


def _common_length(columns: dict[Any, Any], targets: Any, weights: Any) -> int:
    size = count_rows(columns)
    for name, values in [("target", targets), ("sample weight", weights)]:
        if values is not None:
            require_count(name, values, size)
    return size


def _fresh(item: Any) -> Any:
    """Copy what keeps a state: an optimizer or a metric, and not its name."""
    if isinstance(item, keras.optimizers.Optimizer | keras.metrics.Metric):
        return type(item).from_config(item.get_config())
    return item
