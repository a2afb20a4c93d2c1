"""Numbers for each text, or for each token of each text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nlp_builder.features.batching.steps import InputSteps, with_as_many_steps
from nlp_builder.text import LazyRows
from nlp_builder.text.checks import preview

_THINGS = {"target": "tag ids", "weight": "weights"}
_NO_NUMBERS = np.zeros(0, "int32")


class ByText:
    """A row for each text.

    Args:
        values: (texts, ...).
        kind: "target" or "weight".
        place: of which output, for the errors.

    Raises:
        TypeError: if they are no numbers.
        ValueError: if a weight is NaN or infinite.
    """

    def __init__(self, values: np.ndarray, *, kind: str, place: str) -> None:
        self._values = _numbers(values, kind, place)

    def take(self, rows: Any, widths: Sequence[int]) -> np.ndarray:
        """Return (rows, ...)."""
        return self._values[np.asarray(rows, "intp")]


class ByToken:
    """A number for each token of each text.

    Args:
        rows: a sequence of numbers for each text.
        inputs: those of the model that have steps; the tokens are the steps of one of them.
        kind: "target" for ids of tags, or "weight".
        place: of which output, for the errors.

    Raises:
        TypeError: if they are no numbers, or ids of tags no whole ones.
        ValueError: if a text has not as many as tokens, or a tag is negative or no int32, or a
            weight NaN.
    """

    def __init__(
        self, rows: list[Any], inputs: Sequence[InputSteps], *, kind: str, place: str
    ) -> None:
        # (texts,)
        sizes = np.array([_size(row) for row in rows], "int64")
        steps = with_as_many_steps(sizes, inputs)
        thing = _THINGS[kind]
        for position in np.flatnonzero(sizes != steps.lengths)[:1]:
            raise _misfit(rows, steps, int(position), thing, place)
        self._input, self._lengths = steps.number, sizes
        self._starts = np.cumsum(sizes) - sizes
        flat = [np.asarray(row) for row in rows if len(row)]
        # (tokens,)
        self._values = _of_tokens(np.concatenate(flat) if flat else _NO_NUMBERS, kind, place)
        if kind == "target":
            for token in np.flatnonzero(self._values < 0)[:1]:
                position = int(np.searchsorted(self._starts + self._lengths, token, side="right"))
                raise _misfit(rows, steps, position, thing, place)

    def take(self, rows: Any, widths: Sequence[int]) -> np.ndarray:
        """Return (rows, width of their input), cut or padded with 0."""
        width = widths[self._input]
        starts, lengths = self._starts[rows, None], self._lengths[rows, None]
        # (rows, width)
        steps = np.arange(width)[None, :]
        taken = np.zeros((len(starts), width), self._values.dtype)
        real = steps < lengths
        taken[real] = self._values[(starts + steps)[real]]
        return taken


class LazyByToken:
    """The same of rows that are not kept: each is read once to be measured, and for each batch.

    Args:
        rows: a sequence of numbers for each text.
        inputs: as for `ByToken`.
        kind: as for `ByToken`.
        place: as for `ByToken`.

    Raises:
        TypeError: as `ByToken`; of what a row holds when it is taken.
        ValueError: likewise.
    """

    def __init__(
        self, rows: LazyRows, inputs: Sequence[InputSteps], *, kind: str, place: str
    ) -> None:
        # (texts,)
        sizes = np.fromiter((_size(row) for row in rows), "int32", len(rows))
        self._rows, self._kind, self._place = rows, kind, place
        self._steps = with_as_many_steps(sizes, inputs)
        self._thing = _THINGS[kind]
        for position in np.flatnonzero(sizes != self._steps.lengths)[:1]:
            raise _misfit(rows, self._steps, int(position), self._thing, place)

    def take(self, rows: Any, widths: Sequence[int]) -> np.ndarray:
        """Return (rows, width of their input), cut or padded with 0."""
        taken = [self._row(int(row)) for row in rows]
        dtype = np.result_type(*taken) if taken else "int32"
        # (rows, width)
        padded = np.zeros((len(taken), widths[self._steps.number]), dtype)
        for row, values in zip(padded, taken, strict=True):
            row[: len(values)] = values[: len(row)]
        return padded

    def _row(self, number: int) -> np.ndarray:
        values = np.asarray(self._rows[number])
        if not values.size:
            values = values.astype("int32" if self._kind == "target" else "float32")
        values = _of_tokens(values, self._kind, self._place)
        fits = values.shape == (self._steps.lengths[number],)
        if not fits or (self._kind == "target" and (values < 0).any()):
            raise _misfit(self._rows, self._steps, number, self._thing, self._place)
        return values


def _size(row: Any) -> int:
    """Return how many numbers a row has, -1 if it is no row of numbers."""
    try:
        array = np.asarray(row)
    except ValueError:  # rows of different lengths
        return -1
    return len(array) if array.ndim == 1 else -1


def _misfit(
    rows: Sequence[Any], steps: InputSteps, position: int, thing: str, place: str
) -> ValueError:
    length = int(steps.lengths[position])
    return ValueError(
        f"expected {length} {thing} for the {length} tokens of text {position}{place}, got "
        f"{preview(rows[position])}: give each token that {steps.block} counts one number of at "
        "least 0 and below 2**31, or pass an array if the numbers are for whole texts"
    )


def _numbers(values: np.ndarray, kind: str, place: str) -> np.ndarray:
    if values.dtype.kind in "USO" and values.size:
        flat = values.reshape(-1).tolist()
        odd = (n for n, value in enumerate(flat) if not isinstance(value, int | float))
        first = next(odd, 0)
        raise TypeError(
            f"expected numbers as {kind}s{place}, got {preview(flat[first])} "
            f"({type(flat[first]).__name__}) at position {first}: encode labels as whole numbers "
            "first, and fill what is missing"
        )
    if values.dtype.kind not in "biufUSO":
        raise TypeError(f"expected numbers as {kind}s{place}, got an array of {values.dtype}")
    if kind == "target" and values.dtype.kind in "iu":
        return values
    floats = values.astype("float32", copy=False)
    finite = np.isfinite(floats)
    if not finite.all():
        position = int(np.argmin(finite.reshape(len(floats), -1).all(axis=1)))
        raise ValueError(
            f"expected finite {kind}s{place}, got NaN or infinity at position {position}: leave "
            "the text out, or give it the weight 0 and another target"
        )
    return floats


def _of_tokens(values: np.ndarray, kind: str, place: str) -> np.ndarray:
    """Return weights; or int32 ids of tags, with -1 in place of numbers that are none."""
    if kind == "target" and values.dtype.kind in "bf":
        flat = values.reshape(-1).tolist()
        odd = next((value for value in flat if value % 1), flat[0])
        raise TypeError(
            f"expected whole numbers as tag ids of tokens{place}, got {odd!r} "
            f"({type(odd).__name__}): encode tags with a TagAlphabet"
        )
    numbers = _numbers(values, kind, place)
    if kind == "weight":
        return numbers
    ids = numbers.astype("int32", copy=False)
    return np.where(ids == numbers, ids, -1)
