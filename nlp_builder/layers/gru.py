"""Keras' GRU, faster on a CPU."""

from __future__ import annotations

from typing import Any, final

import keras
from keras import tree

from nlp_builder.layers.whole_sequences import read_sequences, takes_kernel, weights_of


@final
@keras.saving.register_keras_serializable(package="nlp_builder")
class GRU(keras.layers.GRU):
    """`keras.layers.GRU`, which on a CPU runs with a gradient written by hand.

    Its arguments, first weights, results, gradients and config are those of Keras' layer, and its
    files are as those of `LSTM`. TensorFlow has no kernel for such a GRU, but a loop that leaves
    out texts which have ended, and products for all steps at once, save time and tracing. The layer
    takes it on TensorFlow without a GPU and without XLA (`jit_compile`), in float32 or mixed
    precision, if activations are "tanh" and "sigmoid", `reset_after` is True and there is neither
    `recurrent_dropout` nor `unroll`. Elsewhere it is Keras' own layer, which is cuDNN on a GPU.
    Masks may be of any form. There are no second derivatives.

    Args:
        units: Units of the output.
        use_cudnn: "auto" for this loop where it may be taken; False for Keras' loop, as exports to
            ONNX and the like want it; True for cuDNN or an error. It is in no config.
        **kwargs: See `keras.layers.GRU`.

    Input shape: `(batch, steps, dim)`, mask bool `(batch, steps)`. Output shape: `(batch, units)`
    or, with `return_sequences`, `(batch, steps, units)`.

    Example:
        >>> GRU(8, return_sequences=True)(keras.ops.ones((2, 5, 3))).shape[1:]
        TensorShape([5, 8])
    """

    packed = True

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool | None = False
    ) -> tuple[Any, Any, Any]:
        """Runs our loop, or Keras'; see the class."""
        mask = mask[0] if tree.is_nested(mask) else mask
        if not self.runs_kernel(sequences, mask):
            return super().inner_loop(sequences, initial_state, mask, training)
        states = initial_state if tree.is_nested(initial_state) else [initial_state]
        return read_sequences(self, sequences, states, mask, training)

    def runs_kernel(self, sequences: Any, mask: Any) -> bool:
        """Tells whether our loop does what Keras' does, here and now; see `ReadsWhole`."""
        return bool(self.reset_after) and takes_kernel(self, sequences, mask)

    def run_kernel(self, inputs: Any, counts: Any, *states: Any) -> tuple[Any, ...]:
        """Runs our loop; see `ReadsWhole`."""
        from nlp_builder.layers.gru_kernel import gru  # it imports TensorFlow

        return (gru(inputs, counts, *states, *weights_of(self, (2, 3 * self.units))),)
