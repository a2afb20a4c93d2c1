"""The LSTM over whole sequences by TensorFlow's fused kernel.

For TensorFlow alone: the layer imports this module when it is called.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf


@tf.custom_gradient
def lstm(
    inputs: Any, output: Any, carry: Any, kernel: Any, recurrent_kernel: Any, bias: Any
) -> tuple[Any, Any]:
    """Runs an LSTM with tanh and sigmoid.

    The gradient which TensorFlow has registered for the kernel is that of its first version, whose
    gates stand in another order: with it the gradients of all weights are wrong (seen on
    TensorFlow 2.21). So the right one is called here.

    Args:
        inputs: (steps, batch, dim), float32 as all that follows.
        output: (batch, units), the first state.
        carry: (batch, units), the first carry.
        kernel: (dim, 4 units), its gates in the order of Keras: input, forget, cell, output.
        recurrent_kernel: (units, 4 units).
        bias: (4 units,); the kernel adds nothing to that of the forget gate.

    Returns:
        Outputs and carries, each (steps, batch, units).
    """
    no_peephole = tf.zeros((recurrent_kernel.shape[0],), inputs.dtype)
    arguments = {
        "seq_len_max": tf.shape(inputs, "int64")[0],
        "x": inputs,
        "h_prev": output,
        "cs_prev": carry,
        "w": tf.concat([kernel, recurrent_kernel], 0),
        "b": bias,
        "use_peephole": False,
        **dict.fromkeys(("wci", "wcf", "wco"), no_peephole),
    }
    # Not positive: no carry is clipped.
    made = tf.raw_ops.BlockLSTMV2(**arguments, cell_clip=-1.0)

    def gradient(by_outputs: Any, by_carries: Any) -> tuple[Any, ...]:
        by = tf.raw_ops.BlockLSTMGradV2(
            **arguments, **made._asdict(), h_grad=by_outputs, cs_grad=by_carries
        )
        # Of no text the kernel leaves in them what the memory had before.
        some = tf.size(inputs) > 0
        by_weights, by_bias = (
            tf.where(some, one, tf.zeros_like(one)) for one in (by.w_grad, by.b_grad)
        )
        by_kernels = tf.split(by_weights, [kernel.shape[0], recurrent_kernel.shape[0]])
        return (by.x_grad, by.h_prev_grad, by.cs_prev_grad, *by_kernels, by_bias)

    return (made.h, made.cs), gradient
