"""Regressors of texts."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_array

from nlp_builder.estimators.text_estimator import TextEstimator, require_finite


class TextRegressor(RegressorMixin, TextEstimator):
    """A regressor of texts with the face of scikit-learn.

    What is said of `TextClassifier` on copies, seeds, parameters, cross-validation and files holds
    here as well.

    Args:
        wrapper: a `KerasWrapper` whose model ends in `Dense(1)`, or in `Dense(n)` for n numbers.
        optimizer: a Keras optimizer, which is copied, or its name.
        loss: a Keras loss, or its name; None for the mean squared error.
        metrics: a list of Keras metrics or names.
        epochs: passes over the texts.
        batch_size: texts in a batch.
        validation_split: the share of the texts, from the end, to validate on.
        callbacks: Keras callbacks; each fit uses copies.
        workers: threads that make batches.
        verbose: as in Keras.

    Attributes:
        n_outputs_: the number of outputs of the wrapper.
        wrapper_: the fitted block.
        history_: loss and metrics of each epoch.
        callbacks_: the callbacks that were used.

    Example:
        >>> import keras
        >>> from nlp_builder import CharEmbeddingSequence, KerasWrapper
        >>> layers = [keras.Input((10, 4)), keras.layers.GRU(4), keras.layers.Dense(1)]
        >>> letters = CharEmbeddingSequence(4, sequence_maxlen=10)
        >>> regressor = TextRegressor(KerasWrapper(letters, keras.Sequential(layers)), epochs=1)
        >>> regressor.fit(["a", "bb", "ccc"], [1, 2, 3]).predict(["abcd", "ab"]).shape
        (2,)
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Build and train a copy of the wrapper.

        Args:
            X: texts in any collection; a dict or DataFrame of them where the wrapper reads several.
            y: a number for each text, by position, or (texts, n).
            sample_weight: a weight for each text, by position.

        Returns:
            The regressor itself.

        Raises:
            TypeError: if the wrapper is none.
            ValueError: if the targets are no numbers, or not as many as the outputs, or numbers of
                texts, targets and weights differ.
        """
        outputs = self._num_outputs()
        self._require_targets(y)
        values = check_array(y, ensure_2d=False, dtype="float32", input_name="y")
        # (texts, outputs)
        targets = values.reshape(len(values), -1)
        if targets.shape[1] != outputs:
            raise ValueError(
                f"TextRegressor got targets of shape {values.shape} and a wrapper with {outputs} "
                f"outputs: end its model with Dense({targets.shape[1]})"
            )
        self._fit_copy(X, targets, sample_weight, "mean_squared_error")
        self.n_outputs_, self._flat = outputs, values.ndim == 1
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return what the wrapper makes of texts.

        Args:
            X: texts as for `fit`.

        Returns:
            float32 (texts,), or (texts, n) if the targets had two axes.

        Raises:
            NotFittedError: if there was no `fit`.
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if self._flat else outputs

    def _check_outputs(self, outputs: np.ndarray) -> None:
        require_finite(outputs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
