"""Masks: made from ids, joined with AND, and made safe for recurrent kernels."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def first_step_open(mask: Any) -> Any:
    """Opens the first step of each row that is masked throughout.

    cuDNN refuses batches with a row that has no valid step; set the result of such a row to zero.

    Args:
        mask: bool `(..., steps)`, True where a step counts.

    Returns:
        bool `(..., steps)`: equal to `mask`, but no row is all False.

    Example:
        >>> mask = ops.convert_to_tensor([[True, False], [False, False]])
        >>> ops.convert_to_numpy(first_step_open(mask)).tolist()
        [[True, False], [True, False]]
    """
    empty = ops.logical_not(ops.any(mask, axis=-1, keepdims=True))
    first = ops.logical_or(mask[..., :1], empty)
    return ops.concatenate([first, mask[..., 1:]], axis=-1)


@keras.saving.register_keras_serializable(package="nlp_builder")
class PaddingMask(keras.layers.Layer):
    """Turns ids into a boolean mask that is True where an id is not 0, the padding.

    Args:
        reduce_last_axis: With True the last axis is left out: a word of characters `(batch, words,
            chars)` counts if any of its characters does.
        **kwargs: `name` and the like of a Keras layer.

    Input shape: int `(batch, words)` or `(batch, words, chars)`. Output shape: bool, the same, or
    without the last axis.

    Example:
        >>> ids = ops.convert_to_tensor([[[5, 0], [0, 0]]])
        >>> ops.convert_to_numpy(PaddingMask(reduce_last_axis=True)(ids)).tolist()
        [[True, False]]
    """

    def __init__(self, *, reduce_last_axis: bool = False, **kwargs: Any) -> None:
        """Stores the arguments; see the class."""
        super().__init__(**kwargs)
        self.reduce_last_axis = reduce_last_axis
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Compares with 0; see the class for shapes."""
        mask = ops.not_equal(inputs, 0)
        return ops.any(mask, axis=-1) if self.reduce_last_axis else mask

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Returns None: the output is a mask and has none."""
        return None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Returns the shape of the ids, without the last axis if that is reduced."""
        return tuple(input_shape[:-1] if self.reduce_last_axis else input_shape)

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> keras.KerasTensor:
        """Returns the symbolic mask for symbolic ids."""
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), "bool")

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "reduce_last_axis": self.reduce_last_axis}


@keras.saving.register_keras_serializable(package="nlp_builder")
class MaskedConcatenate(keras.layers.Layer):
    """Concatenates along the last axis; a step counts only if it counts in every masked input.

    `keras.layers.Concatenate` joins masks with OR and takes an input without a mask as all True,
    so that one such input removes the mask of the others.

    Input shape: a list of `(batch, ..., dim_i)`. Output shape: `(batch, ..., sum of dim_i)`.

    Example:
        >>> from nlp_builder.layers import MaskedEmbedding
        >>> masked = MaskedEmbedding(5, 2)(keras.Input((None,), dtype="int32"))
        >>> joined = MaskedConcatenate()([masked, keras.Input((None, 3))])
        >>> joined.shape, joined._keras_mask.shape
        ((None, None, 5), (None, None))
    """

    def __init__(self, **kwargs: Any) -> None:
        """Takes `name`, `dtype` and the like of a Keras layer."""
        super().__init__(**kwargs)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Concatenates; see the class for shapes."""
        return ops.concatenate(inputs, axis=-1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Returns the AND of the masks that are there, or None if none is."""
        joined = None
        for part in mask if isinstance(mask, list | tuple) else [mask]:
            if part is not None:
                joined = part if joined is None else ops.logical_and(joined, part)
        return joined

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Returns the common leading axes and the summed last one.

        Raises:
            ValueError: If the inputs have different numbers of axes or no last dimension.
        """
        shapes = [tuple(shape) for shape in input_shape]
        if len({len(shape) for shape in shapes}) != 1 or any(s[-1] is None for s in shapes):
            raise ValueError(
                "Expected tensors with the same number of axes and a known last one, got shapes "
                f"{shapes}. Expand or reshape the odd one."
            )
        leading = (_known(sizes) for sizes in zip(*(s[:-1] for s in shapes), strict=True))
        return (*leading, sum(shape[-1] for shape in shapes))

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> keras.KerasTensor:
        """Returns the symbolic output for symbolic inputs."""
        shape = self.compute_output_shape([tensor.shape for tensor in inputs])
        return keras.KerasTensor(shape, self.compute_dtype)


def _known(sizes: tuple[int | None, ...]) -> int | None:
    known = {size for size in sizes if size is not None}
    if len(known) > 1:
        raise ValueError(f"Expected equal sizes before the last axis, got {sorted(known)}.")
    return known.pop() if known else None
