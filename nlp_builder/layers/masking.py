"""Masks: joined with AND, brought to all steps, and made safe for recurrent kernels."""

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


def mask_by_vector(mask: Any, tensor: Any) -> Any:
    """Gives a mask a value for each vector of its tensor.

    Args:
        mask: bool `(batch, ...)`, of fewer or more axes than `tensor` has vectors along; or None.
        tensor: `(batch, ..., dim)`.

    Returns:
        Bool, of the axes of `tensor` but the last: what counts as a whole counts in all its steps,
        and a vector that was made of steps counts if any of these does. None if `tensor` has no
        steps, or the mask is one of other sizes.

    Example:
        >>> tuple(mask_by_vector(ops.ones((2, 6), "bool"), ops.zeros((2, 6, 4, 3))).shape)
        (2, 6, 4)
    """
    if mask is None:
        return None
    rank = len(tensor.shape) - 1
    if rank < 2 or not _same_sizes(mask, tensor, rank):
        return None
    if len(mask.shape) > rank:
        return ops.any(mask, axis=tuple(range(rank, len(mask.shape))))
    if len(mask.shape) == rank:
        return mask
    # (batch, ..., 1, 1)
    whole = ops.expand_dims(mask, tuple(range(len(mask.shape), rank)))
    return ops.logical_and(whole, ops.ones_like(tensor[..., 0], dtype="bool"))


def _same_sizes(mask: Any, tensor: Any, rank: int) -> bool:
    pairs = list(zip(mask.shape, tensor.shape[:rank], strict=False))
    return all(None in pair or pair[0] == pair[1] for pair in pairs[1:])


@keras.saving.register_keras_serializable(package="nlp_builder")
class OpenFirstStep(keras.layers.Layer):
    """Hands its input on, with a mask of which no row is all padding, as `first_step_open` has it.

    Input and output shape: `(batch, steps, ...)`.

    Example:
        >>> vectors = keras.layers.Masking()(ops.zeros((1, 2, 3)))
        >>> ops.convert_to_numpy(OpenFirstStep()(vectors)._keras_mask).tolist()
        [[True, False]]
    """

    def __init__(self, **kwargs: Any) -> None:
        """Takes `name`, `dtype` and the like of a Keras layer."""
        super().__init__(**kwargs)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Returns a tensor of its own, since Keras leaves a mask that a tensor has."""
        return ops.copy(inputs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Returns the mask with the first step of empty rows; None if there is none."""
        return None if mask is None else first_step_open(mask)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape of the input."""
        return tuple(input_shape)


@keras.saving.register_keras_serializable(package="nlp_builder")
class MaskedConcatenate(keras.layers.Layer):
    """Concatenates along the last axis; a step counts only if it counts in every masked input.

    What is masked as a whole, a mask `(batch, words)` of `(batch, words, chars, dim)`, is masked in
    all its steps.

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
        if mask is None:
            return None
        joined = None
        for part, tensor in zip(mask, inputs, strict=True):
            its = mask_by_vector(part, tensor)
            if its is not None:
                joined = its if joined is None else ops.logical_and(joined, its)
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
