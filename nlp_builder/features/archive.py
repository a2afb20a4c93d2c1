"""What blocks keep of themselves, and the list of those that a file may name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature

CLASSES: dict[str, type[Feature]] = {}
# The arguments that are no plain values, and what a file may have in their place.
KINDS = {
    "chunker": ("$tokenizer", "$function"),
    "fasttext_src": ("$vectors", "$subwords"),
    "inputs": ("$block", "$texts"),
    "sequencer": ("$block",),
    "tokenizer": ("$tokenizer", "$function"),
    "word2vec_src": ("$vectors",),
    "wrapped_model": ("$model",),
}


@dataclass
class State:
    """What a block keeps beside its arguments.

    Args:
        values: plain JSON values by name.
        vocabularies: lists of tokens by name.
        arrays: NumPy arrays by name.
        mapped: whether the arrays are a file's, and are to be used where they are.
    """

    values: dict[str, Any] = field(default_factory=dict)
    vocabularies: dict[str, Sequence[str]] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    mapped: bool = False


def saveable(cls: type[Feature]) -> type[Feature]:
    """Enter a class of blocks into the list of those that a file may name.

    Args:
        cls: a final subclass of `Feature`.

    Returns:
        The class.
    """
    CLASSES[cls.__name__] = cls
    return cls
