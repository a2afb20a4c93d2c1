"""The classes and functions that descriptions of Keras models name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

# Plain values that JSON has no word for.
_VALUES = {
    *("__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__"),
}


def entries(config: Any, *, in_call: bool = False) -> Iterator[tuple[dict[str, Any], bool]]:
    """Find what names a class or a function, and whether a layer is called with it.

    Args:
        config: plain values of Keras.
        in_call: whether they are what a layer is called with.

    Returns:
        An iterator of pairs.

    Example:
        >>> [entry["class_name"] for entry, _ in entries([{"class_name": "Dense", "config": {}}])]
        ['Dense']
    """
    if isinstance(config, dict):
        if isinstance(config.get("class_name"), str):
            yield config, in_call
        for key, value in config.items():
            yield from entries(value, in_call=in_call or key == "inbound_nodes")
    elif isinstance(config, list | tuple):
        for value in config:
            yield from entries(value, in_call=in_call)


def registered_name(entry: dict[str, Any]) -> Any:
    """Return the name under which an entry would be registered with Keras.

    Args:
        entry: what `entries` yields.

    Returns:
        What stands in its place.
    """
    name = entry["class_name"]
    return entry.get("config") if name == "function" else entry.get("registered_name", name)


def name_of(entry: dict[str, Any]) -> str:
    """Return the name by which an entry is told to people.

    Args:
        entry: what `entries` yields.

    Returns:
        That which is registered, if there is any.
    """
    name = entry["class_name"]
    return name if name.startswith("__") else str(registered_name(entry) or name)


def is_plain(
    entry: dict[str, Any],
    *,
    in_call: bool,
    find_class: Callable[[Any, str], Any],
    find_function: Callable[[Any, Any], Any],
) -> bool:
    """Tell whether an entry names a plain part of Keras.

    Args:
        entry: what `entries` yields.
        in_call: whether a layer is called with it.
        find_class: what finds a class by module and name.
        find_function: what finds a function by module and name.

    Returns:
        Whether it does.
    """
    name, module = entry["class_name"], entry.get("module")
    if name in _VALUES:
        return True
    # A layer is called with tensors and plain values; a function in their place would be run.
    if in_call:
        return False
    if name == "function":
        return bool(find_function(module, entry.get("config")))
    # Keras' own operations are registered under their own names.
    own = entry.get("registered_name") in (None, name)
    return own and bool(find_class(module, name))
