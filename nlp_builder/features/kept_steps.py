"""Which outputs of a Keras model have a vector for each step of an input, in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import keras
from keras import layers

from nlp_builder.layers import Digest, Folded, MaskedConcatenate

# The inputs, by number, whose steps a tensor keeps.
_Sources: TypeAlias = frozenset[int]
_NONE: _Sources = frozenset()

_WINDOWS = (
    *(layers.Conv1D, layers.SeparableConv1D, layers.DepthwiseConv1D),
    *(layers.MaxPooling1D, layers.AveragePooling1D),
)
_CONVOLVED = (layers.ConvLSTM1D, layers.ConvLSTM2D, layers.ConvLSTM3D)
_WRAPPERS = (layers.TimeDistributed, layers.SpectralNormalization, Folded)
_ATTENTION = (
    *(layers.Attention, layers.AdditiveAttention),
    *(layers.MultiHeadAttention, layers.GroupQueryAttention),
)
_JOINED = (
    *(layers.Add, layers.Average, layers.Maximum, layers.Minimum, layers.Multiply),
    *(layers.Subtract, layers.Masking, layers.RMSNormalization, MaskedConcatenate),
)
# Operations of `keras.ops`, whose classes have no public names.
_ELEMENTWISE = frozenset(
    (
        *("Abs", "Absolute", "Add", "Cast", "Celu", "Ceil", "Clip", "Copy", "Cos", "Divide"),
        *("DivideNoNan", "Elu", "Exp", "Expm1", "Floor", "Gelu", "HardSigmoid", "HardSilu"),
        *("HardTanh", "LeakyRelu", "Log", "Log10", "Log1p", "Log2", "LogSigmoid", "Logaddexp"),
        *("Maximum", "Minimum", "Multiply", "NanToNum", "Negative", "Power", "Reciprocal", "Relu"),
        *("Relu6", "Round", "Rsqrt", "Selu", "Sigmoid", "Sign", "Silu", "Sin", "SoftShrink"),
        *("Softplus", "Softsign", "Sqrt", "Square", "StopGradient", "Subtract", "Tanh"),
        *("TanhShrink", "Threshold", "TrueDivide", "Where"),
    )
)


def kept_inputs(model: keras.Model) -> list[frozenset[int]]:
    """Find out whose steps the outputs of a model have, each in its place.

    A recurrent layer that returns sequences keeps steps in their places, and so does a convolution
    with `padding="same"` or "causal" and no strides; pooling, `RepeatVector` and `Reshape` do not,
    nor does a layer that is not known and does not say by `supports_masking` that it does.

    Args:
        model: functional or sequential, with a defined input.

    Returns:
        For each output the numbers of the inputs whose steps it keeps, none if any part of the
        model on the way to it moves or ends steps.

    Example:
        >>> words = keras.Input((None, 4))
        >>> convolved = layers.Conv1D(3, 3, padding="same")(words)
        >>> decoded = layers.GRU(2, return_sequences=True)(layers.RepeatVector(6)(words[:, 0]))
        >>> kept_inputs(keras.Model(words, [convolved, decoded]))
        [frozenset({0}), frozenset()]
    """
    return _through(model, [frozenset({number}) for number in range(len(model.inputs))])


def _through(model: keras.Model, sources: Sequence[_Sources]) -> list[_Sources]:
    """Go through a model whose inputs keep the steps of `sources`."""
    graph = model._functional if isinstance(model, keras.Sequential) else model
    if graph is None or len(graph.inputs) != len(sources):
        return []
    found = {id(tensor): its for tensor, its in zip(graph.inputs, sources, strict=True)}
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        for node in graph._nodes_by_depth[depth]:
            if node.input_tensors:
                found.update(_behind(node, found))
    return [found.get(id(tensor), _NONE) for tensor in graph.outputs]


def _behind(node: Any, found: dict[int, _Sources]) -> dict[int, _Sources]:
    operation, read = node.operation, node.input_tensors
    if isinstance(operation, keras.Function | keras.Sequential):
        inner = _through(operation, [found.get(id(tensor), _NONE) for tensor in read])
        return {id(out): its for out, its in zip(node.outputs, inner, strict=False)}
    if isinstance(operation, _ATTENTION):
        read = [_query(node)]
    elif not _keeps(operation, len(read[0].shape)):
        return {}
    return {id(out): _joined(read, out, found) for out in node.outputs}


def _joined(read: Sequence[Any], output: Any, found: dict[int, _Sources]) -> _Sources:
    """Join the sources of all tensors that have the output's steps, if all of these have some."""
    axes = tuple(output.shape)[1:-1]
    # What has fewer axes, or one step for all, is the same for each step.
    stepwise = [found.get(id(part), _NONE) for part in read if tuple(part.shape)[1:-1] == axes]
    return frozenset().union(*stepwise) if axes and all(stepwise) else _NONE


def _query(node: Any) -> Any:
    query = node.arguments.args[0] if node.arguments.args else None
    if query is None:
        query = node.arguments.kwargs.get("query", node.arguments.kwargs.get("inputs"))
    return query[0] if isinstance(query, list | tuple) else query


def _keeps(operation: Any, rank: int) -> bool:
    """Tell whether an operation gives a vector for each step that it reads, in its place."""
    if isinstance(operation, _WRAPPERS):
        return _keeps_inside(operation, rank)
    if isinstance(operation, layers.Bidirectional):
        return _keeps(operation.forward_layer, rank)
    if isinstance(operation, layers.RNN):
        in_order = operation.return_sequences and not operation.go_backwards
        return bool(in_order and not isinstance(operation, _CONVOLVED))
    if isinstance(operation, Digest):
        return operation.return_sequences
    if isinstance(operation, _WINDOWS):
        return _window_for_each_step(operation)
    if isinstance(operation, layers.EinsumDense):
        read, _, written = operation.equation.replace(" ", "").partition("->")
        return bool(read.split(",")[0][:-1] == written[:-1])
    if type(operation).__name__ == "Concatenate":
        return operation.axis in (-1, rank - 1)
    if isinstance(operation, keras.layers.Layer):
        return isinstance(operation, _JOINED) or _says_so(operation)
    return type(operation).__name__ in _ELEMENTWISE


def _keeps_inside(wrapper: Any, rank: int) -> bool:
    layer, leading = wrapper.layer, getattr(wrapper, "leading", None)
    if leading is None:
        leading = 1 if isinstance(wrapper, layers.TimeDistributed) else 0
    if rank - leading == 2:
        return True  # a vector goes in, so that all steps are those that are gone along
    if isinstance(layer, keras.Function | keras.Sequential):
        return bool(layer.built) and kept_inputs(layer) == [frozenset({0})]
    return _keeps(layer, rank - leading)


def _window_for_each_step(layer: Any) -> bool:
    # Pooling keeps its strides as a number or a tuple, a depthwise convolution as a tuple.
    strides = layer.strides if isinstance(layer.strides, int) else max(layer.strides)
    in_place = layer.padding in ("same", "causal") and layer.data_format == "channels_last"
    return bool(in_place and strides == 1)


def _says_so(layer: keras.layers.Layer) -> bool:
    # The mask of such a layer's input is Keras' mask of its output.
    inherited = type(layer).compute_mask is keras.layers.Layer.compute_mask
    return bool(layer.supports_masking and inherited)
