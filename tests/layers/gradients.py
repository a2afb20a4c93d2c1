"""Gradients on whichever backend Keras runs on; values and gradients come as arrays."""

from __future__ import annotations

from keras import ops

from .backend import BACKEND, array


def value_and_gradients(function, parts):
    """The value of a function of some tensors, and the gradients of its sum by each of them.

    On TensorFlow and PyTorch the function gets variables, as a layer's weights are.
    """
    value, gradients = _ON[BACKEND](function, parts)
    return array(value), [array(part) for part in gradients]


def layer_gradients(layer, inputs, **call):
    """Gradients of the sum of a layer's squared output by its inputs and each trainable weight."""
    layer.build(inputs.shape)
    variables = layer.trainable_variables
    fixed = [variable.value for variable in layer.non_trainable_variables]

    def squared(inputs, *weights):
        return layer.stateless_call(weights, fixed, inputs, **call)[0] ** 2

    weights = [array(variable.value) for variable in variables]
    return value_and_gradients(lambda parts: squared(*parts), [inputs, *weights])[1]


def _on_tensorflow(function, parts):
    import tensorflow as tf

    variables = [tf.Variable(part) for part in parts]
    with tf.GradientTape() as tape:
        value = function(variables)
    return value, tape.gradient(value, variables)


def _on_jax(function, parts):
    import jax

    value, pull = jax.vjp(function, [ops.convert_to_tensor(part) for part in parts])
    return value, pull(ops.ones_like(value))[0]


def _on_torch(function, parts):
    import torch

    variables = [torch.tensor(part, requires_grad=True) for part in parts]
    value = function(variables)
    return value, torch.autograd.grad(value.sum(), variables)


_ON = {"tensorflow": _on_tensorflow, "jax": _on_jax, "torch": _on_torch}
