"""What the tests of layers must know of the backend that Keras runs on."""

from __future__ import annotations

import contextlib

import keras
import pytest
from hypothesis import settings

BACKEND = keras.backend.backend()

# PyTorch gives no array of a tensor that takes gradients, except by this.
array = keras.ops.convert_to_numpy

tensorflow_graphs = pytest.mark.skipif(
    BACKEND != "tensorflow", reason="only TensorFlow makes graphs of unknown shape"
)

# An argument of `compile`, for a parametrised test.
compiled = pytest.param(
    {"jit_compile": True},
    marks=pytest.mark.skipif(BACKEND == "torch", reason="torch.compile needs a C++ compiler"),
    id="jit_compile",
)


def examples(count):
    """Lets Hypothesis try so many examples, on JAX fewer, since it compiles for each shape anew."""
    if BACKEND == "jax":
        count = max(3, count // 8)
    return settings(max_examples=count, deadline=None, derandomize=True)


def double_precision():
    """A context in which tensors may be float64, which JAX has to be asked for."""
    if BACKEND != "jax":
        return contextlib.nullcontext()
    import jax

    return jax.enable_x64(True)
