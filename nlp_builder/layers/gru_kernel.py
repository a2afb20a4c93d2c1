"""The GRU over whole sequences, with a gradient written by hand.

The products with the inputs are one product for all steps, and so are those of which the gradients
of the weights consist; a loop keeps what the gradient needs, and leaves out texts that have ended.
Both gates stand in one array and the candidate in another, so that no columns are copied. Each step
has two halves that know nothing of each other, so that two cores can work on it.

For TensorFlow alone: the layer imports this module when it is called.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import tensorflow as tf


class _Kept(NamedTuple):
    """What the loop keeps of each half, (texts, units or 2 units) in a `tf.TensorArray` each."""

    before: Any
    gates: Any
    inner: Any
    candidate: Any
    after: Any


class _By(NamedTuple):
    """Gradients by what stands in the activations of each half, in arrays like those of `_Kept`."""

    gates: Any
    candidate: Any
    inner: Any


_Steps = TypeVar("_Steps", _Kept, _By)


def gru(inputs: Any, counts: Any, state: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> Any:
    """Runs a GRU with tanh and sigmoid, whose reset gate is applied after the product.

    Source: K. Cho et al., "Learning phrase representations using RNN encoder-decoder for
    statistical machine translation", 2014, https://arxiv.org/abs/1406.1078, in the form of
    cuDNN: `h' = z h + (1 - z) tanh(x K + b + r (h R + c))`.

    Args:
        inputs: (total, dim), float32 as all that follows: the rows of the first step, then those
            of the second one, ...
        counts: (steps,) int32, how many rows each step has, never more than the step before. The
            first half of the rows, and the one in the middle, go on with the first half of the step
            before, the second half with the second half.
        state: (batch, units), the first one, in halves alike.
        kernel: (dim, 3 units), its gates in the order of Keras: update, reset, candidate.
        recurrent_kernel: (units, 3 units).
        bias: (2, 3 units), of the inputs and of the state.

    Returns:
        The states after each step, (total, units).
    """
    units = recurrent_kernel.shape[0]
    # (rows, 2 units), (rows, units) each: of the gates, of the candidate
    of_inputs, of_state, biases = (
        tf.split(weight, [2 * units, units], axis=1) for weight in (kernel, recurrent_kernel, bias)
    )
    of_candidate, of_inner = tf.unstack(biases[1])
    # The bias of the state counts among the inputs where no gate stands between.
    gates = tf.nn.bias_add(tf.matmul(inputs, of_inputs[0]), tf.reduce_sum(biases[0], 0))
    candidates = tf.nn.bias_add(tf.matmul(inputs, of_inputs[1]), of_candidate)
    # (2 steps,): rows of each half
    halves = tf.reshape(tf.stack([_first_half(counts), counts // 2], 1), [-1])
    return _recurrence(halves, gates, candidates, state, *of_state, of_inner)


def _recurrence(halves: Any, *arguments: Any) -> Any:
    """Runs the loop of the steps.

    Args:
        halves: (2 steps,) int32, how many rows the halves of each step have.
        *arguments: what the inputs give to the gates, (total, 2 units), and to the candidate,
            (total, units); the first state, (batch, units); the recurrent kernels of the gates,
            (units, 2 units), and of the candidate, (units, units), and the latter's bias, (units,).

    Returns:
        The states after each step, (total, units).
    """

    @tf.custom_gradient
    def run(
        gates: Any, candidates: Any, state: Any, of_gates: Any, of_inner: Any, bias: Any
    ) -> Any:
        kept = _forward(halves, gates, candidates, state, of_gates, of_inner, bias)

        def gradient(upstream: Any) -> list[Any]:
            by_states, by = _backward(halves, upstream, of_gates, of_inner, kept)
            # (total, 2 units), then (total, units) each
            by_gates, by_candidate, by_inner = (one.concat() for one in by)
            before = kept.before.concat()
            return _once(
                by_gates,
                by_candidate,
                _joined(by_states, tf.shape(state)[0]),
                tf.matmul(before, by_gates, transpose_a=True),
                tf.matmul(before, by_inner, transpose_a=True),
                tf.reduce_sum(by_inner, 0),
            )

        return kept.after.concat(), gradient

    return run(*arguments)


def _forward(
    halves: Any, gates: Any, candidates: Any, state: Any, of_gates: Any, of_inner: Any, bias: Any
) -> _Kept:
    units = of_inner.shape[0]
    gates_of, candidate_of = _split(gates, halves), _split(candidates, halves)

    def half(number: Any, state: Any) -> tuple[Any, ...]:
        # (texts, 2 units)
        gates = gates_of.read(number)
        # (texts, units) each
        state = state[: tf.shape(gates)[0]]
        gates = tf.sigmoid(gates + tf.matmul(state, of_gates))
        update, reset = tf.split(gates, 2, axis=1)
        inner = tf.nn.bias_add(tf.matmul(state, of_inner), bias)
        candidate = tf.tanh(candidate_of.read(number) + reset * inner)
        return state, gates, inner, candidate, candidate + update * (state - candidate)

    def step(number: Any, states: Any, kept: _Kept) -> tuple[Any, Any, _Kept]:
        both = [half(number + place, state) for place, state in enumerate(states)]
        return number + 2, [made[-1] for made in both], _written(kept, number, both)

    number = tf.size(halves)
    kept = _arrays(_Kept, number, units)
    middle = _first_half(tf.shape(state)[0])
    return tf.while_loop(
        lambda at, *_: at < number,
        step,
        (0, [state[:middle], state[middle:]], kept),
        shape_invariants=_shapes(units, kept),
    )[2]


def _backward(
    halves: Any, upstream: Any, of_gates: Any, of_inner: Any, kept: _Kept
) -> tuple[list[Any], _By]:
    units = of_inner.shape[0]
    upstream_of = _split(upstream, halves)
    from_gates, from_inner = tf.transpose(of_gates), tf.transpose(of_inner)

    def half(number: Any, by_state: Any) -> tuple[Any, ...]:
        before, gates, inner, candidate, _ = (one.read(number) for one in kept)
        # (texts, units) each
        update, reset = tf.split(gates, 2, axis=1)
        by_after = upstream_of.read(number) + _longer(by_state, tf.shape(before)[0])
        passed = by_after * update
        by_candidate = tf.raw_ops.TanhGrad(y=candidate, dy=by_after - passed)
        by_inner = by_candidate * reset
        # (texts, 2 units)
        by_both = tf.concat([by_after * (before - candidate), by_candidate * inner], axis=1)
        by_gates = tf.raw_ops.SigmoidGrad(y=gates, dy=by_both)
        # (texts, units)
        by_state = passed + tf.matmul(by_gates, from_gates) + tf.matmul(by_inner, from_inner)
        return by_gates, by_candidate, by_inner, by_state

    def step(number: Any, by_states: Any, by: _By) -> tuple[Any, Any, _By]:
        both = [half(number + place, by_state) for place, by_state in enumerate(by_states)]
        return number - 2, [made[-1] for made in both], _written(by, number, both)

    number = tf.size(halves)
    by = _arrays(_By, number, units)
    return tf.while_loop(
        lambda at, *_: at >= 0,
        step,
        (number - 2, [tf.zeros((0, units))] * 2, by),
        shape_invariants=_shapes(units, by),
    )[1:]


def _once(*gradients: Any) -> list[Any]:
    """Refuses second derivatives, which would miss what the loop kept."""
    message = "our GRU has no second derivatives: make the layer with use_cudnn=False"
    return [tf.raw_ops.PreventGradient(input=one, message=message) for one in gradients]


def _first_half(number: Any) -> Any:
    return (number + 1) // 2


def _joined(halves: Any, number: Any) -> Any:
    """Joins two halves of so many rows, with zeros for rows that have no step."""
    first, second = halves
    middle = _first_half(number)
    return tf.concat([_longer(first, middle), _longer(second, number - middle)], 0)


def _longer(values: Any, number: Any) -> Any:
    """Adds rows of zeros."""
    return tf.pad(values, [[0, number - tf.shape(values)[0]], [0, 0]])


def _arrays(kind: type[_Steps], steps: Any, units: int) -> _Steps:
    """Makes an array of steps for each field; both gates stand side by side."""
    widths = (2 * units if field == "gates" else units for field in kind._fields)
    return kind(*(_empty(steps, width) for width in widths))


def _empty(steps: Any, width: int) -> Any:
    return tf.TensorArray(
        "float32", steps, element_shape=(None, width), clear_after_read=False, infer_shape=False
    )


def _split(values: Any, halves: Any) -> Any:
    return _empty(tf.size(halves), values.shape[1]).split(values, halves)


def _written(arrays: _Steps, number: Any, both: list[tuple[Any, ...]]) -> _Steps:
    """Writes what was made of both halves of a step, as far as there are arrays for it."""
    for place, made in enumerate(both):
        written = (one.write(number + place, new) for one, new in zip(arrays, made, strict=False))
        arrays = type(arrays)(*written)
    return arrays


def _shapes(units: int, arrays: Any) -> tuple[Any, ...]:
    anything = type(arrays)(*(tf.TensorShape(None),) * len(arrays))
    return tf.TensorShape(()), [tf.TensorShape((None, units))] * 2, anything
