"""Convolution and pooling that leave padding out."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nlp_builder.layers.backends import extreme


@keras.saving.register_keras_serializable(package="nlp_builder")
class MaskedConv1D(keras.layers.Conv1D):
    """A convolution that reads padding as zeros, and hands the mask on.

    `keras.layers.Conv1D` warns that it drops the mask, and what it makes of the last words depends
    on what stands in the padding. Weights and arguments are those of that layer.

    Args:
        filters: Number of features of a step.
        kernel_size: Steps that are read at once.
        padding: "same" or "causal": steps stay in their places.
        **kwargs: As of `keras.layers.Conv1D`, but no strides.

    Raises:
        ValueError: If steps would not stay in their places.

    Example:
        >>> words = keras.layers.Masking()(keras.Input((None, 3)))
        >>> convolved = MaskedConv1D(4, 3)(words)
        >>> convolved.shape, convolved._keras_mask.shape
        ((None, None, 4), (None, None))
    """

    def __init__(
        self, filters: int, kernel_size: int, padding: str = "same", **kwargs: Any
    ) -> None:
        """Checks the arguments; see the class."""
        super().__init__(filters, kernel_size, padding=padding, **kwargs)
        if padding not in ("same", "causal") or self.strides != (1,):
            raise ValueError(
                f"expected padding 'same' or 'causal' and strides of 1, got {padding!r} and "
                f"{self.strides[0]}: each step keeps its place"
            )
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Convolves; see the class."""
        if mask is not None:
            inputs = inputs * ops.cast(ops.expand_dims(mask, -1), inputs.dtype)
        return super().call(inputs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Returns the mask as it is."""
        return mask


@keras.saving.register_keras_serializable(package="nlp_builder")
class MaskedMaxPooling(keras.layers.Layer):
    """The largest value of each feature among the steps that count; zeros where none does.

    `keras.layers.GlobalMaxPooling1D` takes padding for steps.

    Input shape: `(batch, steps, dim)`, with a mask or without. Output shape: `(batch, dim)`.

    Example:
        >>> steps = ops.array([[[-2.0], [-1.0], [0.0]]])
        >>> mask = ops.array([[True, True, False]])
        >>> ops.convert_to_numpy(MaskedMaxPooling()(steps, mask=mask)).tolist()
        [[-1.0]]
    """

    def __init__(self, **kwargs: Any) -> None:
        """Takes `name`, `dtype` and the like of a Keras layer."""
        super().__init__(**kwargs)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Pools; see the class for shapes."""
        if mask is None and inputs.shape[1]:
            return ops.max(inputs, axis=1)
        if mask is None:  # there may be no steps
            mask = ops.ones(ops.shape(inputs)[:2], dtype="bool")
        # (batch, steps, 1)
        counts = ops.expand_dims(mask, -1)
        least = -65504.0 if inputs.dtype == "float16" else -1e30
        counted = ops.where(counts, inputs, ops.cast(least, inputs.dtype))
        best = extreme(ops.max, counted, axis=1)
        return ops.where(ops.any(counts, axis=1), best, ops.zeros_like(best))

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Returns None: a text has one vector."""
        return None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Returns `(batch, dim)`."""
        return (input_shape[0], input_shape[-1])


@keras.saving.register_keras_serializable(package="nlp_builder")
class AttentionPooling(keras.layers.Layer):
    """The mean of the steps that count, each weighted by how much a learnt vector attends to it.

    Source: Z. Yang et al., "Hierarchical attention networks for document classification", NAACL
    2016, https://aclanthology.org/N16-1174, equations 5 to 7.

    Args:
        units: Size of the hidden layer that scores a step.
        kernel_initializer: Of both matrices of scores.
        **kwargs: `name`, `dtype` and the like of a Keras layer.

    Input shape: `(batch, steps, dim)`, with a mask or without. Output shape: `(batch, dim)`, zeros
    for a text without steps.

    Raises:
        ValueError: If `units` is not a positive whole number.

    Example:
        >>> pooled = AttentionPooling(8)(keras.Input((None, 4)))
        >>> pooled.shape
        (None, 4)
    """

    def __init__(
        self, units: int, kernel_initializer: Any = "glorot_uniform", **kwargs: Any
    ) -> None:
        """Stores the arguments; see the class."""
        super().__init__(**kwargs)
        if not isinstance(units, int) or isinstance(units, bool) or units < 1:
            raise ValueError(f"units must be a positive whole number, got {units!r}")
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Makes the matrix of the hidden layer, its bias, and the vector that attends."""
        sizes = {"kernel": (input_shape[-1], self.units), "attention": (self.units, 1)}
        self.kernel, self.attention = (
            self.add_weight(name=name, shape=shape, initializer=self.kernel_initializer)
            for name, shape in sizes.items()
        )
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        self.built = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Pools; see the class for shapes."""
        # (batch, steps, units)
        hidden = ops.tanh(ops.matmul(inputs, self.kernel) + self.bias)
        # (batch, steps, 1) in float32, where a softmax over many steps is exact
        scores = ops.cast(ops.matmul(hidden, self.attention), "float32")
        weights = ops.exp(scores - extreme(ops.max, scores, axis=1, keepdims=True))
        if mask is not None:
            weights = weights * ops.cast(ops.expand_dims(mask, -1), "float32")
        total = ops.maximum(ops.sum(weights, axis=1, keepdims=True), 1e-30)
        return ops.sum(inputs * ops.cast(weights / total, inputs.dtype), axis=1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Returns None: a text has one vector."""
        return None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Returns `(batch, dim)`."""
        return (input_shape[0], input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON can hold them."""
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
