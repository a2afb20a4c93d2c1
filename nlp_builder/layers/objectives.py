"""What a model that ends in a CRF is compiled with: its loss and its metric."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nlp_builder.layers.backends import require_in_step
from nlp_builder.layers.chain import (
    OF_A_CRF,
    call_on,
    check_words,
    log_likelihood_and_beliefs,
    split_chain,
    token_log_likelihood,
)
from nlp_builder.layers.left_over import leave, left_over
from nlp_builder.layers.linear_chain import known_tags
from nlp_builder.layers.posterior import marginals
from nlp_builder.layers.word_accuracy import each_word


@keras.saving.register_keras_serializable(package="nlp_builder")
class CRFLoss(keras.losses.Loss):
    """Negative log-likelihood of the tags, one value for each text.

    Stateless: the scores come with the chain, so a loaded model trains its own.

    Weights are one for each text, `(batch,)` or `(batch, 1)`, or one for each word,
    `(batch, words)`. By the chain rule of probability a text's log-likelihood is the sum over its
    words of log p(tag | tags before it, text); these summands are what weights of words multiply,
    so that ones change nothing. Those at padding do not count. The mean stays that over texts.

    A tag of a word that is none of the chain's fails the step on TensorFlow; under XLA and on other
    backends the loss of its text is NaN. Beside this loss Keras' metrics by name, such as
    "accuracy", cannot read the output: take `TagAccuracy`; and what a model of Keras was compiled
    with before goes on after `compile(..., metrics=None)`, but not with `metrics=[]`.

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
        """Weighs and reduces what `call` returns; see the class for the shapes of weights.

        Raises:
            ValueError: If the weights have another shape, or are those of words where the reduction
                is "mean_with_sample_weight", which divides by those of texts.
        """
        if sample_weight is None or not _by_word(sample_weight, y_pred):
            return super().__call__(y_true, y_pred, sample_weight)
        if self.reduction == "mean_with_sample_weight":
            raise ValueError(
                "The reduction 'mean_with_sample_weight' divides by the weights of texts, got "
                "weights of words. Use 'sum_over_batch_size' or 'sum'."
            )
        return super().__call__((y_true, sample_weight), y_pred)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns `(batch,)` for a chain and tags `(batch, words)`, or a pair of them and weights.

        Args:
            y_true: Tags; or a tuple of tags and weights, both `(batch, words)`.
            y_pred: The chain.

        Returns:
            `(batch,)`.
        """
        tags = y_true[0] if isinstance(y_true, tuple) else y_true
        chain, tags = _required(y_pred, tags)
        if not isinstance(y_true, tuple):
            likelihood, beliefs = log_likelihood_and_beliefs(chain, tags)
            leave(y_pred, "beliefs", beliefs)
            return -likelihood
        _, weights = y_true
        # (batch, words); a weight at padding may be NaN
        weights = ops.where(split_chain(chain).mask > 0, weights, 0.0)
        return -ops.sum(weights * token_log_likelihood(chain, tags), axis=1)


@keras.saving.register_keras_serializable(package="nlp_builder")
class TagAccuracy(keras.metrics.Mean):
    """Share of words whose most probable tag is the true one; padding does not count.

    The most probable tag of each word is the choice that expects most true tags; it can differ from
    the best sequence, which `CRF.decode` finds. Costs one run of forward-backward and no Viterbi,
    so that it can stand in `compile`, and means the same in training and in evaluation. In a graph
    of TensorFlow that run is the one of `CRFLoss`, where it stands beside it without weights of
    words.

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
        """Counts the words of a batch: tags `(batch, words)` and a chain.

        Args:
            y_true: The tags.
            y_pred: The chain.
            sample_weight: Weights of texts, `(batch,)` or `(batch, 1)`, or of words,
                `(batch, words)`; those at padding do not count.

        Raises:
            ValueError: If the shapes do not fit.
        """
        parts = split_chain(y_pred)
        check_words(parts, y_true)
        beliefs = left_over(y_pred, "beliefs")
        beliefs = call_on(marginals, parts) if beliefs is None else beliefs
        chosen = ops.cast(ops.argmax(beliefs, axis=-1), "int32")
        if sample_weight is not None:
            _by_word(sample_weight, y_pred)  # refuses other shapes
        right = ops.equal(chosen, ops.cast(y_true, "int32"))
        counts = ops.cast(parts.mask, self.dtype)
        super().update_state(*each_word(right, counts, sample_weight))


def _required(chain: Any, tags: Any) -> tuple[Any, Any]:
    """Returns both; fails the step on TensorFlow if the tag of a word is none of the chain's."""
    parts = split_chain(chain)
    check_words(parts, tags)
    # Lengths that are not known before are compared in the step.
    if None in (np.shape(tags)[1], parts.potentials.shape[1]):
        words, given = ops.shape(parts.potentials)[1], ops.shape(tags)[1]
        message = f"Expected a tag for each word. {OF_A_CRF} Words of the chain, and tags:"
        chain, tags = require_in_step(
            ops.equal(words, given), message, (chain, tags), (words, given)
        )
        parts = split_chain(chain)
    require_in_step(
        ops.all(known_tags(parts, tags)),
        f"Expected tags from 0 to {parts.potentials.shape[-1] - 1} at words, got others. Only "
        "at padding may tags be anything.",
    )
    return chain, tags


def _by_word(sample_weight: Any, chain: Any) -> bool:
    """Tells weights `(batch, words)` from those of texts, which also have one column.

    Where the number of columns is not known yet, it is True: one column then holds for all words.
    """
    shape = tuple(np.shape(sample_weight))
    expected = tuple(split_chain(chain).potentials.shape[:2])
    words = shape[1] if len(shape) == 2 else 1
    if len(shape) > 2 or (words != 1 and None not in (words, expected[1]) and words != expected[1]):
        raise ValueError(
            "Expected sample_weight of shape (batch,), one for each text, or (batch, words) = "
            f"{expected}, one for each word, got {shape}."
        )
    return words != 1
