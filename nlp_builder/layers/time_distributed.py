"""Keras' TimeDistributed, right for steps of any number."""

from __future__ import annotations

import math
from typing import Any, final

import keras
from keras import ops


@final
@keras.saving.register_keras_serializable(package="nlp_builder")
class TimeDistributed(keras.layers.TimeDistributed):
    """`keras.layers.TimeDistributed`, which on TensorFlow reads each batch at its own length.

    Keras' layer goes along the steps one by one. On TensorFlow, where their number is not known, it
    keeps that of the first batch: batches of another length fail, or lose steps. This layer folds
    the steps into the batch, runs the inner layer once, and unfolds its output. Arguments, config,
    weights and masks are those of Keras' layer. A `Dense` needs neither: it works on the last axis.
    For layers that read the steps of each step, such as characters of words, see `Folded`.

    Args:
        layer: The layer that is applied to each step.
        **kwargs: See `keras.layers.TimeDistributed`.

    Input shape: `(batch, steps, ...)`, mask bool `(batch, steps, ...)`. Output shape:
        `(batch, steps, *output of the layer)`.

    Raises:
        ValueError: If `layer` is no Keras layer, or the inputs or a mask have too few axes.

    Example:
        >>> scores = TimeDistributed(keras.layers.Dense(3))
        >>> scores(ops.ones((2, 5, 4))).shape, scores(ops.ones((1, 7, 4))).shape
        (TensorShape([2, 5, 3]), TensorShape([1, 7, 3]))
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Applies the layer to each step; see the class for shapes."""
        if mask is not None and not _fits(mask.shape, inputs.shape):
            raise ValueError(
                "Expected a mask that begins with the batch and the steps of the inputs, "
                f"{tuple(inputs.shape[:2])}, got one of shape {tuple(mask.shape)}."
            )
        options: dict[str, Any] = {}
        if self.layer._call_has_mask_arg and mask is not None:
            options["mask"] = _folded(mask)
        if self.layer._call_has_training_arg:
            options["training"] = training
        # (batch * steps, ...)
        outputs = self.layer.call(_folded(inputs), **options)
        batch, steps = ops.shape(inputs)[:2]
        return ops.reshape(outputs, (batch, steps, *ops.shape(outputs)[1:]))


def _folded(tensor: Any) -> Any:
    shape = ops.shape(tensor)
    return ops.reshape(tensor, (math.prod(shape[:2]), *shape[2:]))


def _fits(mask: Any, inputs: Any) -> bool:
    pairs = zip(mask[:2], inputs[:2], strict=False)
    return len(mask) >= 2 and all(None in pair or pair[0] == pair[1] for pair in pairs)
