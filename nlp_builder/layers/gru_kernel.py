"""The GRU over whole sequences, with a gradient written by hand.

The products with the inputs are one product for all steps, and so are those of which the gradients
of the weights consist; a loop keeps what the gradient needs, and leaves out texts that have ended.

For TensorFlow alone: the layer imports this module when it is called.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf


class _Kept(NamedTuple):
    """What the loop keeps of each step, each (texts, units) in a `tf.TensorArray`."""

    before: Any
    update: Any
    reset: Any
    inner: Any
    candidate: Any
    after: Any


def gru(inputs: Any, counts: Any, state: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> Any:
    """Runs a GRU with tanh and sigmoid, whose reset gate is applied after the product.

    Source: K. Cho et al., "Learning phrase representations using RNN encoder-decoder for
    statistical machine translation", 2014, https://arxiv.org/abs/1406.1078, in the form of
    cuDNN: `h' = z h + (1 - z) tanh(x K + b + r (h R + c))`.

    Args:
        inputs: (total, dim), the rows of the first step, then those of the second one, ...
        counts: (steps,) int32, how many rows each step has, never more than the step before.
        state: (batch, units), the first one.
        kernel: (dim, 3 units), its gates in the order of Keras: update, reset, candidate.
        recurrent_kernel: (units, 3 units).
        bias: (2, 3 units), of the inputs and of the state.

    Returns:
        The states after each step, (total, units).
    """

    @tf.custom_gradient
    def run(inputs: Any, state: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> Any:
        kept = _forward(inputs, counts, state, kernel, recurrent_kernel, bias)

        def gradient(upstream: Any) -> tuple[Any, ...]:
            # (batch, units), (total, 3 units) twice
            by_state, by_gates, by_inner = _backward(upstream, counts, recurrent_kernel, kept)
            missing = tf.shape(state)[0] - tf.shape(by_state)[0]
            return _once(
                tf.matmul(by_gates, kernel, transpose_b=True),
                tf.pad(by_state, [[0, missing], [0, 0]]),
                tf.matmul(inputs, by_gates, transpose_a=True),
                tf.matmul(kept.before.concat(), by_inner, transpose_a=True),
                tf.stack([tf.reduce_sum(by_gates, 0), tf.reduce_sum(by_inner, 0)]),
            )

        return kept.after.concat(), gradient

    return run(inputs, state, kernel, recurrent_kernel, bias)


def _forward(
    inputs: Any, counts: Any, state: Any, kernel: Any, recurrent_kernel: Any, bias: Any
) -> _Kept:
    units = recurrent_kernel.shape[0]
    steps = tf.size(counts)
    # The bias of the state counts among the inputs where no gate stands between.
    at_gates = bias[0, : 2 * units] + bias[1, : 2 * units]
    projected = tf.matmul(inputs, kernel) + tf.concat([at_gates, bias[0, 2 * units :]], 0)
    # (total, 2 units), (total, units)
    gates, candidates = tf.split(projected, [2 * units, units], axis=1)
    gates, candidates = _array(steps, gates, counts), _array(steps, candidates, counts)
    of_gates, of_candidate = tf.split(recurrent_kernel, [2 * units, units], axis=1)

    def step(number: Any, state: Any, kept: _Kept) -> tuple[Any, Any, _Kept]:
        gate = gates.read(number)
        state = state[: tf.shape(gate)[0]]
        # (texts, units) each
        update, reset = tf.split(tf.sigmoid(gate + tf.matmul(state, of_gates)), 2, axis=1)
        inner = tf.matmul(state, of_candidate) + bias[1, 2 * units :]
        candidate = tf.tanh(candidates.read(number) + reset * inner)
        after = candidate + update * (state - candidate)
        made = (state, update, reset, inner, candidate, after)
        written = (one.write(number, new) for one, new in zip(kept, made, strict=True))
        return number + 1, after, _Kept(*written)

    shape = tf.TensorShape((None, units))
    kept = _Kept(*(_empty(steps, shape, inputs.dtype) for _ in _Kept._fields))
    return tf.while_loop(
        lambda number, *_: number < steps,
        step,
        (0, state, kept),
        shape_invariants=(tf.TensorShape(()), shape, _Kept(*(tf.TensorShape(None),) * len(kept))),
    )[2]


def _backward(upstream: Any, counts: Any, recurrent_kernel: Any, kept: _Kept) -> tuple[Any, ...]:
    units = recurrent_kernel.shape[0]
    steps = tf.size(counts)
    upstream_of = _array(steps, upstream, counts)
    turned = tf.transpose(recurrent_kernel)

    def step(number: Any, by_state: Any, gates: Any, inners: Any) -> tuple[Any, ...]:
        before, update, reset, inner, candidate, _ = (one.read(number) for one in kept)
        missing = tf.shape(before)[0] - tf.shape(by_state)[0]
        # (texts, units) each: by the state after the step, then by what stands in the activations
        by_after = upstream_of.read(number) + tf.pad(by_state, [[0, missing], [0, 0]])
        passed = by_after * update
        by_candidate = tf.raw_ops.TanhGrad(y=candidate, dy=by_after - passed)
        by_update = tf.raw_ops.SigmoidGrad(y=update, dy=by_after * (before - candidate))
        by_reset = tf.raw_ops.SigmoidGrad(y=reset, dy=by_candidate * inner)
        # (texts, 3 units)
        by_inner = tf.concat([by_update, by_reset, by_candidate * reset], axis=1)
        by_state = passed + tf.matmul(by_inner, turned)
        return (
            number - 1,
            by_state,
            gates.write(number, by_candidate),
            inners.write(number, by_inner),
        )

    shape = tf.TensorShape((None, units))
    anything = tf.TensorShape(None)
    _, by_state, candidates, inners = tf.while_loop(
        lambda number, *_: number >= 0,
        step,
        (
            steps - 1,
            tf.zeros((0, units), upstream.dtype),
            _empty(steps, shape, upstream.dtype),
            _empty(steps, tf.TensorShape((None, 3 * units)), upstream.dtype),
        ),
        shape_invariants=(tf.TensorShape(()), shape, anything, anything),
    )
    # (total, 3 units)
    by_inner = inners.concat()
    by_gates = tf.concat([by_inner[:, : 2 * units], candidates.concat()], axis=1)
    return by_state, by_gates, by_inner


def _once(*gradients: Any) -> tuple[Any, ...]:
    """Refuses second derivatives, which would miss what the loop kept."""
    message = "our GRU has no second derivatives: make the layer with use_cudnn=False"
    return tuple(tf.raw_ops.PreventGradient(input=one, message=message) for one in gradients)


def _empty(steps: Any, shape: Any, dtype: Any) -> Any:
    return tf.TensorArray(
        dtype, steps, element_shape=shape, clear_after_read=False, infer_shape=False
    )


def _array(steps: Any, values: Any, counts: Any) -> Any:
    shape = tf.TensorShape((None, values.shape[-1]))
    return _empty(steps, shape, values.dtype).split(values, counts)
