"""Keras models among the arguments of blocks: to plain values and back, with nothing run."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from nlp_builder.contents.keras_entries import entries, is_plain, name_of, registered_name
from nlp_builder.contents.schema import cause
from nlp_builder.features.keras_bounds import is_stateful, require_bounded
from nlp_builder.features.keras_names import keras_class, keras_function
from nlp_builder.layers.deferred import DeferredWeights, require_fit
from nlp_builder.saving import ArchiveError

_VARIABLES = "keras.src.backend.common.variables"


def config_of(model: keras.Model) -> dict[str, Any]:
    """Describe a model by plain values.

    Args:
        model: functional or sequential.

    Returns:
        What `model_from` reads; weights are not in it.

    Raises:
        TypeError: if a part of the model holds code, or is stateful.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> config_of(model)["class_name"]
        'Sequential'
    """
    for layer in model._flatten_layers():
        if _has_its_own_way(layer, "save_own_variables"):
            raise TypeError(
                f"cannot keep the layer {layer.name!r}: a {type(layer).__name__} has its own "
                "save_own_variables, and a file holds weights alone; make all of them weights"
            )
    config = _without_training(keras.saving.serialize_keras_object(model))
    refuse_code(config)
    if is_stateful(config):
        raise TypeError(
            f"cannot keep {model.name!r}, which has a stateful layer: that keeps what it made of a "
            "batch of fixed size for the next one, and blocks read batches of any size; make the "
            "layer with stateful=False"
        )
    try:
        require_bounded(config)
    except ArchiveError as error:  # what is kept can be loaded
        raise TypeError(f"cannot keep {model.name!r}: {error}") from error
    return config


def model_from(
    config: Any,
    weights: Mapping[str, np.ndarray],
    *,
    share: bool = False,
) -> keras.Model:
    """Make a model from its description.

    Args:
        config: what `config_of` returned.
        weights: the arrays that `model.get_weights()` returned, by their numbers: "0", "1".
        share: use the arrays where they are.

    Returns:
        The model.

    Raises:
        ArchiveError: if the description asks for something that is neither a plain part of Keras
            nor registered, nor handed in, if Keras cannot make it, or if the weights do not fit.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> weights = {str(n): weight for n, weight in enumerate(model.get_weights())}
        >>> model_from(config_of(model), weights).output_shape
        (None, 1)
    """
    require_known(config)
    try:
        return _made(_without_training(config), weights, share)
    except ArchiveError:
        raise
    # Keras lets all kinds pass, from AssertionError to those of its backends.
    except Exception as error:
        raise ArchiveError(f"a Keras model of the file cannot be made: {cause(error)}") from error


def refuse_code(config: Any) -> None:
    """Refuse to keep what holds code, since it could not be loaded.

    Args:
        config: plain values of Keras.

    Raises:
        TypeError: if there is code in it, or a part of Keras that a file may not name.
    """
    if _has_bytecode(config):
        raise TypeError(
            "cannot keep a lambda: a file holds no code; write a function of a module, and "
            "register it with @keras.saving.register_keras_serializable(); or leave a loss or a "
            "metric out with include_optimizer=False"
        )
    for entry, in_call in entries(config):
        name, module = entry["class_name"], str(entry.get("module"))
        of_keras = module.split(".")[0] == "keras" or name in ("__lambda__", "__typespec__")
        if of_keras and not _is_registered(entry) and not _is_plain(entry, in_call=in_call):
            raise TypeError(
                f"cannot keep a {name_of(entry)}: a file holds no code, and what calls functions "
                "or reads files is refused at load; write a class or a function of a module, and "
                "register it with @keras.saving.register_keras_serializable(). A loss or metric "
                "that is a lambda can be left out with include_optimizer=False"
            )


def require_known(config: Any) -> None:
    """Refuse what is neither a plain part of Keras nor registered nor handed in, and what is large.

    Keras follows dotted names to all that it has (settings, downloads, files), and there are
    operations that call functions while a model is made. So each name is looked up here first, and
    what is found must be of a kind that models consist of.

    Args:
        config: plain values from a file.

    Raises:
        ArchiveError: if there is such a thing in it, or what `require_bounded` refuses.
    """
    for entry, in_call in entries(config):
        if _is_registered(entry) or _is_plain(entry, in_call=in_call):
            continue
        name, module = name_of(entry), str(entry.get("module"))
        if module.split(".")[0] == "keras" or entry["class_name"].startswith("__"):
            raise ArchiveError(
                f"the file asks for {name!r} of {module!r}, which is no plain part of a model: it "
                "may run code or read files"
            )
        raise ArchiveError(
            f"the file needs {name!r}, which is not of Keras: hand it in as "
            f"custom_objects={{{name!r}: ...}}; or import what registers it by this name, if it "
            "was registered when it was saved (@keras.saving.register_keras_serializable)"
        )
    require_bounded(config)


def _made(config: Any, weights: Mapping[str, np.ndarray], share: bool) -> keras.Model:
    try:
        with DeferredWeights() as deferred:
            model = _unfilled(config)
            deferred.use(model.variables)
            deferred.fill(_numbered(model.weights), weights, share=share)
    except (TypeError, ValueError) as error:
        # A layer of the user's may make a variable from a value, which Keras cannot defer.
        if not (_has_foreign(config) and _is_of_a_variable(error)):
            raise
        model = _unfilled(config)
        require_fit(_numbered(model.weights), weights)
        model.set_weights([weights[name] for name in _numbered(model.weights)])
    for layer in model._flatten_layers():
        if _has_its_own_way(layer, "load_own_variables"):
            store: dict[str, Any] = {}
            layer.save_own_variables(store)
            layer.load_own_variables(store)  # and whatever it computes from its weights
    return model


def _has_its_own_way(layer: keras.layers.Layer, method: str) -> bool:
    """Tell whether a layer does more than Keras' layers do when weights are kept or loaded."""
    owner = next(cls for cls in type(layer).__mro__ if method in vars(cls))
    return not owner.__module__.startswith("keras.") or owner is keras.layers.Normalization


