"""How much a file asks of Keras, found out before any of it is made.

Weights have no memory until they were compared with the arrays of the file (`DeferredWeights`).
What is bounded here is the rest: time, and values that Keras computes while it makes a model.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from nlp_builder.saving import ArchiveError
from nlp_builder.text.checks import preview

# Numbers that Keras turns into as many objects or values, with nothing in the file to compare with:
# of all metrics, and of some classes.
_MOST_OF_METRICS = {"num_classes": 4_096, "num_labels": 4_096, "num_thresholds": 100_000}
_MOST_OF = {
    "Unstack": {"num": 1_000},
    **{
        name: {"indices_or_sections": 1_000}
        for name in ("ArraySplit", "Split", "Dsplit", "Hsplit", "Vsplit")
    },
    "Digest": {"stacked_layers": 100},
}
_METRICS = "keras.metrics"
# Values of all metrics and means together, which are made before they are compared: 64 MiB.
_MOST_VALUES = 2**24
# Characters of what Keras says of an error in an object, in which it repeats all that is in it and
# in each of those around it.
_MOST_REPEATED = 2**26
# Layers that consist of layers, in the time that a plain layer takes to be made and called.
_PARTS_OF_METRIC = 20
_OUTPUTS_OF_A_CALL = 20
_PARTS = {
    **{"MultiHeadAttention": 14, "GroupQueryAttention": 14, "Bidirectional": 8, "Folded": 3},
    **{"RandAugment": 12, "AugMix": 10, "Pipeline": 6, "SpectralNormalization": 2},
    **{"Digest": 4, "RNNDigest": 14, "SensitivityAtSpecificity": 400, "AUC": 400},
    **{"SpecificityAtSensitivity": 400, "PrecisionAtRecall": 400, "RecallAtPrecision": 400},
    **{"LSTM": 3, "GRU": 3, "SimpleRNN": 3, "RNN": 3, "TimeDistributed": 2},
    **{"ConvLSTM1D": 4, "ConvLSTM2D": 4, "ConvLSTM3D": 4},
}
_TENSOR = "__keras_tensor__"
# What stands for values among the arguments of calls, with its fields, and the types of values.
_FIELDS = {
    _TENSOR: {"shape", "dtype", "keras_history"},
    "__numpy__": {"value", "dtype"},
    "__tensor__": {"value", "dtype"},
}
_TYPES = {
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "bfloat16", "float32", "float64"),
}


class Work(NamedTuple):
    """What Keras has to do.

    Args:
        made: objects that come into being, and calls of layers that go with it.
        called: calls of layers for each call of what was made.
    """

    made: int
    called: int


def require_bounded(config: Any) -> None:
    """Refuse what would compute or take up much while a model is made.

    Args:
        config: plain values of Keras from a file.

    Raises:
        ArchiveError: if there is a number that is too large, or a layer that is called with no
            output of another, so that Keras would compute at once.
    """
    _require_shallow(config)
    values = 0
    if is_stateful(config):
        raise ArchiveError("a layer of the file is stateful, it would hold values for a batch")
    for entry in _dicts(config):
        _refuse_large(entry)
        _require_plain(entry)
        _require_nodes(entry.get("inbound_nodes", []))
        values += _values(entry)
        if values > _MOST_VALUES:
            raise ArchiveError(
                f"metrics and normalisations of the file hold {values:,} values, expected at most "
                f"{_MOST_VALUES:,}"
            )


def work_of(config: Any) -> Work:
    """Count the objects and calls that it takes to make what a file describes.

    A layer of several layers counts as some. A sequential model is made anew with each layer.

    Args:
        config: plain values of Keras.

    Returns:
        The numbers.

    Example:
        >>> dense = {"class_name": "Dense", "module": "keras.layers", "config": {}}
        >>> config = {"layers": [dense] * 4}
        >>> work_of({"class_name": "Sequential", "module": "keras", "config": config})
        Work(made=13, called=4)
    """
    if isinstance(config, list | tuple):
        return _sum(work_of(value) for value in config)
    if not isinstance(config, dict):
        return Work(0, 0)
    name = config.get("class_name")
    if not isinstance(name, str):
        return _sum(work_of(value) for value in config.values())
    inside = config.get("config")
    if isinstance(inside, dict) and isinstance(inside.get("layers"), list):
        nodes = work_of(config.get("inbound_nodes"))
        return _sum([_model_work(name, inside), Work(nodes.made, 0)])
    parts = _sum(work_of(value) for value in config.values())
    if config.get("module") == _METRICS:
        return Work(_PARTS.get(name, _PARTS_OF_METRIC) + parts.made, 0)
    own = _PARTS.get(name, 1) if _is_called(config.get("module")) else 0
    if name in ("Digest", "RNNDigest") and isinstance(inside, dict):
        own *= 2 * _whole(inside.get("stacked_layers"))
    if name in _MOST_OF and isinstance(inside, dict):
        own += _outputs(inside) // _OUTPUTS_OF_A_CALL
    return Work(max(own, 1) + parts.made, own + parts.called)


def is_stateful(config: Any) -> bool:
    """Say whether a layer keeps values from one batch to the next.

    Args:
        config: plain values of Keras.

    Returns:
        Whether there is one.

    Example:
        >>> is_stateful({"class_name": "LSTM", "config": {"units": 2, "stateful": True}})
        True
    """
    return any(entry.get("stateful") for entry in _dicts(config))


def _model_work(name: str, config: dict[str, Any]) -> Work:
    layers = [(work_of(layer), _number_of_nodes(layer)) for layer in config["layers"]]
    made = 1 + sum(work.made for work, _ in layers)
    called = sum(work.called * nodes for work, nodes in layers)
    times = (len(layers) + 1) // 2 if name == "Sequential" else _PARTS.get(name, 1)
    ends = sum(_length(config.get(key)) for key in ("input_layers", "output_layers"))
    return Work(made + called * times + ends + _returns(config["layers"]), called)


def _returns(layers: list[Any]) -> int:
    """Count how often Keras comes back to layers that read others that are listed after them."""
    known: set[Any] = set()
    early = 0
    for layer in layers:
        name = layer.get("name") if isinstance(layer, dict) else None
        known.add(name if isinstance(name, str) else None)
        nodes = layer.get("inbound_nodes") if isinstance(layer, dict) else None
        early += any(_source(tensor) not in known for tensor in _tensors(nodes))
    return early * len(layers)


def _source(tensor: dict[str, Any]) -> Any:
    history = tensor.get("config", {}).get("keras_history")
    source = history[0] if isinstance(history, list) and history else None
    return source if isinstance(source, str) else None


def _outputs(config: dict[str, Any]) -> int:
    """Count into how many parts an operation takes something apart."""
    parts = config.get("indices_or_sections")
    return max(_length(parts), _whole(parts), _whole(config.get("num")))


def _is_called(module: Any) -> bool:
    """Say whether what is of a module is called: layers, operations, and what is not of Keras."""
    kind = str(module).split(".")
    return kind[0] != "keras" or kind[1:2] in ([], ["layers"], ["models"], ["src"])


def _sum(works: Iterable[Work]) -> Work:
    made = called = 0
    for work in works:
        made, called = made + work.made, called + work.called
    return Work(made, called)


def _number_of_nodes(layer: Any) -> int:
    return max(_length(layer.get("inbound_nodes")), 1) if isinstance(layer, dict) else 1


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list | tuple | dict) else 0


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and value >= 1 else 1


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _dicts(part)


def _values(entry: dict[str, Any]) -> int:
    """Count the values that come into being with what is no weight."""
    config, module = entry.get("config"), str(entry.get("module"))
    if not isinstance(config, dict) or module not in (_METRICS, "keras.layers"):
        return 0
    if entry.get("class_name") == "Normalization":
        return 2 * _number_of_means(entry.get("build_config"), config.get("axis"))
    if module != _METRICS:
        return 0
    classes, labels = config.get("num_classes"), config.get("num_labels")
    thresholds = max(_whole(config.get("num_thresholds")), _length(config.get("thresholds")))
    return _whole(classes) ** 2 + 4 * thresholds * _whole(labels)


def _require_shallow(config: Any) -> None:
    depth, length = _depth(config), len(repr(config))
    if depth**2 * length > _MOST_REPEATED:
        raise ArchiveError(
            f"objects stand {depth} deep in each other in {length:,} characters of a description, "
            f"expected no more than {_MOST_REPEATED // depth**2:,} so deep"
        )


def _depth(value: Any) -> int:
    """Count how deep objects of Keras stand in each other."""
    if not isinstance(value, dict | list | tuple):
        return 0
    parts = value.values() if isinstance(value, dict) else value
    own = isinstance(value, dict) and "class_name" in value
    return own + max(map(_depth, parts), default=0)


def _refuse_large(entry: dict[str, Any]) -> None:
    config, owner = entry.get("config"), str(entry.get("class_name"))
    if not isinstance(config, dict):
        return
    of_metrics = entry.get("module") == _METRICS
    for name, most in (_MOST_OF_METRICS if of_metrics else _MOST_OF.get(owner, {})).items():
        number = config.get(name)
        size = _length(number) or number
        if isinstance(size, int | float) and size > most:
            raise ArchiveError(
                f"the file asks for {name}={preview(number)}, at most {most} are made"
            )
    if owner == "Unstack" and config.get("num") is None:
        raise ArchiveError("the file asks for an Unstack without num, expected a number of parts")


def _require_plain(entry: dict[str, Any]) -> None:
    """Refuse values with more than belongs to them: what is no array may pass for one."""
    fields = _FIELDS.get(str(entry.get("class_name")))
    config = entry.get("config")
    if fields is None:
        return
    if not isinstance(config, dict) or not set(config) <= fields:
        raise ArchiveError(f"a value of the file is {preview(entry)}, expected {sorted(fields)}")
    if config.get("dtype", "float32") not in _TYPES:
        raise ArchiveError(f"a value of the file is of the type {preview(config['dtype'])}")


def _require_nodes(nodes: Any) -> None:
    """Refuse calls without a symbolic tensor: what is called with numbers computes at once."""
    for node in nodes if isinstance(nodes, list) else [nodes]:
        if not isinstance(node, dict) or set(node) != {"args", "kwargs"} or not _is_symbolic(node):
            raise ArchiveError(
                f"a layer of the file is called with {preview(node)}, expected args and kwargs "
                "with the output of another layer among them"
            )


def _is_symbolic(node: dict[str, Any]) -> bool:
    return next(_tensors(node), None) is not None


def _tensors(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the outputs of layers among the arguments of calls."""
    if isinstance(value, dict) and "class_name" in value:
        if value["class_name"] == _TENSOR and isinstance(value.get("config"), dict):
            yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _tensors(part)


def _number_of_means(built: Any, axes: Any) -> int:
    """Count the means of a Normalization; one that is given is repeated along all of these axes.

    Keras tells in a file for which shape a layer was built, and builds it for that.
    """
    shape: Any = built.get("input_shape") if isinstance(built, dict) else None
    try:
        return abs(int(math.prod(shape[axis] for axis in axes or [])))
    except (IndexError, TypeError):
        raise ArchiveError(
            f"a Normalization of the file has the axes {preview(axes)} and was built for "
            f"{preview(shape)}, expected a number for each of these axes"
        ) from None
