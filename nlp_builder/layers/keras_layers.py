"""All of `keras.layers`, with the layer of ours in the place of one that is not right."""

from __future__ import annotations

from typing import Any

import keras

from nlp_builder.layers.time_distributed import TimeDistributed

__all__ = ["TimeDistributed"]


def __getattr__(name: str) -> Any:
    """Return a layer of Keras by its name."""
    return getattr(keras.layers, name)


def __dir__() -> list[str]:
    """List the layers."""
    return [name for name in dir(keras.layers) if not name.startswith("_")]
