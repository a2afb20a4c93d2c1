"""The LSTM over whole sequences by TensorFlow's fused kernel.

For TensorFlow alone: the layer imports this module when it is called.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf


class _Kept(NamedTuple):
    """A run of the kernel: what it got and what it made, as its gradient wants them."""

    arguments: dict[str, Any]
    made: Any


def lstm(
    inputs: Any,
    counts: Any,
    output: Any,
    carry: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any,
) -> tuple[Any, Any]:
    """Runs an LSTM with tanh and sigmoid, the long texts of a batch alone at the end.

    The kernel wants as many texts in each step. So it runs twice: over the first steps of all
    texts, and over the others of those texts that are longer, which begin with the states that the
    first run has left them.

    The gradient which TensorFlow has registered for the kernel is that of its first version, whose
    gates stand in another order: with it the gradients of all weights are wrong (seen on
    TensorFlow 2.21). So the right one is called here.

    Args:
        inputs: (total, dim), float32 as all that follows: the rows of the first step, then those of
            the second one, ...
        counts: (steps,) int32, how many rows each step has: that of the texts, and from some step
            on another number, whose texts are the first ones.
        output: (batch, units), the first state.
        carry: (batch, units), the first carry.
        kernel: (dim, 4 units), its gates in the order of Keras: input, forget, cell, output.
        recurrent_kernel: (units, 4 units).
        bias: (4 units,); the kernel adds nothing to that of the forget gate.

    Returns:
        Outputs and carries, each (total, units).
    """
    weights = tf.concat([kernel, recurrent_kernel], 0)
    early = tf.reduce_sum(tf.cast(tf.equal(counts, counts[0]), "int32"))
    late = tf.size(counts) - early
    # Without late steps there is one of no text.
    long = tf.where(late > 0, counts[-1], 0)
    return _twice((early, tf.maximum(late, 1), long), inputs, output, carry, weights, bias)


def _twice(sizes: tuple[Any, Any, Any], *arguments: Any) -> tuple[Any, Any]:
    early, late, long = sizes

    @tf.custom_gradient
    def run(inputs: Any, output: Any, carry: Any, weights: Any, bias: Any) -> Any:
        batch, dim = tf.shape(output)[0], inputs.shape[1]
        # (early, batch, dim), (late, long, dim)
        first, second = _parted(inputs, early * batch, (early, batch, dim), (late, long, dim))
        before = _run(first, output, carry, weights, bias)
        states = before.made.h[-1, :long], before.made.cs[-1, :long]
        behind = _run(second, *states, weights, bias)

        def gradient(by_outputs: Any, by_carries: Any) -> tuple[Any, ...]:
            units = output.shape[1]
            # (early, batch, units), (late, long, units) each
            by = [
                _parted(one, early * batch, (early, batch, units), (late, long, units))
                for one in (by_outputs, by_carries)
            ]
            last = _gradient(behind, by[0][1], by[1][1])
            by_first = (
                _with_last(by[0][0], last.h_prev_grad),
                _with_last(by[1][0], last.cs_prev_grad),
            )
            of_first = _gradient(before, *by_first)
            return (
                _joined(of_first.x_grad, last.x_grad),
                of_first.h_prev_grad,
                of_first.cs_prev_grad,
                of_first.w_grad + last.w_grad,
                of_first.b_grad + last.b_grad,
            )

        made = (before.made, behind.made)
        return (_joined(*(m.h for m in made)), _joined(*(m.cs for m in made))), gradient

    return run(*arguments)


def _run(inputs: Any, output: Any, carry: Any, weights: Any, bias: Any) -> _Kept:
    no_peephole = tf.zeros((output.shape[1],), inputs.dtype)
    arguments = {
        "seq_len_max": tf.shape(inputs, "int64")[0],
        "x": inputs,
        "h_prev": output,
        "cs_prev": carry,
        "w": weights,
        "b": bias,
        "use_peephole": False,
        **dict.fromkeys(("wci", "wcf", "wco"), no_peephole),
    }
    # Not positive: no carry is clipped.
    return _Kept(arguments, tf.raw_ops.BlockLSTMV2(**arguments, cell_clip=-1.0))


def _gradient(kept: _Kept, by_outputs: Any, by_carries: Any) -> Any:
    by = tf.raw_ops.BlockLSTMGradV2(
        **kept.arguments, **kept.made._asdict(), h_grad=by_outputs, cs_grad=by_carries
    )
    # Of no text the kernel leaves in them what the memory had before.
    some = tf.size(kept.arguments["x"]) > 0
    weights = (tf.where(some, one, tf.zeros_like(one)) for one in (by.w_grad, by.b_grad))
    return by._replace(**dict(zip(("w_grad", "b_grad"), weights, strict=True)))


def _parted(rows: Any, number: Any, first: Any, second: Any) -> tuple[Any, Any]:
    """Parts rows in two, each of a shape of its own."""
    return tf.reshape(rows[:number], first), tf.reshape(rows[number:], second)


def _joined(*parts: Any) -> Any:
    """Joins (steps, texts, dim) of both runs to (total, dim)."""
    return tf.concat([tf.reshape(part, (-1, part.shape[-1])) for part in parts], 0)


def _with_last(by_states: Any, by_long: Any) -> Any:
    """Adds the gradients of the late steps to those of the last state before them."""
    last = by_states[-1:]
    missing = tf.shape(last)[1] - tf.shape(by_long)[0]
    return tf.concat([by_states[:-1], last + tf.pad(by_long, [[0, missing], [0, 0]])], 0)
