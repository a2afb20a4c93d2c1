"""Checks of arguments and of ids, whose errors say what was expected, what came, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from nlp_builder.text import TokenCounts
from nlp_builder.text.checks import positive_int

if TYPE_CHECKING:
    from nlp_builder.features.graph_piece import GraphPiece

TRAIN_ANEW = (
    "train anew with a lower learning rate, or clip gradients (keras.optimizers.Adam(1e-3, "
    "clipnorm=1.0))"
)
"""What to do where a training ended in what is no number, for messages."""
_POLICIES = {
    *("float16", "bfloat16", "float32", "float64", "mixed_float16", "mixed_bfloat16"),
}
_LARGEST_SEED = 2**63 - 1


def positive_or_none(name: str, value: int | None) -> int | None:
    """Return `value` if it is a positive integer or None.

    Args:
        name: of the argument.
        value: what was given.

    Returns:
        The value.

    Raises:
        TypeError: if it is neither an integer nor None.
        ValueError: if it is less than 1.
    """
    return None if value is None else positive_int(name, value)


def boolean(name: str, value: bool) -> bool:
    """Return `value` if it is True or False.

    Args:
        name: of the argument.
        value: what was given.

    Returns:
        The value.

    Raises:
        TypeError: if it is anything else.
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"expected {name} to be True or False, got {value!r}")
    return bool(value)


def seed(name: str, value: int) -> int:
    """Return `value` if it can seed weights.

    Args:
        name: of the argument.
        value: what was given.

    Returns:
        The value.

    Raises:
        TypeError: if it is not an integer.
        ValueError: if it is negative, or has more than 63 bits.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"expected {name} to be a whole number, got {value!r}")
    if not 0 <= value <= _LARGEST_SEED:
        raise ValueError(f"expected {name} to be from 0 to 2**63 - 1, got {value:.6g}")
    return int(value)


def policy(name: str) -> str:
    """Return the name of a dtype policy if blocks can have it.

    Args:
        name: of a policy of Keras.

    Returns:
        The name.

    Raises:
        ValueError: if it is none of floating point: those of quantised layers change layers.
    """
    if name not in _POLICIES:
        raise ValueError(f"expected a policy of {sorted(_POLICIES)}, got {name!r:.60}")
    return name


def percentile(name: str, value: float) -> float:
    """Return `value` if it is a percentile.

    Args:
        name: of the argument.
        value: what was given.

    Returns:
        The value.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is not from 0 to 100.
    """
    if value is None:
        raise TypeError(f"expected {name} to be a number from 0 to 100, got None")
    TokenCounts().freeze(min_freq_percentile=value)
    return value


def require_symbols(owner: str, counts: TokenCounts) -> None:
    """Refuse a corpus in which there is nothing to learn from.

    Args:
        owner: the block's name.
        counts: of the words or characters of the corpus.

    Raises:
        ValueError: if nothing was counted.
    """
    if not counts:
        raise ValueError(
            f"{owner}.build expects a corpus with words, got texts without any: look at the texts "
            "and at what the tokenizer makes of them"
        )


def check_inputs(block: GraphPiece, tensors: Sequence[Any]) -> None:
    """Refuse what a block cannot be applied to.

    Args:
        block: built.
        tensors: one for each of its inputs.

    Raises:
        TypeError: if one is neither an array nor a tensor.
        ValueError: if number, shapes, type or range of ids do not fit.
    """
    if len(tensors) != len(block.slots):
        raise ValueError(
            f"{type(block).__name__} reads {len(block.slots)} inputs, got {len(tensors)}: "
            "pass what preprocess_texts returns"
        )
    rows = {len(tensor) for tensor in tensors if isinstance(tensor, np.ndarray)}
    if len(rows) > 1:
        raise ValueError(f"expected as many texts in each input, got {sorted(rows)}")
    for slot, tensor in zip(block.slots, tensors, strict=True):
        num_ids = len(slot.block._learnt_vocabulary())
        check_ids(type(slot.block).__name__, tensor, slot.block._ids_shape(), num_ids)


def check_ids(owner: str, ids: Any, shape: Sequence[int | None], num_ids: int) -> None:
    """Refuse what a block cannot read.

    Args:
        owner: the block's name.
        ids: a NumPy array or a Keras tensor.
        shape: the expected one without the batch axis, None where any size will do.
        num_ids: ids are from 0 to this, exclusive.

    Raises:
        TypeError: if `ids` is neither an array nor a tensor.
        ValueError: if shape, type or range do not fit.
    """
    if not isinstance(ids, np.ndarray | keras.KerasTensor) and not keras.ops.is_tensor(ids):
        raise TypeError(
            f"{owner} expects ids, a NumPy array or a Keras tensor, got {type(ids).__name__}: "
            "turn texts into ids with preprocess_texts"
        )
    sizes = tuple(ids.shape)[1:]
    if len(ids.shape) != len(shape) + 1 or any(
        None not in (size, expected) and size != expected
        for size, expected in zip(sizes, shape, strict=True)
    ):
        raise ValueError(f"{owner} expects ids of shape (batch, *{tuple(shape)}), got {ids.shape}")
    if isinstance(ids, np.ndarray):
        _check_values(owner, ids, num_ids)


def _check_values(owner: str, ids: np.ndarray, num_ids: int) -> None:
    if not np.issubdtype(ids.dtype, np.integer):
        raise ValueError(f"{owner} expects integer ids, got {ids.dtype}")
    if ids.size and not 0 <= ids.min() <= ids.max() < num_ids:
        raise ValueError(
            f"{owner} knows ids from 0 to {num_ids - 1}, got {ids.min()} to {ids.max()}: use what "
            "its own preprocess_texts returns"
        )
