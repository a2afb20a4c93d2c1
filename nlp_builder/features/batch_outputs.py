"""Outputs of a Keras model for batches of any sizes, in one graph."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Sequence
from typing import Any, final

import keras
import numpy as np


@final
class BatchOutputs:
    """Computes what `keras.Model.predict_on_batch` does, where TensorFlow traces the model once.

    Keras traces it for the sizes of the first batch, and again when they change; and it counts the
    traces of all models together, so that TensorFlow warns of too many where there are few. Here
    the graph is that of the sizes which the model's inputs leave open. Threads share one.

    Where a model is compiled for XLA or runs eagerly, and on other backends, Keras does it all.

    Args:
        model: functional or sequential.

    Example:
        >>> ids = keras.Input((None,), dtype="int32")
        >>> outputs = BatchOutputs(keras.Model(ids, ids * 2))
        >>> outputs([np.array([[1, 2, 3]])]).tolist(), outputs([np.array([[4]])]).tolist()
        ([[2, 4, 6]], [[8]])
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self._traced: Callable[..., Any] | None = None
        self._lock = threading.Lock()

    def __call__(self, arrays: Sequence[np.ndarray]) -> Any:
        """Compute the outputs.

        Args:
            arrays: one for each input of the model.

        Returns:
            NumPy arrays, as the model arranges its outputs.
        """
        model = self.model
        if (
            keras.backend.backend() != "tensorflow"
            or model.run_eagerly
            or model.jit_compile
            or model.distribute_strategy.num_replicas_in_sync > 1
        ):
            return model.predict_on_batch(_arranged(model, arrays))
        tf = importlib.import_module("tensorflow")
        with self._lock:
            if self._traced is None:
                self._traced = _traced(tf, model)
        tensors = [
            tf.convert_to_tensor(array, given.dtype)
            for array, given in zip(arrays, model.inputs, strict=True)
        ]
        return keras.tree.map_structure(keras.ops.convert_to_numpy, self._traced(*tensors))


def _arranged(model: keras.Model, given: Sequence[Any]) -> Any:
    """Return what there is for each input as the model has its inputs: one alone is no list."""
    return keras.tree.pack_sequence_as(model.input, [*given])


def _traced(tf: Any, model: keras.Model) -> Callable[..., Any]:
    @tf.function
    @tf.autograph.experimental.do_not_convert
    def outputs(*tensors: Any) -> Any:
        return model(_arranged(model, tensors), training=False)

    sizes = [tf.TensorSpec(tuple(given.shape), given.dtype) for given in model.inputs]
    return outputs.get_concrete_function(*sizes)
