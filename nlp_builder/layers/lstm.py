"""Keras' LSTM, fast on a CPU."""

from __future__ import annotations

from typing import Any, final

import keras
from keras import tree

from nlp_builder.layers.whole_sequences import read_sequences, takes_kernel, weights_of


@final
@keras.saving.register_keras_serializable(package="nlp_builder")
class LSTM(keras.layers.LSTM):
    """`keras.layers.LSTM`, which on a CPU runs as one kernel instead of a loop of a graph.

    Its arguments, first weights, results, gradients and config are those of Keras' layer.
    TensorFlow has a kernel for whole sequences, which takes a part of the time on short texts, and
    less to trace. The layer takes it on TensorFlow without a GPU and without XLA (`jit_compile`),
    in float32 or mixed precision, if activations are "tanh" and "sigmoid" and there is neither
    `recurrent_dropout` nor `unroll`. Elsewhere it is Keras' own layer, which is cuDNN on a GPU.
    Masks may be of any form. The kernel has no second derivatives, and a `tf.function` that was
    traced before one with `jit_compile` calls it has the kernel in it: XLA then refuses it.

    Args:
        units: Units of the output.
        use_cudnn: "auto" for the kernel where it may be taken; False for Keras' loop, as exports to
            ONNX and the like want it; True for cuDNN or an error. It is in no config.
        **kwargs: See `keras.layers.LSTM`.

    Input shape: `(batch, steps, dim)`, mask bool `(batch, steps)`. Output shape: `(batch, units)`
    or, with `return_sequences`, `(batch, steps, units)`.

    Example:
        >>> LSTM(8, return_sequences=True)(keras.ops.ones((2, 5, 3))).shape[1:]
        TensorShape([5, 8])

    `load_weights` reads what a model with either layer has saved, `.weights.h5` or `.keras`. A
    saved model of Keras' layer stays one. Where this package is not imported, Keras reads a model
    of this layer as its own with `custom_objects={"nlp_builder>LSTM": keras.layers.LSTM}`.
    """

    packed = False

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool | None = False
    ) -> tuple[Any, Any, Any]:
        """Runs the kernel, or Keras' loop; see the class."""
        mask = mask[0] if tree.is_nested(mask) else mask
        if not self.runs_kernel(sequences, mask):
            return super().inner_loop(sequences, initial_state, mask, training)
        return read_sequences(self, sequences, initial_state, mask, training)

    def runs_kernel(self, sequences: Any, mask: Any) -> bool:
        """Tells whether the kernel does what Keras' loop does, here and now; see `ReadsWhole`."""
        return takes_kernel(self, sequences, mask)

    def run_kernel(self, inputs: Any, counts: Any, *states: Any) -> tuple[Any, ...]:
        """Runs the kernel; see `ReadsWhole`."""
        from nlp_builder.layers.lstm_kernel import lstm  # it imports TensorFlow

        shape = (keras.ops.shape(counts)[0], keras.ops.shape(states[0])[0], inputs.shape[-1])
        weights = weights_of(self, (4 * self.units,))
        made = lstm(keras.ops.reshape(inputs, shape), *states, *weights)
        return tuple(keras.ops.reshape(one, (-1, self.units)) for one in made)
