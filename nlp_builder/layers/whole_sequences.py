"""When a recurrent layer may take a kernel over whole sequences, and what the kernel gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import keras
from keras import ops

from nlp_builder.layers.backends import traced_for_xla
from nlp_builder.layers.left_over import leave, left_over

if TYPE_CHECKING:
    from nlp_builder.layers.time_steps import Steps

_TANH = (keras.activations.tanh, ops.tanh)
_SIGMOID = (keras.activations.sigmoid, ops.sigmoid)


@runtime_checkable
class ReadsWhole(Protocol):
    """A recurrent layer of Keras with a kernel over whole sequences.

    Args:
        packed: whether the kernel can leave out texts that have ended.
        activity_regularizer: Keras' own.
        dropout: Keras' own, of the inputs.
    """

    packed: bool
    activity_regularizer: Any
    dropout: float

    def runs_kernel(self, sequences: Any, mask: Any) -> bool:
        """Tells whether the kernel does what the layer's own loop does, here and now."""

    def run_kernel(self, inputs: Any, counts: Any, *states: Any) -> tuple[Any, ...]:
        """Runs the kernel.

        Args:
            inputs: rows of all steps (total, dim), float32 as all that follows.
            counts: (steps,), how many of them each step has; see `Steps`.
            *states: the first ones of the rows of the first step, (counts[0], units).

        Returns:
            The states after each step, each (total, units).
        """


def takes_kernel(layer: Any, sequences: Any, mask: Any) -> bool:
    """Tells whether a kernel does what the layer's own loop does, here and now.

    Args:
        layer: `keras.layers.LSTM` or `GRU`.
        sequences: (batch, length, dim), what it is called with.
        mask: (batch, length), or None.

    Returns:
        True on TensorFlow without a GPU and not under XLA, if the layer is one that cuDNN could
        run as well, in float32 or less.
    """
    return bool(
        keras.backend.backend() == "tensorflow"
        and layer.use_cudnn == "auto"
        and not layer.unroll
        and layer.cell.activation in _TANH
        and layer.cell.recurrent_activation in _SIGMOID
        # Another one has a dropout mask for each gate, and it is what recurrent dropout takes.
        and layer.cell.implementation == 2
        and keras.backend.standardize_dtype(sequences.dtype) in ("float32", "float16", "bfloat16")
        and (mask is None or len(mask.shape) == 2)
        and _on_plain_cpu()
    )


def read_sequences(
    layer: Any,
    sequences: Any,
    states: Sequence[Any],
    mask: Any,
    training: bool | None,
) -> tuple[Any, Any, list[Any]]:
    """Runs the kernel of a layer over sequences.

    Args:
        layer: one that runs its kernel; see `ReadsWhole`.
        sequences: (batch, length, dim).
        states: the initial ones, each (batch, units).
        mask: (batch, length) or (1, length) of any type that casts to bool, or None.
        training: whether inputs are dropped.

    Returns:
        What Keras' `inner_loop` returns: the output at the last step, (batch, units); all outputs,
        (batch, length, units), or the last one if these are not asked for; and the last states,
        or the first ones if these are not asked for.
    """
    steps = _steps_of(layer, sequences, mask)
    if training and layer.dropout:
        # (batch, 1, dim): the same for all steps, as cuDNN gets it
        sequences = sequences * layer.cell.get_dropout_mask(sequences[:, 0, :])[:, None]
    first = [ops.cast(state, "float32") for state in states]
    arranged = steps.arranged(ops.cast(sequences, "float32"))
    made = layer.run_kernel(arranged, steps.counts, *map(steps.states, first))
    if layer.return_state or layer.stateful:
        states = [steps.last_state(*pair) for pair in zip(made, first, strict=True)]
    if not layer.return_sequences:
        last = steps.last_output(made[0], first[0])
        return last, last, [*states]
    outputs = steps.outputs(made[0])
    return outputs[:, -1], outputs, [*states]


def reads_as_stack(layers: Sequence[Any], sequences: Any, mask: Any, training: bool | None) -> bool:
    """Tells whether the kernels of layers can hand their rows to each other.

    Args:
        layers: recurrent layers upon each other, or what wraps them.
        sequences: (batch, length, dim), what the first one is called with.
        mask: (batch, length), or None.
        training: whether inputs are dropped, which is done to whole sequences.

    Returns:
        True if each of them is one for `read_stack`.
    """
    return len({type(layer) for layer in layers}) == 1 and all(
        isinstance(layer, ReadsWhole)
        and layer.runs_kernel(sequences, mask)
        and layer.activity_regularizer is None
        and not (training and layer.dropout)
        for layer in layers
    )


def read_stack(layers: Sequence[Any], sequences: Any, mask: Any) -> Any:
    """Runs layers upon each other that read in one direction, whose steps are arranged once.

    Args:
        layers: those for which `reads_as_stack` is true.
        sequences: (batch, length, dim).
        mask: (batch, length), or None.

    Returns:
        What the last layer returns, in float32: its outputs, (batch, length, units), or the last
        one, (batch, units).
    """
    steps = _steps_of(layers[-1], sequences, mask)
    # (total, dim)
    rows = steps.arranged(ops.cast(sequences, "float32"))
    for layer in layers:
        states = layer.get_initial_state(ops.shape(sequences)[0])
        first = [ops.cast(state, "float32") for state in states]
        # (total, units)
        rows = layer.run_kernel(rows, steps.counts, *map(steps.states, first))[0]
    return steps.outputs(rows) if layers[-1].return_sequences else steps.last_output(rows, first[0])


def _steps_of(layer: Any, sequences: Any, mask: Any) -> Steps:
    from nlp_builder.layers import time_steps  # it imports TensorFlow, which others may do without

    batch, length = ops.shape(sequences)[:2]
    options = {"backwards": layer.go_backwards, "packed": layer.packed}
    if mask is None:
        return time_steps.AllSteps(batch, length, **options)
    options["zeros"] = layer.zero_output_for_mask
    # Layers upon each other mostly have one mask: it takes time to be traced, and to be run.
    one_for_all = mask.shape[0] == 1  # as many texts as the sequences have
    found = None if one_for_all else left_over(mask, str(options))
    if found is None:
        # (batch, length)
        whole = ops.broadcast_to(ops.cast(mask, "bool"), (batch, length))
        found = time_steps.RealSteps(whole, **options)
        leave(mask, str(options), found)
    elif mask.shape[0] is None:
        found.require(batch)  # the mask may be one, and was spread over other sequences
    return found


def weights_of(layer: Any, bias_shape: tuple[int, ...]) -> list[Any]:
    """Returns kernel, recurrent kernel and bias in float32; without a bias, zeros.

    Args:
        layer: `keras.layers.LSTM` or `GRU`, built.
        bias_shape: of the bias.

    Returns:
        Three tensors.
    """
    cell = layer.cell
    bias = ops.zeros(bias_shape) if cell.bias is None else cell.bias
    return [ops.cast(weight, "float32") for weight in (cell.kernel, cell.recurrent_kernel, bias)]


def _on_plain_cpu() -> bool:
    """Tells whether no GPU is there, for which Keras has cuDNN, and XLA does not compile."""
    import tensorflow as tf

    return not tf.config.list_logical_devices("GPU") and not traced_for_xla()
