"""What a file may name of Keras: plain layers, operations, losses and the like; no more."""

from __future__ import annotations

import importlib
from types import FunctionType
from typing import Any

import keras

# The modules under which Keras enters classes into a description, and what is taken from each.
_CLASSES: dict[str, tuple[type, ...]] = {
    "keras": (keras.Model, keras.DTypePolicy),
    "keras.constraints": (keras.constraints.Constraint,),
    "keras.dtype_policies": (keras.DTypePolicy, keras.dtype_policies.DTypePolicyMap),
    "keras.initializers": (keras.Initializer,),
    "keras.layers": (keras.Layer,),
    "keras.losses": (keras.Loss,),
    "keras.metrics": (keras.Metric,),
    "keras.models": (keras.Model,),
    "keras.optimizers": (keras.Optimizer, keras.optimizers.OptimizerMap),
    "keras.optimizers.schedules": (keras.optimizers.schedules.LearningRateSchedule,),
    "keras.random": (keras.random.SeedGenerator,),
    "keras.regularizers": (keras.Regularizer,),
    "keras.src.models.functional": (keras.Model,),
    "keras.src.ops.core": (keras.Operation,),
    "keras.src.ops.linalg": (keras.Operation,),
    "keras.src.ops.math": (keras.Operation,),
    "keras.src.ops.nn": (keras.Operation,),
    "keras.src.ops.numpy": (keras.Operation,),
}
# These hold code, wrap another framework, read files, or call a function they are given.
_REFUSED_CLASSES = {
    *("Lambda", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "TFSMLayer", "JVP"),
    *("StringLookup", "IntegerLookup", "TextVectorization"),
    "STFTSpectrogram",  # it imports SciPy when it is made
}
# The rest of this module is control flow, which calls functions.
_PLAIN_CORE = {
    *("Cast", "ConvertToTensor", "SaturateCast", "Scatter", "ScatterUpdate", "Slice"),
    *("SliceUpdate", "StopGradient", "Unstack"),
}
_FUNCTIONS = ("keras.activations", "keras.losses", "keras.metrics")
_REFUSED_FUNCTIONS = {"get", "serialize", "deserialize"}


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
    if not isinstance(module, str) or module not in _CLASSES or name in _REFUSED_CLASSES:
        return None
    if module == "keras.src.ops.core" and name not in _PLAIN_CORE:
        return None
    # A name with dots is in no module, though Keras would follow it.
    found = vars(importlib.import_module(module)).get(name)
    return found if isinstance(found, type) and issubclass(found, _CLASSES[module]) else None


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
    if not isinstance(name, str) or name in _REFUSED_FUNCTIONS:
        return None
    for place in _FUNCTIONS if module == "builtins" else (module,):
        if place in _FUNCTIONS:
            found = vars(importlib.import_module(place)).get(name)
            if isinstance(found, FunctionType):
                return found
    return None
