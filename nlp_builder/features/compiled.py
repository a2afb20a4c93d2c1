"""The compiled state of a model: kept, and brought back so that training goes on."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from nlp_builder.contents.schema import cause
from nlp_builder.features.archive import State
from nlp_builder.features.keras_models import refuse_code, require_known
from nlp_builder.layers.deferred import require_fit
from nlp_builder.saving import ArchiveError

_OPTIMIZER = "training/optimizer"
# How Keras finds what is given by a short name, and the names that depend on shapes of targets.
_SHORT_NAMES = {
    "loss": (keras.losses.get, ("crossentropy", "ce")),
    "metrics": (keras.metrics.get, ("accuracy", "acc")),
    "weighted_metrics": (keras.metrics.get, ("accuracy", "acc")),
}
# Where Keras has the optimizers of PyTorch, which it takes by itself for those of all backends.
_OF_TORCH = "keras.src.backend.torch.optimizers."


def training_state(graph: keras.Model) -> State:
    """Describe optimizer, loss and metrics of a model.

    Args:
        graph: a compiled model.

    Returns:
        The compile configuration, the variables of the optimizer once it has made a step, and the
        states of dropout and the like.

    Raises:
        TypeError: if a loss or a metric holds code.
    """
    with warnings.catch_warnings():
        # Of a lambda, which is refused in the next line.
        warnings.filterwarnings("ignore", "The object being serialized includes a `lambda`")
        config = _of_any_backend(json.loads(json.dumps(graph.get_compile_config())))
    refuse_code(config)
    arrays = {
        name: keras.ops.convert_to_numpy(variable) for name, variable in _variables(graph).items()
    }
    return State({"compiled": config}, {}, arrays)


def restore_training(
    graph: keras.Model, config: dict[str, Any], arrays: Mapping[str, np.ndarray]
) -> None:
    """Compile a model as another one was, and set the variables of its optimizer.

    Args:
        graph: the model.
        config: the compile configuration that `training_state` returned.
        arrays: the variables that it returned.

    Raises:
        ArchiveError: if a loss, metric or optimizer is not known or cannot be made, or if the
            variables do not fit.
    """
    require_known(config)
    try:
        _compile_as(graph, config, arrays)
    # Keras lets all kinds pass, from AssertionError to those of its backends.
    except Exception as error:
        raise ArchiveError(f"the training of the file cannot go on: {cause(error)}") from error


def _compile_as(
    graph: keras.Model, config: dict[str, Any], arrays: Mapping[str, np.ndarray]
) -> None:
    _require_names(config)
    graph.compile_from_config(config)
    if any(name.startswith(_OPTIMIZER) for name in arrays):
        graph.optimizer.build(graph.trainable_variables)
        graph.optimizer.iterations.assign(1)  # so that its variables are listed
    variables = _variables(graph)
    found = {name: _as_here(array, variables.get(name)) for name, array in arrays.items()}
    require_fit(variables, found)
    for name, variable in variables.items():
        variable.assign(found[name])


def _require_names(config: dict[str, Any]) -> None:
    """Refuse losses and metrics that Keras does not know: it looks them up in the first step."""
    for key, (find, chosen_by_shape) in _SHORT_NAMES.items():
        for name in set(_strings(config.get(key))):
            if name.lower() not in chosen_by_shape:
                find(name)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, dict) and "class_name" not in value:
        yield from _strings([*value.values()])


def _of_any_backend(config: Any) -> Any:
    """Return plain values with optimizers under the names that they have with each backend."""
    if isinstance(config, list):
        return [_of_any_backend(value) for value in config]
    if not isinstance(config, dict):
        return config
    values = {key: _of_any_backend(value) for key, value in config.items()}
    if str(values.get("module")).startswith(_OF_TORCH):
        values["module"] = "keras.optimizers"
    return values


def _as_here(array: np.ndarray, variable: Any) -> np.ndarray:
    """Return whole numbers in the size that they have here: it is another with each backend."""
    dtype = "" if variable is None else keras.backend.standardize_dtype(variable.dtype)
    if array.dtype.kind in "iu" and "int" in dtype:
        converted = array.astype(dtype)
        if np.array_equal(converted, array):
            return converted
    return array


def _variables(graph: keras.Model) -> dict[str, Any]:
    """Name what training changes beside the weights."""
    optimizer = graph.optimizer
    # Before the first step there is nothing that compiling would not make again.
    stepped = optimizer.built and int(optimizer.iterations) > 0
    weights = {id(variable) for variable in [*graph.weights, *graph.metrics_variables]}
    seeds = [variable for variable in graph.variables if id(variable) not in weights]
    return {
        **{f"{_OPTIMIZER}/{n}": v for n, v in enumerate(optimizer.variables if stepped else [])},
        **{f"training/seeds/{number}": variable for number, variable in enumerate(seeds)},
    }
