"""What one part of a graph has found of a tensor, left on it for another that wants it too."""

from __future__ import annotations

import importlib
from typing import Any

_NAME = "_left_over"


def leave(tensor: Any, name: str, found: Any) -> None:
    """Leaves what was found of a tensor on it, as Keras leaves masks.

    Only tensors of a TensorFlow graph keep it, which have one value for each run; what was found
    may have no gradient. Elsewhere nothing is left, and has to be found again.

    Args:
        tensor: What it was found of.
        name: What was found.
        found: Anything that is made of tensors of the graph that is built now.

    Example:
        >>> import keras
        >>> chain = keras.ops.ones((1,))
        >>> leave(chain, "double", chain * 2.0)
        >>> print(left_over(chain, "double"))  # not in a graph
        None
    """
    if getattr(tensor, "graph", None) is not None:
        kept = getattr(tensor, _NAME, {})
        setattr(tensor, _NAME, {**kept, name: (_present_graph(), found)})


def left_over(tensor: Any, name: str) -> Any:
    """Returns what was left on a tensor, if it can be used in the graph that is built now.

    Args:
        tensor: Any.
        name: What is wanted.

    Returns:
        What was left, or None.
    """
    graph, found = getattr(tensor, _NAME, {}).get(name, (None, None))
    # What was found within a branch or a loop cannot be used outside.
    return found if found is not None and graph is _present_graph() else None


def _present_graph() -> Any:
    return importlib.import_module("tensorflow").compat.v1.get_default_graph()
