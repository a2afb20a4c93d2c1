"""Embedding of which some rows are trained and others are given vectors."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nlp_builder.layers.masked_embedding import MaskedEmbedding


@keras.saving.register_keras_serializable(package="nlp_builder")
class PartlyFrozenEmbedding(keras.layers.Layer):
    """Turns ids into vectors from two matrices, of which the given one is frozen.

    Id 0 is padding and always gives zeros. Ids 1 to `num_trained` are rows that training moves; 1
    is the unknown word. The `num_given` ids behind them are rows of given vectors, weights that no
    optimiser sees, so that weight decay does not move them either. The mask of the output is
    `ids != 0`.

    Args:
        num_trained: Number of trained rows, padding not included.
        num_given: Number of given rows.
        output_dim: Length of a vector.
        given_trainable: Whether training moves the given rows as well.
        embeddings_initializer: Initialiser of the trained rows. The given ones are zeros until they
            are set.
        random_seed: Seed given to `embeddings_initializer` where it has none of its own.
        **kwargs: `name`, `dtype`, `trainable` of a Keras layer. `trainable` set to False freezes
            both matrices; set to True again it thaws what was trained before.

    Input shape: int `(batch, ...)`. Output shape: `(batch, ..., output_dim)`.

    Raises:
        ValueError: If a number is too small or no integer.

    Example:
        >>> layer = PartlyFrozenEmbedding(1, 2, 3)
        >>> layer.set_matrices(given=[[1, 2, 3], [4, 5, 6]])
        >>> ops.convert_to_numpy(layer(np.array([3, 0]))).tolist()
        [[4.0, 5.0, 6.0], [0.0, 0.0, 0.0]]
    """

    def __init__(
        self,
        num_trained: int,
        num_given: int,
        output_dim: int,
        *,
        given_trainable: bool = False,
        embeddings_initializer: Any = "random_normal",
        random_seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Checks and stores the arguments; see the class."""
        super().__init__(**kwargs)
        for name, value, least in (("num_trained", num_trained, 1), ("num_given", num_given, 0)):
            if not isinstance(value, int | np.integer) or value < least:
                raise ValueError(f"{name} must be an integer, {least} or more, got {value!r}.")
        self.num_trained = int(num_trained)
        self.num_given = int(num_given)
        self.output_dim = output_dim
        self.given_trainable = given_trainable
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)
        self.random_seed = random_seed
        self.supports_masking = True
        self.trained = self._part("trained", self.num_trained, self.embeddings_initializer)
        self.given = self._part("given", self.num_given, "zeros")
        self.output_dim = self.trained.output_dim

    @property
    def trainable(self) -> bool:
        """Whether training moves the trained rows, and the given ones if they are to be trained."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        keras.layers.Layer.trainable.fset(self, value)
        self.given.trainable = bool(value) and self.given_trainable

    def build(self, input_shape: Any = None) -> None:
        """Makes both matrices, each with zeros in row 0."""
        # What was set before there were weights, by the constructor or by a file, holds for them.
        self.trained.trainable = self.trainable
        self.given.trainable = self.trainable and self.given_trainable
        self.trained.build()
        self.given.build()
        self.built = True

    def set_matrices(self, trained: Any = None, given: Any = None) -> None:
        """Replaces the trained rows, the given ones or both.

        Args:
            trained: `(num_trained, output_dim)`, or None to leave them; the first is the unknown
                word.
            given: `(num_given, output_dim)`, or None to leave them.

        Raises:
            ValueError: If a shape differs.

        Example:
            >>> layer = PartlyFrozenEmbedding(1, 1, 2)
            >>> layer.set_matrices(trained=[[1, 2]], given=[[3, 4]])
            >>> ops.convert_to_numpy(layer(np.array([1, 2]))).tolist()
            [[1.0, 2.0], [3.0, 4.0]]
        """
        if not self.built:
            self.build()
        rows = (trained, self.num_trained, self.trained), (given, self.num_given, self.given)
        for matrix, number, part in rows:
            if matrix is not None:
                matrix = _checked(matrix, (number, self.output_dim))
                padding = np.zeros((1, self.output_dim), matrix.dtype)
                part.set_matrix(np.concatenate([padding, matrix]))

    def call(self, inputs: Any) -> Any:
        """Looks up the vectors; see the class for shapes."""
        ids = ops.cast(inputs, "int32")
        # One of the two is zeros, so that the sum is the other to the bit.
        trained = self.trained(ops.where(ids > self.num_trained, 0, ids))
        return trained + self.given(ops.maximum(ids - self.num_trained, 0))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Returns `inputs != 0`, bool of the shape of the ids."""
        return self.trained.compute_mask(inputs)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Returns the shape of the ids with `output_dim` behind it."""
        return self.trained.compute_output_shape(input_shape)

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> keras.KerasTensor:
        """Returns the symbolic output for symbolic ids."""
        return self.trained.compute_output_spec(inputs)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON can hold them."""
        return {
            **super().get_config(),
            "num_trained": self.num_trained,
            "num_given": self.num_given,
            "output_dim": self.output_dim,
            "given_trainable": self.given_trainable,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer),
            "random_seed": self.random_seed,
        }

    def _part(self, name: str, rows: int, initializer: Any) -> MaskedEmbedding:
        return MaskedEmbedding(
            rows + 1,
            self.output_dim,
            embeddings_initializer=initializer,
            random_seed=self.random_seed,
            name=name,
            dtype=self.dtype_policy,
        )


def _checked(matrix: Any, expected: tuple[int, int]) -> Any:
    matrix = np.asarray(matrix)
    if matrix.shape != expected:
        raise ValueError(f"Expected a matrix of shape {expected}, got {matrix.shape}.")
    return matrix
