"""Keras models among the arguments of blocks: to plain values and back, with nothing run."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from nlp_builder.features.checks import same_arrays
from nlp_builder.saving import ArchiveError

# Where Keras itself keeps what a model may be made of.
_MODULES = (
    *("keras", "keras.activations", "keras.constraints", "keras.dtype_policies"),
    *("keras.initializers", "keras.layers", "keras.losses", "keras.metrics", "keras.models"),
    *("keras.optimizers", "keras.optimizers.schedules", "keras.regularizers"),
    *("keras.src.models.functional", "keras.src.ops.core", "keras.src.ops.math"),
    *("keras.src.ops.nn", "keras.src.ops.numpy", "builtins"),
)
# These hold code, or read files.
_REFUSED = (
    *("Lambda", "__lambda__", "__typespec__", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
    *("TFSMLayer", "StringLookup", "IntegerLookup", "TextVectorization"),
)


def config_of(model: keras.Model) -> dict[str, Any]:
    """Describe a model by plain values.

    Args:
        model: functional or sequential.

    Returns:
        What `model_from` reads; weights are not in it.

    Raises:
        TypeError: if a part of the model holds code.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> config_of(model)["class_name"]
        'Sequential'
    """
    config = copy.deepcopy(keras.saving.serialize_keras_object(model))
    config.pop("compile_config", None)
    refuse_code(config)
    return config


def model_from(config: Any, weights: Sequence[np.ndarray]) -> keras.Model:
    """Make a model from its description.

    Args:
        config: what `config_of` returned.
        weights: the arrays that `model.get_weights()` returned.

    Returns:
        The model.

    Raises:
        ArchiveError: if the description asks for something that is neither Keras' own nor
            registered, nor handed in, or if the weights do not fit.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model_from(config_of(model), model.get_weights()).output_shape
        (None, 1)
    """
    require_known(config)
    model = keras.saving.deserialize_keras_object(config)
    if not isinstance(model, keras.Model):
        raise ArchiveError(f"expected a Keras model, the file describes a {type(model).__name__}")
    made = {str(number): weight for number, weight in enumerate(model.get_weights())}
    same_arrays(made, {str(number): weight for number, weight in enumerate(weights)})
    model.set_weights(list(weights))
    return model


def refuse_code(config: Any) -> None:
    """Refuse to keep what holds code, since it could not be loaded.

    Args:
        config: plain values of Keras.

    Raises:
        TypeError: if there is code in it.
    """
    for entry in _entries(config):
        if entry["class_name"] in _REFUSED:
            raise TypeError(
                f"cannot keep a {entry['class_name']}: a file holds no code, and what reads files "
                "is refused at load; write a class or a function of a module, and register it "
                "with @keras.saving.register_keras_serializable(). A loss or metric that is a "
                "lambda can be left out with include_optimizer=False"
            )


def require_known(config: Any) -> None:
    """Refuse what is neither Keras' own nor registered nor handed in.

    Args:
        config: plain values from a file.

    Raises:
        ArchiveError: if there is such a thing in it.
    """
    for entry in _entries(config):
        name, module = entry["class_name"], entry.get("module")
        registered = entry.get("config") if name == "function" else entry.get("registered_name")
        if name in _REFUSED:
            raise ArchiveError(f"the file asks for {name!r}, which may run code or read files")
        if isinstance(registered, str) and keras.saving.get_registered_object(registered):
            continue
        # Keras' own operations are registered under their own names.
        own = name == "function" or registered in (None, name)
        if module not in (*_MODULES, None) or not own:
            raise ArchiveError(
                f"the file needs {registered or name!r}, which is not of Keras: register it with "
                "@keras.saving.register_keras_serializable() before, or hand it in as "
                f"custom_objects={{{registered or name!r}: ...}}"
            )


def _entries(config: Any) -> Iterator[dict[str, Any]]:
    if isinstance(config, dict):
        if isinstance(config.get("class_name"), str):
            yield config
        for value in config.values():
            yield from _entries(value)
    elif isinstance(config, list | tuple):
        for value in config:
            yield from _entries(value)
