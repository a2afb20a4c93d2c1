"""Rows of ids, such as the words of a batch, of which equal ones are looked at once."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from nlp_builder.layers.backends import as_distinct, distinct, taken


@keras.saving.register_keras_serializable(package="nlp_builder")
class DistinctRows(keras.layers.Layer):
    """Finds the distinct rows of ids, and where each of them stands.

    What is computed of a row, such as the digest of a word's characters, is then computed once for
    all its places, and `RowsAtPlaces` puts it there; its gradient is the sum over the places. Where
    shapes have to be known before, under XLA and on JAX, all rows count as distinct. Keras does not
    compile a model with this layer by XLA on TensorFlow, which would cost more than it saves.

    Args:
        in_training: With False all rows count as distinct in training, so that dropout makes
            another one of a row at each of its places.
        **kwargs: `name` and the like of a Keras layer.

    Input shape: int `(batch, ..., ids)`, of three axes or more. Output: the rows, int
    `(distinct, 1, ..., ids)` with as many axes as the input, in the order in which they come; and
    the number of the row at each place, int32 `(batch, ...)`.

    Example:
        >>> words = ops.convert_to_tensor([[[3, 4], [5, 0]], [[5, 0], [3, 4]]])
        >>> rows, places = DistinctRows()(words)
        >>> ops.convert_to_numpy(ops.take(rows, places, axis=0)[:, :, 0]).tolist()
        [[[3, 4], [5, 0]], [[5, 0], [3, 4]]]
    """

    def __init__(self, *, in_training: bool = True, **kwargs: Any) -> None:
        """Stores the arguments; see the class."""
        super().__init__(**{"autocast": False, **kwargs})
        self.in_training = in_training
        # "auto" then takes no XLA, under which every row would count as distinct.
        self.supports_jit = keras.backend.backend() != "tensorflow"
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> tuple[Any, Any]:
        """Returns rows and places; see the class for shapes."""
        *leading, size = ops.shape(inputs)
        # A row without ids is one as well, which -1 could not tell.
        rows = ops.reshape(inputs, (math.prod(leading), size))
        find = distinct if self.in_training or not training else as_distinct
        rows, places = find(rows)
        ones = (1,) * (len(leading) - 1)
        return ops.reshape(rows, (ops.shape(rows)[0], *ones, size)), ops.reshape(places, leading)

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Returns the symbolic outputs for symbolic ids."""
        *leading, size = inputs.shape
        ones = (1,) * (len(leading) - 1)
        return (
            keras.KerasTensor((None, *ones, size), inputs.dtype),
            keras.KerasTensor(tuple(leading), "int32"),
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON can hold them."""
        return {**super().get_config(), "in_training": self.in_training}


@keras.saving.register_keras_serializable(package="nlp_builder")
class RowsAtPlaces(keras.layers.Layer):
    """Puts what was made of distinct rows where the rows stand; the inverse of `DistinctRows`.

    Args:
        **kwargs: `name` and the like of a Keras layer.

    Input shape: a list of `(distinct, 1, ..., *rest)` and int32 `(batch, ...)`, with a 1 for each
    axis but the first of the places. Output shape: `(batch, ..., *rest)`; a mask goes along.

    Example:
        >>> digests = ops.convert_to_tensor([[[0.5]], [[0.25]]])
        >>> places = ops.convert_to_tensor([[0, 1], [1, 1]])
        >>> ops.convert_to_numpy(RowsAtPlaces()([digests, places]))[..., 0].tolist()
        [[0.5, 0.25], [0.25, 0.25]]
    """

    def __init__(self, **kwargs: Any) -> None:
        """Takes `name` and the like of a Keras layer."""
        super().__init__(**{"autocast": False, **kwargs})
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Looks up the rows; see the class for shapes."""
        rows, places = inputs
        ones = tuple(range(1, len(places.shape)))
        return taken(ops.squeeze(rows, ones) if ones else rows, places)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Returns the mask of the rows, `(distinct, 1, ...)`, at their places; None without one."""
        rows_mask = None if mask is None else mask[0]
        return None if rows_mask is None else self.call([rows_mask, inputs[1]])

    def compute_output_spec(self, inputs: Any) -> Any:
        """Returns the symbolic output for symbolic inputs."""
        rows, places = inputs
        shape = (*places.shape, *rows.shape[len(places.shape) :])
        return keras.KerasTensor(shape, rows.dtype)
