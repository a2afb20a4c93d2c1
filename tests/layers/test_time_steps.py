"""What kernels are given is what they are made for."""

import os
import subprocess
import sys

import pytest

from .backend import BACKEND

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
