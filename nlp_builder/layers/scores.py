"""The parts of a chain: checked, of one float type, with every default filled in."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops


class Scores(NamedTuple):
    """The parts of a chain, of one float type, with every default filled in.

    Attributes:
        potentials: `(batch, words, tags)`.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)`.
        end: `(tags,)`.
        mask: `(batch, words)`, 1.0 for words.
    """

    potentials: Any
    transitions: Any
    start: Any
    end: Any
    mask: Any


def scores(
    potentials: Any, transitions: Any, *, start: Any = None, end: Any = None, mask: Any = None
) -> Scores:
    """Checks the parts of a chain and fills in zeros and an all-True mask.

    Args:
        potentials: `(batch, words, tags)`.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, lengths `(batch,)`, or None for no padding.

    Returns:
        The parts, float32, or float64 if the potentials are; NumPy arrays if all that is given is
        arrays or lists, else tensors, so that a variable takes its gradient.

    Raises:
        ValueError: If the shapes do not fit each other, or an array has padding before a word
            (tensors are not looked into).

    Example:
        >>> tuple(scores(ops.zeros((2, 5, 3)), ops.zeros((3, 3))).mask.shape)
        (2, 5)
    """
    arrays = all(_is_array(part) for part in (potentials, transitions, start, end, mask))
    make = np.asarray if arrays else ops.convert_to_tensor
    potentials = make(potentials)
    if len(potentials.shape) != 3:
        raise ValueError(
            f"Expected potentials of shape (batch, words, tags), got {tuple(potentials.shape)}."
        )
    exact = keras.backend.standardize_dtype(potentials.dtype) == "float64"
    kind = "float64" if exact else "float32"
    tags = potentials.shape[-1]
    transitions = make(transitions, dtype=kind)
    if tuple(transitions.shape) != (tags, tags):
        raise ValueError(
            f"Expected transitions of shape {(tags, tags)} for potentials with {tags} tags, "
            f"got {tuple(transitions.shape)}."
        )
    zeros = np.zeros(tags)
    start, end = (make(zeros if edge is None else edge, dtype=kind) for edge in (start, end))
    potentials = make(potentials, dtype=kind)
    xp = arrays_of(potentials)
    mask = xp.ones_like(potentials[..., 0]) if mask is None else make(mask, dtype=kind)
    if len(mask.shape) == 1:
        # (batch,) of lengths to (batch, words)
        words = xp.arange(xp.shape(potentials)[1], dtype=kind)
        mask = make(words < mask[:, None], dtype=kind)
    for name, edge in (("start", start), ("end", end)):
        _check_shape(name, edge, (tags,))
    _check_shape("mask", mask, tuple(potentials.shape[:2]))
    if arrays and np.any(mask[:, 1:] > mask[:, :-1]):
        raise ValueError(
            "Expected masks with words first and padding behind, got one with padding before a "
            "word. Pad texts at the end."
        )
    return Scores(potentials, transitions, start, end, mask)


def check_tags(tags: Any, potentials: Any) -> None:
    """Checks that there is a tag for each word.

    Args:
        tags: int, `(batch, words)` if right.
        potentials: `(batch, words, tags)`.

    Raises:
        ValueError: If the shapes do not fit; sizes that a graph does not know yet do fit.

    Example:
        >>> check_tags([[0, 1]], np.zeros((1, 2, 3)))
    """
    _check_shape("tags", tags, tuple(potentials.shape[:2]))


def _check_shape(name: str, part: Any, expected: tuple[int | None, ...]) -> None:
    given = tuple(np.shape(part))
    pairs = zip(given, expected, strict=False)
    if len(given) != len(expected) or any(None not in pair and len({*pair}) > 1 for pair in pairs):
        axes = "(batch, words) = " if len(expected) == 2 else ""
        raise ValueError(
            f"Expected {name} of shape {axes}{expected}, as the potentials have it, got {given}."
        )


def _is_array(part: Any) -> bool:
    return part is None or isinstance(part, np.ndarray | list | tuple)


def arrays_of(values: Any) -> Any:
    """Returns `numpy` for a NumPy array, else `keras.ops`; both know the names used here.

    Args:
        values: An array or a tensor.

    Returns:
        The module.

    Example:
        >>> arrays_of(np.zeros(2)).__name__
        'numpy'
    """
    return np if isinstance(values, np.ndarray) else ops


def like(values: Any, result: Any) -> Any:
    """Returns `result` as a NumPy array if `values` is one.

    Args:
        values: An array or a tensor.
        result: A tensor.

    Returns:
        An array or the tensor.

    Example:
        >>> like(np.zeros(2), ops.ones(2)).tolist()
        [1.0, 1.0]
    """
    return ops.convert_to_numpy(result) if isinstance(values, np.ndarray) else result
