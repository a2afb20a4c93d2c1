"""Classifiers of texts."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight

from nlp_builder.estimators.labels import read_labels
from nlp_builder.estimators.text_estimator import TextEstimator, require_finite
from nlp_builder.features import KerasWrapper, RNNDigest
from nlp_builder.features.model_inputs import ends_linear
from nlp_builder.text.checks import preview


class TextClassifier(ClassifierMixin, TextEstimator):
    """A classifier of texts with the face of scikit-learn.

    `fit` builds and trains a copy of the wrapper, so that each `fit` begins with the same weights:
    those of the wrapped model, and of blocks by their `random_state` and `random_seed`, which also
    seeds the order of the texts. Two fits on the same texts agree; a `Dropout` layer needs a seed
    for it. What a wrapper that is built has learnt is not used. Parameters of its blocks are named
    by the way to them: `wrapper__inputs__random_state`. One that changes a shape needs a model of
    that shape beside it: a list of grids, [{"wrapper__inputs__units_per_layer": [5],
    "wrapper__wrapped_model": [model_of_5]}, ...].

    Give a cross-validation lists, Series or arrays of texts, and DataFrames of several: it cannot
    cut a dict. Use `n_jobs=1`, and `workers` for threads that make the batches of a fit. With more
    jobs joblib sends pickles of the unfitted estimator to processes, each of which loads Keras anew
    and takes memory of its own; that goes well as far as all parts can be pickled, and nothing is
    promised. To keep what was fitted, save `wrapper_`, which is a block, and keep `classes_` beside
    it.

    Args:
        wrapper: a `KerasWrapper` whose model ends in `Dense(n, "softmax")`, or for two classes also
            in `Dense(1, "sigmoid")`.
        optimizer: a Keras optimizer, which is copied, or its name.
        loss: a Keras loss, or its name; None for cross-entropy. Targets are the numbers of the
            classes, and one-hot rows for losses with "categorical" and no "sparse" in the name.
        metrics: a list of Keras metrics or names.
        epochs: passes over the texts.
        batch_size: texts in a batch.
        class_weight: a dict of weights by label; "balanced" for weights such that each class counts
            alike; None for weights of 1.
        validation_split: the share of the texts, from the end, to validate on.
        callbacks: Keras callbacks; each fit uses copies.
        workers: threads that make batches.
        verbose: as in Keras.

    Attributes:
        classes_: the labels in order.
        n_outputs_: the number of outputs of the wrapper.
        wrapper_: the fitted block.
        history_: loss and metrics of each epoch.
        callbacks_: the callbacks that were used.

    Example:
        >>> import keras
        >>> from nlp_builder import CharEmbeddingSequence, KerasWrapper
        >>> layers = [keras.Input((10, 4)), keras.layers.GRU(4), keras.layers.Dense(2, "softmax")]
        >>> letters = CharEmbeddingSequence(4, sequence_maxlen=10)
        >>> classifier = TextClassifier(KerasWrapper(letters, keras.Sequential(layers)), epochs=1)
        >>> classifier = classifier.fit(["win now", "see you", "win", "hi"], list("shsh"))
        >>> classifier.classes_, classifier.predict_proba(["hello"]).shape
        (array(['h', 's'], dtype='<U1'), (1, 2))
    """

    def __init__(
        self,
        wrapper: KerasWrapper | RNNDigest,
        *,
        optimizer: Any = "adam",
        loss: Any = None,
        metrics: Any = None,
        epochs: int = 10,
        batch_size: int = 32,
        class_weight: Any = None,
        validation_split: float = 0.0,
        callbacks: Any = None,
        workers: int = 1,
        verbose: Any = 0,
    ) -> None:
        super().__init__(
            wrapper,
            optimizer=optimizer,
            loss=loss,
            metrics=metrics,
            epochs=epochs,
            batch_size=batch_size,
            validation_split=validation_split,
            callbacks=callbacks,
            workers=workers,
            verbose=verbose,
        )
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Build and train a copy of the wrapper.

        Args:
            X: texts in any collection; a dict or DataFrame of them where the wrapper reads several.
            y: a label for each text, by position: all strings, or all whole numbers.
            sample_weight: a weight for each text, by position.

        Returns:
            The classifier itself.

        Raises:
            TypeError: if the wrapper is none, or labels are neither strings nor numbers.
            ValueError: if the classes are not as many as the outputs, or only one, if the outputs
                are no probabilities, or numbers of texts, labels and weights differ.
        """
        outputs = self._num_outputs()
        self._require_targets(y)
        labels = read_labels(y)
        classes, numbers = np.unique(labels, return_inverse=True)
        self._require_classes(classes, len(labels), outputs)
        loss = "binary_crossentropy" if outputs == 1 else "sparse_categorical_crossentropy"
        weights = self._weights(labels, sample_weight)
        self._fit_copy(X, self._targets(numbers, outputs), weights, loss)
        self.classes_, self.n_outputs_ = classes, outputs
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of the classes.

        Args:
            X: texts as for `fit`.

        Returns:
            float32 (texts, classes), in the order of `classes_`.

        Raises:
            NotFittedError: if there was no `fit`.
            ValueError: if the outputs are no probabilities.
        """
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if self.n_outputs_ == 1 else outputs

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest label of each text.

        Args:
            X: texts as for `fit`.

        Returns:
            (texts,), of the type of `classes_`.

        Raises:
            NotFittedError: if there was no `fit`.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def _require_classes(self, classes: np.ndarray, num_texts: int, outputs: int) -> None:
        if len(classes) < 2:
            raise ValueError(
                f"TextClassifier expects two classes or more, got {num_texts} texts of "
                f"{classes.tolist()}: a classifier has to tell something apart"
            )
        if len(classes) != max(outputs, 2):
            binary = ' or Dense(1, "sigmoid")' if len(classes) == 2 else ""
            raise ValueError(
                f"TextClassifier got {len(classes)} classes, {preview(classes.tolist())}, and a "
                f"wrapper with {outputs} outputs: end its model with "
                f'Dense({len(classes)}, "softmax"){binary}'
            )

    def _check_outputs(self, outputs: np.ndarray) -> None:
        require_finite(outputs)
        sums = outputs.sum(axis=1) if outputs.shape[1] > 1 else np.ones(len(outputs))
        between = (outputs >= 0).all() and (outputs <= 1).all()
        if not between or np.abs(sums - 1).max(initial=0) > 0.01 or _ends_linear(self.wrapper):
            raise ValueError(
                f"TextClassifier expects probabilities, got outputs like {outputs[:1].tolist()}: "
                'end the model with the activation "softmax", or "sigmoid" for one output'
            )

    def _targets(self, numbers: np.ndarray, outputs: int) -> np.ndarray:
        name = str(getattr(self.loss, "name", getattr(self.loss, "__name__", self.loss))).lower()
        one_hot = "categorical" in name and "sparse" not in name
        return np.eye(outputs, dtype="float32")[numbers] if one_hot else numbers

    def _weights(self, labels: np.ndarray, sample_weight: Any) -> Any:
        if self.class_weight is None:
            return sample_weight
        weights = compute_sample_weight(self.class_weight, labels)
        if sample_weight is None:
            return weights
        if len(sample_weight) != len(weights):
            raise ValueError(
                f"expected a sample weight for each of {len(weights)} labels, got "
                f"{len(sample_weight)}"
            )
        return weights * np.asarray(sample_weight, "float64")


def _ends_linear(wrapper: KerasWrapper | RNNDigest) -> bool:
    return isinstance(wrapper, KerasWrapper) and ends_linear(wrapper.wrapped_model)
