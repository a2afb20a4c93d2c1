"""What kernels are given is what they are made for."""

import os
import subprocess
import sys

import numpy as np
import pytest

from nlp_builder.layers import LSTM

from .backend import BACKEND, tensorflow_graphs

ODD = """
import numpy as np
from nlp_builder.layers import LSTM

layer = LSTM(3, return_sequences=True)
texts, mask = np.ones((5, 4, 7), "float32"), np.arange(4) < np.arange(5)[:, None]
for of_texts in (None, mask):
    print(layer(texts, mask=of_texts).shape)
"""


@pytest.mark.skipif(BACKEND != "tensorflow", reason="TensorFlow's kernel")
def test_odd_sizes_put_nothing_into_the_log():
    everything = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0"}
    done = subprocess.run(
        [sys.executable, "-c", ODD], env=everything, capture_output=True, text=True, check=True
    )
    assert done.stdout == "(5, 4, 3)\n" * 2
    assert "odd" not in done.stderr


@tensorflow_graphs
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("shape", [(2, 0, 3), (0, 4, 3), (0, 0, 3)])
def test_nothing_is_read_where_there_is_nothing(backwards, shape):
    import tensorflow as tf

    layer = LSTM(4, go_backwards=backwards, return_sequences=True)

    # Keras' layer asks for a first step where it knows the length.
    @tf.function(
        input_signature=[tf.TensorSpec((None, None, 3)), tf.TensorSpec((None, None), "bool")]
    )
    def made(steps, mask):
        return layer(steps, mask=mask)

    assert made(np.ones(shape), np.ones(shape[:2], bool)).shape == (*shape[:2], 4)
