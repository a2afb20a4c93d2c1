"""The compiled state of a model: kept, and brought back so that training goes on."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from nlp_builder.features.archive import State
from nlp_builder.features.checks import same_arrays
from nlp_builder.features.keras_models import refuse_code, require_known


def training_state(graph: keras.Model) -> State:
    """Describe optimizer, loss and metrics of a model.

    Args:
        graph: a compiled model.

    Returns:
        The compile configuration and the variables of the optimizer.

    Raises:
        TypeError: if a loss or a metric holds code.
    """
    with warnings.catch_warnings():
        # Of a lambda, which is refused in the next line.
        warnings.filterwarnings("ignore", "The object being serialized includes a `lambda`")
        config = graph.get_compile_config()
    refuse_code(config)
    variables = graph.optimizer.variables if graph.optimizer.built else []
    arrays = {
        f"optimizer/{number}": keras.ops.convert_to_numpy(variable)
        for number, variable in enumerate(variables)
    }
    return State({"compiled": json.loads(json.dumps(config))}, {}, arrays)


def restore_training(
    graph: keras.Model, config: dict[str, Any], arrays: Mapping[str, np.ndarray]
) -> None:
    """Compile a model as another one was, and set the variables of its optimizer.

    Args:
        graph: the model.
        config: the compile configuration that `training_state` returned.
        arrays: the variables that it returned.

    Raises:
        ArchiveError: if a loss, metric or optimizer is not known.
        ValueError: if the variables do not fit.
    """
    require_known(config)
    graph.compile_from_config(config)
    if not arrays:
        return
    graph.optimizer.build(graph.trainable_variables)
    variables = graph.optimizer.variables
    made = {
        f"optimizer/{number}": keras.ops.convert_to_numpy(variable)
        for number, variable in enumerate(variables)
    }
    same_arrays(made, arrays)
    for name, variable in zip(made, variables, strict=True):
        variable.assign(arrays[name])
