"""Targets and weights of texts: of any collection, by text or by token, of one output or several.

Rows belong together by their position, whatever index a Series has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from nlp_builder.batching.rows import ByText, ByToken
from nlp_builder.text.checks import preview

Kind = Literal["target", "weight"]


class Labels:
    """The targets, or the weights, of some texts.

    Args:
        values: an array with a row for each text; a list or a Series with a number for each text,
            or with a list of numbers for the tokens of each text; a dict or a tuple of these for
            several outputs.
        num_texts: how many texts there are.
        kind: "target": whole numbers stay what they are, others become float32, tags of tokens
            int32; or "weight": all become float32.
        count_tokens: returns the number of tokens of each text; called only if it is needed.

    Raises:
        TypeError: if the values are no numbers.
        ValueError: if there are not as many as texts, or as tokens.

    Example:
        >>> Labels([[1, 2], [3]], 2, "target", lambda: np.array([2, 1])).take([1, 0], width=3)
        array([[3, 0, 0],
               [1, 2, 0]], dtype=int32)
        >>> Labels({"spam": [0, 1]}, 2, "target", lambda: np.array([2, 1])).take([1], width=3)
        {'spam': array([1])}
    """

    def __init__(
        self, values: Any, num_texts: int, kind: Kind, count_tokens: Callable[[], np.ndarray]
    ) -> None:
        self._columns = _each(
            values,
            lambda column, name: _read(column, num_texts, kind, _of_output(name), count_tokens),
        )

    @property
    def outputs(self) -> list[Any] | int | None:
        """The names or the number of the outputs; None if there is one without a name."""
        if isinstance(self._columns, dict):
            return sorted(self._columns)
        return len(self._columns) if isinstance(self._columns, tuple) else None

    def take(self, rows: Any, *, width: int) -> Any:
        """Return the values of some texts.

        Args:
            rows: the numbers of the texts.
            width: the number of tokens of the batch; values of tokens are cut and padded to it.

        Returns:
            An array (rows, ...), or a dict or a tuple of arrays, as the values were given.
        """
        return _each(self._columns, lambda column, _: column.take(rows, width))


def read_labels(
    targets: Any, sample_weight: Any, num_texts: int, count_tokens: Callable[[], np.ndarray]
) -> list[Labels]:
    """Read targets and weights, as far as there are any.

    Args:
        targets: of the texts, or None.
        sample_weight: of the texts, or None. Weights without outputs hold for all outputs.
        num_texts: how many texts there are.
        count_tokens: returns the number of tokens of each text; called only if it is needed.

    Returns:
        Nothing, the targets, or the targets and the weights.

    Raises:
        TypeError: as `Labels`.
        ValueError: as `Labels`, or if there are weights without targets, or for other outputs.
    """
    if targets is None and sample_weight is not None:
        raise ValueError("expected targets with the sample weights, got None")
    given: list[tuple[Any, Kind]] = [(targets, "target"), (sample_weight, "weight")]
    labels = [
        Labels(values, num_texts, kind, count_tokens)
        for values, kind in given
        if values is not None
    ]
    if len(labels) == 2:
        _require_same_outputs(*labels)
    return labels


def take_labels(labels: Sequence[Labels], rows: Any, inputs: Sequence[np.ndarray]) -> list[Any]:
    """Return the targets and weights of a batch.

    Args:
        labels: what `read_labels` returned.
        rows: the numbers of the texts.
        inputs: the ids of the batch; values of tokens get the width of the first input.

    Returns:
        Nothing, the targets, or the targets and the weights.
    """
    width = inputs[0].shape[1] if inputs[0].ndim > 1 else 1
    return [column.take(rows, width=width) for column in labels]


def _require_same_outputs(targets: Labels, weights: Labels) -> None:
    if weights.outputs is not None and weights.outputs != targets.outputs:
        raise ValueError(
            f"expected sample weights for the same outputs as the targets, {targets.outputs}, got "
            f"{weights.outputs}: give each output its weights, ones where all texts count alike"
        )


def _each(values: Any, function: Callable[[Any, Any], Any]) -> Any:
    if isinstance(values, Mapping):
        return {name: function(value, name) for name, value in values.items()}
    if isinstance(values, tuple):
        return tuple(function(value, number) for number, value in enumerate(values))
    return function(values, None)


def _of_output(name: Any) -> str:
    return "" if name is None else f" for the output {name!r}"


def _read(
    values: Any, num_texts: int, kind: Kind, place: str, count_tokens: Callable[[], np.ndarray]
) -> ByText | ByToken:
    rows = _collection(values, kind, place)
    if len(rows) != num_texts:
        raise ValueError(f"expected a {kind} for each of {num_texts} texts, got {len(rows)}{place}")
    if isinstance(rows, list) and any(_is_sequence(row) for row in rows):
        return ByToken(rows, count_tokens(), kind=kind, place=place)
    return ByText(np.asarray(rows), kind=kind, place=place)


def _collection(values: Any, kind: Kind, place: str) -> np.ndarray | list[Any]:
    if isinstance(values, list):
        return values
    if isinstance(values, str | bytes) or not hasattr(values, "__array__"):
        raise TypeError(
            f"expected {kind}s in a list, a Series or an array{place}, got {preview(values)} "
            f"({type(values).__name__}): a tuple or a dict holds those of several outputs"
        )
    array = np.asarray(values)
    if array.ndim == 0:
        raise TypeError(f"expected a {kind} for each text{place}, got {preview(values)}")
    # What pandas keeps as objects may be numbers, or a list of them for each text.
    return array.tolist() if array.dtype.kind == "O" else array


def _is_sequence(row: Any) -> bool:
    return isinstance(row, list | tuple) or getattr(row, "ndim", 0) > 0
