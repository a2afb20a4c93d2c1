"""The classes and functions of Keras that a file may name, by their names."""

from __future__ import annotations

import importlib
from operator import attrgetter
from types import FunctionType
from typing import Any

import keras

from nlp_builder.contents.keras_allowed import BASES, function_modules, may_be_class


def keras_class(module: Any, name: str) -> type | None:
    """Find a class that a file may name.

    Args:
        module: where the file says that it is.
        name: its name.

    Returns:
        The class, or None if Keras has none of this name there, or none that a file may name.

    Example:
        >>> keras_class("keras.layers", "Dense") is keras.layers.Dense
        True
        >>> keras_class("keras.layers", "Lambda")
        >>> keras_class("keras", "layers.Dense")
    """
    if not may_be_class(module, name):
        return None
    # A name with dots is in no module, though Keras would follow it.
    found = vars(importlib.import_module(module)).get(name)
    bases = tuple(attrgetter(base)(keras) for base in BASES[module])
    return found if isinstance(found, type) and issubclass(found, bases) else None


def keras_function(module: Any, name: Any) -> FunctionType | None:
    """Find a function that a file may name: an activation, a loss or a metric.

    Args:
        module: where the file says that it is; "builtins" stands for all three places.
        name: its name.

    Returns:
        The function, or None if a file may not name it.

    Example:
        >>> keras_function("builtins", "mean_squared_error").__name__
        'mean_squared_error'
        >>> keras_function("keras", "config.set_floatx")
    """
    for place in function_modules(module, name):
        found = vars(importlib.import_module(place)).get(name)
        if isinstance(found, FunctionType):
            return found
    return None
