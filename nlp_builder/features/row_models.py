"""Which Keras models make of each row of a batch what they would make of it alone."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from nlp_builder.layers import (
    GRU,
    LSTM,
    AttentionPooling,
    Digest,
    MaskedConv1D,
    MaskedEmbedding,
    MaskedMaxPooling,
)

_RECURRENT = (layers.SimpleRNN, layers.GRU, layers.LSTM, GRU, LSTM)
_KNOWN = {
    *(layers.InputLayer, layers.Dense, layers.Activation, layers.ReLU, layers.LeakyReLU),
    *(layers.Conv1D, layers.SeparableConv1D, layers.DepthwiseConv1D),
    *(layers.MaxPooling1D, layers.AveragePooling1D),
    *(layers.GlobalMaxPooling1D, layers.GlobalAveragePooling1D),
    *(layers.Flatten, layers.Reshape, layers.Permute, layers.RepeatVector, layers.Masking),
    *(layers.Add, layers.Multiply, layers.Maximum, layers.Average, layers.Concatenate),
    *(layers.Bidirectional, *_RECURRENT, Digest),
    *(AttentionPooling, MaskedConv1D, MaskedEmbedding, MaskedMaxPooling),
}
_ACTIVATIONS = [
    keras.activations.get(name)
    for name in (
        *("linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish"),
        *("tanh", "sigmoid", "hard_sigmoid", "hard_silu", "softmax", "softplus", "softsign"),
        *("exponential", "log_softmax"),
    )
]
# These go by the batch, or by chance, in training alone.
_KNOWN_OUTSIDE_TRAINING = {
    *(layers.Dropout, layers.SpatialDropout1D, layers.GaussianDropout, layers.GaussianNoise),
    *(layers.AlphaDropout, layers.BatchNormalization),
}


def looks_at_rows(model: keras.Model, *, training: bool) -> bool:
    """Tell whether each row of a batch decides alone what a model makes of it.

    Args:
        model: functional or sequential.
        training: whether that is asked for training.

    Returns:
        True if it is sure; False for layers and functions that are not known, operations of
        `keras.ops`, and regularizers of what a layer gives, which go by the batch.

    Example:
        >>> steps = keras.Input((12, 8))
        >>> convolved = layers.GlobalMaxPooling1D()(layers.Conv1D(4, 3)(steps))
        >>> looks_at_rows(keras.Model(steps, convolved), training=True)
        True
        >>> dropped = keras.Model(steps, layers.Dropout(0.5)(convolved))
        >>> looks_at_rows(dropped, training=True), looks_at_rows(dropped, training=False)
        (False, True)
    """
    if not type(model).__module__.startswith("keras."):  # a subclass may have a call of its own
        return False
    operations = model.layers if isinstance(model, keras.Sequential) else model.operations
    return all(_does(operation, training) for operation in operations)


def _does(operation: Any, training: bool) -> bool:
    if isinstance(operation, keras.Function | keras.Sequential):
        return looks_at_rows(operation, training=training)
    if type(operation) not in (_KNOWN if training else _KNOWN | _KNOWN_OUTSIDE_TRAINING):
        return False
    if operation.activity_regularizer is not None or not _is_plain(operation):
        return False
    if isinstance(operation, layers.Concatenate):
        return operation.axis != 0
    if isinstance(operation, layers.Bidirectional):
        return all(
            _does(way, training) for way in (operation.forward_layer, operation.backward_layer)
        )
    if isinstance(operation, Digest):
        return all(_does(layer, training) for layer in operation.rnn_layers)
    if getattr(operation, "stateful", False):
        return False
    noise = training and isinstance(operation, _RECURRENT)
    return not (noise and (operation.dropout or operation.recurrent_dropout))


def _is_plain(layer: Any) -> bool:
    """Tell whether all functions of a layer look at numbers, or at the last axis, alone."""
    functions = (getattr(layer, name, None) for name in ("activation", "recurrent_activation"))
    return all(f is None or any(f is known for known in _ACTIVATIONS) for f in functions)
