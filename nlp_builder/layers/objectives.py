"""What a model that ends in a CRF is compiled with: its loss and its metric."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nlp_builder.layers.chain import call_on, log_likelihood, split_chain
from nlp_builder.layers.posterior import marginals
from nlp_builder.layers.scores import check_tags


@keras.saving.register_keras_serializable(package="nlp_builder")
class CRFLoss(keras.losses.Loss):
    """Negative log-likelihood of the tags, one value for each text.

    Stateless: the scores come with the chain, so a loaded model trains its own.

    Args:
        reduction: As of any Keras loss; the default is the mean over texts.
        name: Name of the loss.
        dtype: Left at None, the tags arrive as float32, exact up to 2**24.

    Example:
        >>> from nlp_builder.layers import CRF
        >>> chain = CRF(2)(ops.zeros((1, 3, 2)))
        >>> round(float(CRFLoss()(ops.array([[0, 1, 0]]), chain)), 4)  # log(2 ** 3)
        2.0794
    """

    def __init__(
        self,
        reduction: str = "sum_over_batch_size",
        name: str = "crf_loss",
        dtype: Any = None,
    ) -> None:
        """Stores the arguments; see the class."""
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Checks the weights, one for each text, and reduces what `call` returns."""
        shape = () if sample_weight is None else tuple(np.shape(sample_weight))
        if len(shape) > 1 and shape[1] != 1:
            raise ValueError(
                f"Expected sample_weight of shape (batch,), one for each text, got {shape}. The "
                "likelihood is that of all tags of a text and has no part for a single word."
            )
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns `(batch,)` for tags `(batch, words)` and a chain."""
        return -log_likelihood(y_pred, y_true)


@keras.saving.register_keras_serializable(package="nlp_builder")
class TagAccuracy(keras.metrics.Mean):
    """Share of words whose most probable tag is the true one; padding does not count.

    The most probable tag of each word is the choice that expects most true tags; it can differ from
    the best sequence, which `CRF.decode` finds. Costs one run of forward-backward and no Viterbi,
    so that it can stand in `compile`, and means the same in training and in evaluation.

    Args:
        name: Name of the metric.
        dtype: Of its sums.

    Example:
        >>> from nlp_builder.layers import CRF
        >>> chain = CRF(2)(ops.array([[[1.0, 0.0], [0.0, 1.0]]]))
        >>> metric = TagAccuracy()
        >>> metric.update_state(ops.array([[0, 0]]), chain)
        >>> float(metric.result())
        0.5
    """

    def __init__(self, name: str = "tag_accuracy", dtype: Any = None) -> None:
        """Stores the arguments; see the class."""
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts the words of a batch: tags `(batch, words)`, a chain, weights `(batch,)`."""
        parts = split_chain(y_pred)
        check_tags(y_true, parts.potentials)
        chosen = ops.cast(ops.argmax(call_on(marginals, parts), axis=-1), "int32")
        weights = ops.cast(parts.mask, self.dtype)
        if sample_weight is not None:
            weights = weights * ops.reshape(ops.cast(sample_weight, self.dtype), (-1, 1))
        super().update_state(ops.equal(chosen, ops.cast(y_true, "int32")), weights)
