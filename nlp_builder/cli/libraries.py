"""The start of TensorFlow and Keras, without what they tell at it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def start() -> None:
    """Import what commands need; TensorFlow tells of the processor and of missing graphics cards.

    Errors come as exceptions, and are not lost.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _no_standard_error():
        import nlp_builder.files  # noqa: F401  # for what it imports


@contextmanager
def _no_standard_error() -> Iterator[None]:
    """Let what C++ writes on standard error go nowhere: it knows no setting at its start."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
