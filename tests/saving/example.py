"""A small archive with something of each kind in it."""

import functools

import ml_dtypes
import numpy as np

from nlp_builder import saving
from nlp_builder.saving import Archive


def example() -> Archive:
    return Archive(
        {"numbers": [1, 2.5, None, True], "nested": {"list": [[], {}]}},
        {"letters": ["\n", " ", "\u2028", "\ud800", "", '"', "\\", ",[{"], "none": []},
        {
            "matrix": np.arange(6, dtype="float32").reshape(2, 3),
            "empty": np.zeros((0, 4), "int32"),
            "number": np.array(0.5),
            "truth": np.array([True, False]),
            "half": np.array([0.5, -1], "float16"),
            "brain": np.array([0.5, -1], ml_dtypes.bfloat16),
        },
        {"nlp_builder": "0.1.0"},
    )


@functools.cache
def packed() -> bytes:
    return saving.pack(example())
