"""Which input numbers by token belong to: a model may read words and characters side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import final

import numpy as np


@final
class InputSteps:
    """The steps of one input of a model, counted when they are first asked for.

    Args:
        number: of the input.
        maxlen: the most steps that it keeps, None if it keeps all.
        block: what counts them, for errors.
        count: returns int (texts,), the steps of each text before any cut.

    Example:
        >>> InputSteps(0, None, "words", lambda: np.array([2, 1])).lengths
        array([2, 1])
    """

    def __init__(
        self, number: int, maxlen: int | None, block: str, count: Callable[[], np.ndarray]
    ) -> None:
        self.number = number
        self.maxlen = maxlen
        self.block = block
        self._count = count

    @cached_property
    def lengths(self) -> np.ndarray:
        """Int (texts,), the steps of each text before any cut."""
        return self._count()


def with_as_many_steps(sizes: np.ndarray, inputs: Sequence[InputSteps]) -> InputSteps:
    """Choose the input whose tokens have numbers.

    Args:
        sizes: int (texts,), how many numbers each text has.
        inputs: those that have steps; at least one.

    Returns:
        The first one with as many steps as numbers in each text; if there is none, the one of
        which that holds for the most texts.

    Raises:
        ValueError: if it holds for several, which are cut differently.

    Example:
        >>> letters = InputSteps(0, None, "letters", lambda: np.array([7, 4]))
        >>> words = InputSteps(1, None, "words", lambda: np.array([2, 1]))
        >>> with_as_many_steps(np.array([2, 1]), [letters, words]).block
        'words'
    """
    for position, own in enumerate(inputs):
        if np.array_equal(own.lengths, sizes):
            rest = [other for other in inputs[position + 1 :] if other.maxlen != own.maxlen]
            _require_one_width([own, *(o for o in rest if np.array_equal(o.lengths, sizes))])
            return own
    return max(inputs, key=lambda one: int(np.sum(one.lengths == sizes)))


def _require_one_width(inputs: Sequence[InputSteps]) -> None:
    if len(inputs) > 1:
        raise ValueError(
            "expected blocks that read the same number of words, got the maxima "
            f"{[one.maxlen for one in inputs]} of {[one.block for one in inputs]}: give them the "
            "same maximum, or None"
        )
