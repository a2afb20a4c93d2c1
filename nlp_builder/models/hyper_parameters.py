"""Hyper-parameters of ready-made models: arguments of layers, by the name of the layer."""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import keras

from nlp_builder.layers.seeding import derived_seeds
from nlp_builder.text.checks import near_name, preview

HyperParameters = dict[str, dict[str, Any]]
L = TypeVar("L", bound=keras.layers.Layer)


class LayerKind(NamedTuple):
    """What a layer of a model is.

    Args:
        layer: its class.
        decided: arguments that the model decides, so that they are no hyper-parameters.

    Example:
        >>> LayerKind(keras.layers.Dense, ("units",)).decided
        ('units',)
    """

    layer: type[keras.layers.Layer]
    decided: tuple[str, ...] = ()


LayerKinds = Mapping[str, LayerKind]


def merged(defaults: HyperParameters, given: Mapping[str, Any] | None) -> HyperParameters:
    """Put given hyper-parameters over the defaults.

    Args:
        defaults: arguments of layers by the name of the layer.
        given: a part of such a dict, or all of it; None for none.

    Returns:
        A copy.

    Raises:
        TypeError: if something in it is no dict.
        ValueError: if there is no layer of a name.

    Example:
        >>> defaults = {"layer_blstm": {"units": 128}, "layer_dropout": {"rate": 0.4}}
        >>> merged(defaults, {"layer_blstm": {"units": 32}})
        {'layer_blstm': {'units': 32}, 'layer_dropout': {'rate': 0.4}}
    """
    _require_dict("hyper_parameters", given)
    # Each by itself: what two layers share would be changed for both.
    result = {layer: copy.deepcopy(arguments) for layer, arguments in defaults.items()}
    for layer, arguments in (given or {}).items():
        if layer not in result:
            raise ValueError(
                f"expected hyper-parameters of the layers {list(result)}, got {preview(layer)}"
                f"{near_name(layer, result)}"
            )
        _require_dict(f"hyper_parameters[{layer!r}]", arguments)
        result[layer] |= copy.deepcopy(dict(arguments or {}))
    return result


def layer_of(
    kind: type[L], name: str, arguments: Mapping[str, Any], *, seed: int, **fixed: Any
) -> L:
    """Make a layer of its hyper-parameters, with first weights that depend on nothing else.

    Args:
        kind: the class of the layer.
        name: of the layer.
        arguments: its hyper-parameters.
        seed: of its first weights and of its dropout.
        **fixed: arguments that are no hyper-parameters.

    Returns:
        The layer.

    Raises:
        ValueError: if the class has no such argument.

    Example:
        >>> layer_of(keras.layers.Dropout, "layer_dropout", {"rate": 0.4}, seed=1).seed
        917752063
    """
    require_arguments(name, arguments, kind, fixed)
    layer = kind(**{**arguments, **fixed, "name": name})
    # The layer was not built, so that nothing is lost.
    seeds = (derived_seeds(seed, number)[-1] for number in itertools.count(1))
    return type(layer).from_config(_seeded(layer.get_config(), seeds))


def require_arguments(
    name: str,
    arguments: Mapping[str, Any],
    kind: type[keras.layers.Layer],
    decided: Collection[str] = (),
) -> None:
    """Refuse hyper-parameters that a layer does not take.

    Args:
        name: of the layer.
        arguments: its hyper-parameters.
        kind: the class of the layer.
        decided: arguments that are no hyper-parameters.

    Raises:
        ValueError: if the class has no such argument.

    Example:
        >>> require_arguments("layer_dropout", {"rate": 0.4}, keras.layers.Dropout)
    """
    known = sorted(_arguments(kind) - {*decided})
    if unknown := sorted({*arguments} - {*known}, key=str):
        raise ValueError(
            f"expected arguments of {kind.__name__} as hyper-parameters of {name!r}, {known}, got "
            f"{unknown}{near_name(unknown[0], known)}"
        )


def _arguments(kind: type) -> set[str]:
    """List what constructors of a class and those above it take by name."""
    names = {"dtype", "trainable"}
    for cls in kind.__mro__:
        if issubclass(cls, keras.layers.Layer) and cls is not keras.layers.Layer:
            parameters = inspect.signature(cls).parameters.values()
            by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
            names |= {p.name for p in parameters if p.kind in by_name}
            if not any(p.kind is p.VAR_KEYWORD for p in parameters):
                break
    return names - {"name", "kwargs", "args"}


def _seeded(config: Any, seeds: Iterator[int]) -> Any:
    if isinstance(config, dict):
        return {
            key: next(seeds) if key == "seed" and value is None else _seeded(value, seeds)
            for key, value in config.items()
        }
    return [_seeded(item, seeds) for item in config] if isinstance(config, list) else config


def _require_dict(what: str, value: Any) -> None:
    if not isinstance(value, Mapping | None):
        raise TypeError(f"expected {what} as a dict, got {preview(value)} ({type(value).__name__})")