def _is_of_a_variable(error: BaseException | None) -> bool:
    """Tell whether an error began in the making of a variable: messages can be a file's."""
    while error is not None:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is not None and trace.tb_frame.f_globals.get("__name__") == _VARIABLES:
            return True
        error = error.__cause__ or error.__context__
    return False


def _has_bytecode(config: Any) -> bool:
    """Tell whether Keras has put the code of a lambda among plain values, without naming it."""
    if isinstance(config, dict):
        return _is_bytecode(config) or any(map(_has_bytecode, config.values()))
    return isinstance(config, list | tuple) and any(map(_has_bytecode, config))


def _is_bytecode(config: dict[str, Any]) -> bool:
    """Tell a lambda as an activation has it: code, defaults and closure, under no class."""
    value = config.get("value")
    code = isinstance(value, list | tuple) and len(value) == 3 and isinstance(value[0], str)
    return code and set(config) == {"value"}


def _has_foreign(config: Any) -> bool:
    """Say whether a model has parts that are neither of Keras nor ours."""
    return any(
        not _is_plain(entry, in_call=in_call) and not name_of(entry).startswith("nlp_builder>")
        for entry, in_call in entries(config)
    )


def _unfilled(config: Any) -> keras.Model:
    # Keras takes apart what it reads.
    model = keras.saving.deserialize_keras_object(copy.deepcopy(config))
    if not isinstance(model, keras.Model):
        raise ArchiveError(f"expected a Keras model, the file describes a {type(model).__name__}")
    if policy := config["config"].get("dtype"):
        # Keras keeps the policy of a sequential model, and does not read it.
        model.dtype_policy = keras.saving.deserialize_keras_object(policy)
    return model


def _numbered(weights: list[Any]) -> dict[str, Any]:
    return {str(number): weight for number, weight in enumerate(weights)}


def _without_training(config: Any) -> Any:
    """Copy plain values, but for how models within are trained: they are trained with the whole."""
    if isinstance(config, dict):
        kept = {k: v for k, v in config.items() if k != "compile_config"}
        return {key: _without_training(value) for key, value in kept.items()}
    if isinstance(config, list | tuple):
        return type(config)(_without_training(value) for value in config)
    return copy.deepcopy(config)


def _is_registered(entry: dict[str, Any]) -> bool:
    # Keras reads names with underscores, and entries without a module (by the rules of Keras 2),
    # before it looks here.
    if entry["class_name"].startswith("__") or "module" not in entry:
        return False
    name = registered_name(entry)
    return isinstance(name, str) and keras.saving.get_registered_object(name) is not None


def _is_plain(entry: dict[str, Any], *, in_call: bool) -> bool:
    return is_plain(entry, in_call=in_call, find_class=keras_class, find_function=keras_function)
