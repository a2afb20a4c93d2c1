"""What a loss has found of a tensor, left on it for a metric that wants it too."""

from __future__ import annotations

from typing import Any

_NAME = "_left_over"


def leave(tensor: Any, found: Any) -> None:
    """Leaves what was found of a tensor on it, as Keras leaves masks.

    Only tensors of a TensorFlow graph keep it: they have one value for each step, and what was
    found has no gradient. Elsewhere nothing is left, and has to be found again.

    Args:
        tensor: What it was found of.
        found: A tensor.

    Example:
        >>> import keras
        >>> chain = keras.ops.ones((1,))
        >>> leave(chain, chain * 2.0)
        >>> print(left_over(chain))  # not in a graph
        None
    """
    if getattr(tensor, "graph", None) is not None:
        setattr(tensor, _NAME, found)


def left_over(tensor: Any) -> Any:
    """Returns what was left on a tensor, if it can be used where the tensor is.

    Args:
        tensor: Any.

    Returns:
        A tensor of the same graph, or None.
    """
    found = getattr(tensor, _NAME, None)
    # What was found within a branch or a loop cannot be used outside.
    return found if found is not None and found.graph is tensor.graph else None
