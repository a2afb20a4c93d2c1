"""Recurrent layers over the last sequence axis, whatever stands before it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nlp_builder.layers.gru import GRU
from nlp_builder.layers.lstm import LSTM
from nlp_builder.layers.masking import first_step_open
from nlp_builder.layers.seeding import derived_seeds, seeded_initializer
from nlp_builder.layers.whole_sequences import read_stack, reads_as_stack

RNN_TYPES = {"rnn": keras.layers.SimpleRNN, "gru": GRU, "lstm": LSTM}

# These change what a recurrent layer returns or needs, so that a digest could not work.
_DECIDED_HERE = ("go_backwards", "return_state", "stateful", "units")
_LAYER_ARGUMENTS = ("name", "dtype", "trainable")
_INITIALIZERS = {
    "kernel_initializer": "glorot_uniform",
    "recurrent_initializer": "orthogonal",
    "bias_initializer": "zeros",
}


@keras.saving.register_keras_serializable(package="nlp_builder")
class Digest(keras.layers.Layer):
    """Reads sequences with recurrent layers and gives one vector for each, or for each step.

    The axes between batch and steps are folded into the batch, so that a character digest of
    `(batch, words, chars, dim)` gives `(batch, words, units)` in one run. A row without a valid
    step gives zeros, and no such row reaches a recurrent kernel.

    Args:
        units: Units of each layer and direction.
        rnn_type: "rnn", "gru" or "lstm".
        stacked_layers: How many recurrent layers stand on each other.
        bidirectional: Reads in both directions and concatenates, which doubles the last axis.
        return_sequences: Gives a vector for each step; padded steps give zeros.
        masking: With False the recurrence runs through padded steps as well.
        random_seed: Seed of all weights and of dropout.
        **kwargs: `name`, `dtype`, `trainable`; the rest goes to each Keras RNN layer
            (`dropout`, `kernel_regularizer`, ...).

    Input shape: `(batch, ..., steps, dim)`, mask bool `(batch, ..., steps)`. Output shape:
    `(batch, ..., units)` or, with `return_sequences`, `(batch, ..., steps, units)`.

    Raises:
        ValueError: If `rnn_type` is unknown, `units` or `stacked_layers` is not positive, or an
            argument of the recurrent layer is one that the digest decides.

    Example:
        >>> layer = Digest(8, "gru", bidirectional=True)
        >>> layer(keras.Input((None, 12, 5))).shape
        (None, None, 16)
    """

    def __init__(
        self,
        units: int,
        rnn_type: str = "lstm",
        *,
        stacked_layers: int = 1,
        bidirectional: bool = False,
        return_sequences: bool = False,
        masking: bool = True,
        random_seed: int = 42,
        **kwargs: Any,
    ) -> None:
        """Checks and stores the arguments; see the class."""
        super().__init__(**{name: kwargs.pop(name) for name in _LAYER_ARGUMENTS if name in kwargs})
        _check(units, rnn_type, stacked_layers)
        _check_rnn_arguments(kwargs)
        self.units = int(units)
        self.rnn_type = rnn_type
        self.stacked_layers = int(stacked_layers)
        self.bidirectional = bidirectional
        self.return_sequences = return_sequences
        self.masking = masking
        self.random_seed = random_seed
        self.rnn_kwargs = kwargs
        self.supports_masking = True
        self.rnn_layers = [self._rnn(index) for index in range(self.stacked_layers)]

    def build(self, input_shape: Any) -> None:
        """Builds the recurrent layers for the last axis of the input."""
        shape = (None, None, input_shape[-1])
        for layer in self.rnn_layers:
            # What was set before they had weights, by the constructor or by a file, holds for them.
            layer.trainable = self.trainable
            layer.build(shape)
            shape = (None, None, self._output_dim)
        self.built = True

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        """Runs the recurrent layers; see the class for shapes."""
        *leading, steps, dim = ops.shape(inputs)
        # (rows, steps, dim); a new tensor, so that no implicit mask of the old one comes along
        outputs = ops.reshape(inputs, (-1, steps, dim))
        # (rows, steps)
        rows_mask = None if mask is None else ops.reshape(ops.cast(mask, "bool"), (-1, steps))
        opened = first_step_open(rows_mask) if self.masking and mask is not None else None
        outputs = self._read(outputs, opened, training)
        if rows_mask is not None:
            outputs = outputs * ops.cast(self._kept(rows_mask), outputs.dtype)
        tail = (steps, self._output_dim) if self.return_sequences else (self._output_dim,)
        return ops.reshape(outputs, (*leading, *tail)) if len(leading) > 1 else outputs

    def _read(self, sequences: Any, mask: Any, training: bool | None) -> Any:
        if reads_as_stack(self.rnn_layers, sequences, mask, training):
            return ops.cast(read_stack(self.rnn_layers, sequences, mask), self.compute_dtype)
        for layer in self.rnn_layers:
            sequences = layer(sequences, mask=mask, training=training)
        return sequences

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Returns the mask itself with `return_sequences`, else whether any step counts."""
        if mask is None or self.return_sequences:
            return mask
        # After one sequence axis nothing is left to be masked.
        return ops.any(mask, axis=-1) if len(mask.shape) > 2 else None

    def compute_output_shape(self, input_shape: Any, **kwargs: Any) -> tuple[int | None, ...]:
        """Returns the leading axes, the steps if sequences are returned, and the units."""
        leading = input_shape[:-1] if self.return_sequences else input_shape[:-2]
        return (*leading, self._output_dim)

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> keras.KerasTensor:
        """Returns the symbolic output for a symbolic input."""
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON can hold them."""
        return {
            **super().get_config(),
            "units": self.units,
            "rnn_type": self.rnn_type,
            "stacked_layers": self.stacked_layers,
            "bidirectional": self.bidirectional,
            "return_sequences": self.return_sequences,
            "masking": self.masking,
            "random_seed": self.random_seed,
            **{k: keras.saving.serialize_keras_object(v) for k, v in self.rnn_kwargs.items()},
        }

    @property
    def _output_dim(self) -> int:
        return self.units * (2 if self.bidirectional else 1)

    def _kept(self, rows_mask: Any) -> Any:
        # (rows, steps, 1)
        if self.return_sequences and self.masking:
            return rows_mask[..., None]
        # (rows, 1), or (rows, 1, 1) for sequences
        kept = ops.any(rows_mask, axis=-1, keepdims=True)
        return kept[..., None] if self.return_sequences else kept

    def _rnn(self, index: int) -> Any:
        seeds = derived_seeds(self.random_seed, 8 * (index + 1))[8 * index :]
        inner = index < self.stacked_layers - 1
        # What a layer makes of padding is read by none: zeros need no look for what to repeat.
        more = {"return_sequences": self.return_sequences or inner, "zero_output_for_mask": inner}
        forward = self._one_direction(f"forward_{index}", seeds[:4], **more)
        if not self.bidirectional:
            return forward
        backward = self._one_direction(f"backward_{index}", seeds[4:], go_backwards=True, **more)
        return keras.layers.Bidirectional(
            forward, backward_layer=backward, name=f"both_{index}", dtype=self.dtype_policy
        )

    def _one_direction(self, name: str, seeds: list[int], **more: Any) -> Any:
        arguments = {"seed": seeds[0], **more, **self.rnn_kwargs}
        for (key, default), seed in zip(_INITIALIZERS.items(), seeds[1:], strict=True):
            arguments[key] = seeded_initializer(arguments.get(key, default), seed)
        return RNN_TYPES[self.rnn_type](self.units, name=name, dtype=self.dtype_policy, **arguments)


def _check(units: Any, rnn_type: Any, stacked_layers: Any) -> None:
    for name, value in (("units", units), ("stacked_layers", stacked_layers)):
        if not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name} must be a positive integer, got {value!r}.")
    if rnn_type not in RNN_TYPES:
        known = ", ".join(repr(name) for name in RNN_TYPES)
        raise ValueError(f"rnn_type must be one of {known}, got {rnn_type!r}.")


def _check_rnn_arguments(arguments: dict[str, Any]) -> None:
    for name in _DECIDED_HERE:
        if name in arguments:
            raise ValueError(
                f"{name}={arguments[name]!r} cannot be handed to the recurrent layers, since the "
                "digest decides it. Leave it out, or write the recurrent layer by hand."
            )
