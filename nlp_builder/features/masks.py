"""Masks of the outputs of Keras models: one value for each vector."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import reduce
from typing import Any

from keras import ops

from nlp_builder.features.shapes import Connection
from nlp_builder.layers import mask_by_vector


def connected(output: Any, kept: Sequence[Connection], leading: int = 0) -> Connection:
    """Give a model's output its mask, and let Keras know of it.

    Args:
        output: as for `mask_of`.
        kept: as for `mask_of`.
        leading: as for `mask_of`.

    Returns:
        The output, with the same mask beside it and as Keras' own.

    Example:
        >>> import keras
        >>> words, mask = keras.Input((6, 4)), keras.Input((6,), dtype="bool")
        >>> convolved = keras.layers.Conv1D(3, 3, padding="same")(words)
        >>> connected(convolved, [Connection(words, mask)]).outputs._keras_mask is mask
        True
    """
    mask = mask_of(output, kept, leading)
    with contextlib.suppress(AttributeError):  # arrays of JAX hold nothing
        output._keras_mask = mask
    return Connection(output, mask)


def mask_of(output: Any, kept: Sequence[Connection], leading: int = 0) -> Any:
    """Find the mask of a model's output.

    Args:
        output: a Keras tensor (batch, *leading, ..., dim), as `Folded` returns it.
        kept: the inputs whose steps the model keeps in their places on the way to the output.
        leading: the number of axes that the model was applied along.

    Returns:
        Keras' own mask of the model's output if there is one; else the masks of `kept`, joined by
        AND, and of the rows that the model was applied to. Boolean (batch, *leading, ...), one
        value for each vector of `output`; None if nothing is masked, or there are no steps.

    Example:
        >>> import keras
        >>> words, mask = keras.Input((6, 4)), keras.Input((6,), dtype="bool")
        >>> convolved = keras.layers.Conv1D(3, 3, padding="same")(words)
        >>> mask_of(convolved, [Connection(words, mask)]) is mask
        True
    """
    own = getattr(output, "_keras_mask", None)
    found = [own]
    if own is None or len(own.shape) <= 1 + leading:
        axes = tuple(output.shape)[1:-1]
        found += [mask for tensor, mask in kept if tuple(tensor.shape)[1:-1] == axes]
    fitted = [mask_by_vector(mask, output) for mask in found]
    return reduce(_both, fitted, None)


def _both(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return ops.logical_and(one, other)
