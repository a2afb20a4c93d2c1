"""A model whose outputs have different lengths, in a form that Keras can put one after another."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np

# A graph costs seconds to trace, and shares all weights with its model, which it does not hold.
_GRAPHS: WeakKeyDictionary[keras.Model, keras.Model] = WeakKeyDictionary()


def flat_graph(model: keras.Model) -> keras.Model:
    """Return a model that gives each output of a batch as one flat vector, and its shape.

    Keras makes a ragged tensor of outputs of different lengths, slowly, or fails. Vectors are put
    one after another.

    Args:
        model: a functional model.

    Returns:
        A model of the same inputs; for each output a vector (numbers,) and a row (1, axes). The
        same for the same model.
    """
    if model not in _GRAPHS:
        pairs = [_Flatten()(output) for output in model.outputs]
        _GRAPHS[model] = keras.Model(model.inputs, [tensor for pair in pairs for tensor in pair])
    return _GRAPHS[model]


def unflatten(numbers: np.ndarray, shapes: np.ndarray) -> list[np.ndarray]:
    """Return the batches of one output.

    Args:
        numbers: (numbers,) of all batches.
        shapes: (batches, axes).

    Returns:
        An array for each batch.

    Example:
        >>> [array.tolist() for array in unflatten(np.arange(5), np.array([[1, 3], [2, 1]]))]
        [[[0, 1, 2]], [[3], [4]]]
    """
    ends = np.cumsum(np.prod(shapes, axis=1))
    parts = np.split(numbers, ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


class _Flatten(keras.layers.Layer):
    """(batch, ...) to float32 (numbers,) and int32 (1, axes)."""

    def __init__(self) -> None:
        super().__init__(dtype="float32")
        self.supports_masking = True

    def call(self, tensor: Any) -> tuple[Any, Any]:
        """Return the numbers and the shape."""
        sizes = [keras.ops.cast(size, "int32") for size in keras.ops.shape(tensor)]
        numbers = keras.ops.reshape(keras.ops.cast(tensor, "float32"), (-1,))
        return numbers, keras.ops.expand_dims(keras.ops.stack(sizes), 0)

    def compute_mask(self, tensor: Any, mask: Any = None) -> None:
        """Return no mask: the numbers have no steps any more."""
        return None

    def compute_output_spec(self, tensor: Any) -> tuple[Any, Any]:
        """Return what `call` returns, symbolically."""
        rank = len(tensor.shape)
        return keras.KerasTensor((None,), "float32"), keras.KerasTensor((None, rank), "int32")
