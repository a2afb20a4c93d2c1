"""The accuracy of a softmax over the tags of each word."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="nlp_builder")
class WordAccuracy(keras.metrics.Mean):
    """Share of words whose likeliest tag is the true one; padding does not count.

    Keras' own accuracy takes the mean of each text before that of all, so that words of batches
    that are padded further count less.

    Args:
        name: of the metric.
        dtype: of its sums.

    Example:
        >>> metric = WordAccuracy()
        >>> metric.update_state(ops.array([[0, 0]]), ops.array([[[0.9, 0.1], [0.2, 0.8]]]))
        >>> float(metric.result())
        0.5
    """

    def __init__(self, name: str = "word_accuracy", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count the words of a batch.

        Args:
            y_true: numbers of tags, (batch, words).
            y_pred: probabilities, (batch, words, tags), with or without a mask.
            sample_weight: weights of texts, (batch,) or (batch, 1), or of words, (batch, words).
        """
        right = ops.equal(ops.argmax(y_pred, axis=-1), ops.cast(y_true, "int32"))
        mask = getattr(y_pred, "_keras_mask", None)
        # (batch, words)
        weights = ops.ones_like(right, self.dtype) if mask is None else ops.cast(mask, self.dtype)
        super().update_state(*each_word(right, weights, sample_weight))


def each_word(right: Any, counts: Any, sample_weight: Any) -> tuple[Any, Any]:
    """Parts texts into words, since Keras takes the mean of each row before that of all.

    Args:
        right: bool `(batch, words)`.
        counts: 1 at a word, 0 at padding, `(batch, words)`.
        sample_weight: `(batch,)`, `(batch, 1)` or `(batch, words)`; None for ones.

    Returns:
        Values and weights, `(batch * words,)`.
    """
    if sample_weight is not None:
        given = ops.cast(sample_weight, counts.dtype)
        given = given[:, None] if len(given.shape) == 1 else given
        counts = ops.where(counts > 0, given, 0.0)
    return ops.reshape(right, (-1,)), ops.reshape(counts, (-1,))
