"""Embedding whose padding row is zeros and stays zeros."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nlp_builder.layers.seeding import seeded_initializer


@keras.saving.register_keras_serializable(package="nlp_builder")
class MaskedEmbedding(keras.layers.Layer):
    """Turns ids into vectors; id 0 is padding and always gives zeros.

    The mask of the output is `ids != 0`. Row 0 of the matrix starts as zeros and takes no gradient,
    so that optimisers, also with weight decay, leave it there.

    Args:
        input_dim: Number of ids, padding included.
        output_dim: Length of a vector.
        embeddings_initializer: Initialiser of rows 1 and up.
        random_seed: Seed given to `embeddings_initializer` where it has none of its own.
        **kwargs: `name`, `dtype`, `trainable` of a Keras layer.

    Input shape: int `(batch, ...)`. Output shape: `(batch, ..., output_dim)`.

    Raises:
        ValueError: If a dimension is not a positive integer.

    Example:
        >>> layer = MaskedEmbedding(10, 4, random_seed=1)
        >>> vectors = layer(np.array([[3, 0]]))
        >>> tuple(vectors.shape), float(ops.sum(ops.abs(vectors[0, 1])))
        ((1, 2, 4), 0.0)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        *,
        embeddings_initializer: Any = "random_normal",
        random_seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Checks and stores the arguments; see the class."""
        super().__init__(**kwargs)
        for name, value in (("input_dim", input_dim), ("output_dim", output_dim)):
            if not isinstance(value, int | np.integer) or value < 1:
                raise ValueError(f"{name} must be a positive integer, got {value!r}.")
        self.input_dim = int(input_dim)
        self.output_dim = int(output_dim)
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)
        self.random_seed = random_seed
        self.supports_masking = True

    def build(self, input_shape: Any = None) -> None:
        """Makes the matrix, `(input_dim, output_dim)`, with zeros in row 0."""
        self.embeddings = self.add_weight(
            shape=(self.input_dim, self.output_dim),
            initializer=self._initial_matrix,
            name="embeddings",
            autocast=False,  # casting a few rows after the look-up is cheaper than the whole matrix
        )
        self.built = True

    def set_matrix(self, matrix: Any) -> None:
        """Replaces the matrix, for example by vectors read from a file.

        Args:
            matrix: `(input_dim, output_dim)`; row 0 must be zeros.

        Raises:
            ValueError: If the shape differs or row 0 is not zeros.

        Example:
            >>> layer = MaskedEmbedding(2, 3)
            >>> layer.set_matrix([[0, 0, 0], [1, 2, 3]])
            >>> ops.convert_to_numpy(layer(np.array([1]))).tolist()
            [[1.0, 2.0, 3.0]]
        """
        matrix = np.asarray(matrix)
        expected = (self.input_dim, self.output_dim)
        if matrix.shape != expected:
            raise ValueError(f"Expected a matrix of shape {expected}, got {matrix.shape}.")
        if np.any(matrix[0]):
            raise ValueError("Row 0 is padding and must be zeros; set matrix[0] = 0 first.")
        if not self.built:
            self.build()
        self.embeddings.assign(matrix)

    def call(self, inputs: Any) -> Any:
        """Looks up the vectors; see the class for shapes."""
        ids = ops.cast(inputs, _type_of_ids(inputs))
        # (batch, ..., output_dim)
        vectors = ops.cast(_embedded(self.embeddings, ids), self.compute_dtype)
        return vectors * ops.cast(ops.not_equal(ids, 0), vectors.dtype)[..., None]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Returns `inputs != 0`, bool of the shape of the ids."""
        return ops.not_equal(inputs, 0)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Returns the shape of the ids with `output_dim` behind it."""
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> keras.KerasTensor:
        """Returns the symbolic output for symbolic ids."""
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON can hold them."""
        initializer = keras.initializers.serialize(self.embeddings_initializer)
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "embeddings_initializer": initializer,
            "random_seed": self.random_seed,
        }

    def _initial_matrix(self, shape: tuple[int, int], dtype: Any = None) -> Any:
        initializer = seeded_initializer(self.embeddings_initializer, self.random_seed)
        rows = initializer((shape[0] - 1, shape[1]), dtype=dtype)
        return ops.concatenate([ops.zeros((1, shape[1]), dtype=dtype), rows], axis=0)


def _embedded(matrix: Any, ids: Any) -> Any:
    if keras.backend.backend() != "tensorflow":
        return ops.take(matrix, ids, axis=0)
    from nlp_builder.layers import moved_rows  # it imports TensorFlow, which others may do without

    return moved_rows.embedded(matrix, ids)


def _type_of_ids(tensor: Any) -> str:
    """Returns one that TensorFlow looks up by, and that holds what the tensor has."""
    given = keras.backend.standardize_dtype(tensor.dtype)
    return "int64" if given in ("int64", "uint32", "uint64") else "int32"
