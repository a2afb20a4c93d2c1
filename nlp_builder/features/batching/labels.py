"""Targets and weights of texts: of any collection, by text or by token, of one output or several.

Rows belong together by their position, whatever index a Series has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from nlp_builder.features.batching.rows import ByText, ByToken, LazyByToken
from nlp_builder.features.batching.steps import InputSteps
from nlp_builder.text import LazyRows
from nlp_builder.text.checks import preview
from nlp_builder.text.lazy_rows import as_lazy

Kind = Literal["target", "weight"]
# Of all outputs, or of each, by name or in their order.
_Rows = np.ndarray | list[Any] | LazyRows
_Read = ByText | ByToken | LazyByToken
ByOutput = bool | Mapping[str, bool] | Sequence[bool]


class Labels:
    """The targets, or the weights, of some texts.

    Args:
        values: an array with a row for each text; a list, a Series, `LazyRows` or a column of
            Arrow with a number for each text, or with a list of numbers for the tokens of each
            text; a dict or a tuple of these for several outputs.
        num_texts: how many texts there are.
        kind: "target": whole numbers stay what they are, others become float32, tags of tokens
            int32; or "weight": all become float32.
        inputs: those of the model that have steps, which are counted only if there are lists of
            numbers; without any, such a list is one vector for a text.
        by_token: whether a list of numbers for a text has one for each of its tokens, and is not
            one vector for the text; of each output, if they differ.

    Raises:
        TypeError: if the values are no numbers.
        ValueError: if there are not as many as texts, or as tokens, if vectors differ in length, or
            if there is no output.

    Example:
        >>> words = InputSteps(0, None, "words", lambda: np.array([2, 1]))
        >>> Labels([[1, 2], [3]], 2, "target", [words]).take([1, 0], widths=[3])
        array([[3, 0, 0],
               [1, 2, 0]], dtype=int32)
        >>> Labels({"spam": [0, 1]}, 2, "target", [words]).take([1], widths=[3])
        {'spam': array([1])}
        >>> Labels([[0, 1], [1, 0]], 2, "target", [words], by_token=False).take([0], widths=[3])
        array([[0, 1]])
    """

    def __init__(
        self,
        values: Any,
        num_texts: int,
        kind: Kind,
        inputs: Sequence[InputSteps],
        *,
        by_token: ByOutput = True,
    ) -> None:
        if isinstance(values, Mapping | tuple) and not values:
            raise ValueError(f"expected {kind}s of at least one output, got {values!r}")

        def read(column: Any, name: Any) -> _Read:
            place = _of_output(name)
            rows = _rows(column, num_texts, kind, place)
            return _read(rows, inputs if _has_tokens(by_token, name) else [], kind, place)

        self._columns = _each(values, read)

    @property
    def outputs(self) -> list[Any] | int | None:
        """The names or the number of the outputs; None if there is one without a name."""
        if isinstance(self._columns, dict):
            return sorted(self._columns)
        return len(self._columns) if isinstance(self._columns, tuple) else None

    def take(self, rows: Any, *, widths: Sequence[int]) -> Any:
        """Return the values of some texts.

        Args:
            rows: the numbers of the texts.
            widths: the steps of each input in the batch; values of tokens are cut and padded to
                those of theirs.

        Returns:
            An array (rows, ...), or a dict or a tuple of arrays, as the values were given.
        """
        return _each(self._columns, lambda column, _: column.take(rows, widths))


def read_labels(
    targets: Any,
    sample_weight: Any,
    num_texts: int,
    inputs: Sequence[InputSteps],
    *,
    by_token: ByOutput = True,
) -> list[Labels]:
    """Read targets and weights, as far as there are any.

    Args:
        targets: of the texts, or None.
        sample_weight: of the texts, or None. Weights without outputs hold for all outputs.
        num_texts: how many texts there are.
        inputs: as for `Labels`.
        by_token: as for `Labels`.

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
        Labels(values, num_texts, kind, inputs, by_token=by_token)
        for values, kind in given
        if values is not None
    ]
    if len(labels) == 2:
        _require_same_outputs(*labels)
    return labels


def require_count(kind: str, values: Any, num_texts: int, place: str = "") -> None:
    """Refuse targets or weights of another number than there are texts.

    Args:
        kind: what they are, for the error.
        values: something with a length.
        num_texts: how many texts there are.
        place: of which output, for the error.

    Raises:
        ValueError: if the numbers differ.
    """
    if len(values) != num_texts:
        raise ValueError(
            f"expected a {kind} for each of {num_texts} texts, got {len(values)}{place}"
        )


def take_labels(labels: Sequence[Labels], rows: Any, inputs: Sequence[np.ndarray]) -> list[Any]:
    """Return the targets and weights of a batch.

    Args:
        labels: what `read_labels` returned.
        rows: the numbers of the texts.
        inputs: the ids of the batch.

    Returns:
        Nothing, the targets, or the targets and the weights.
    """
    widths = [array.shape[1] if array.ndim > 1 else 1 for array in inputs]
    return [column.take(rows, widths=widths) for column in labels]


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


def _has_tokens(by_token: ByOutput, name: Any) -> bool:
    if isinstance(by_token, bool):
        return by_token
    if name is None:  # weights for all outputs
        return any(by_token.values() if isinstance(by_token, Mapping) else by_token)
    names = list(by_token) if isinstance(by_token, Mapping) else range(len(by_token))
    if name not in names:
        raise ValueError(f"expected by_token for the output {name!r}, got {by_token!r}")
    return by_token[name]


def _rows(values: Any, num_texts: int, kind: Kind, place: str) -> _Rows:
    rows = _collection(values, kind, place)
    require_count(kind, rows, num_texts, place)
    return rows


def _read(rows: _Rows, inputs: Sequence[InputSteps], kind: Kind, place: str) -> _Read:
    if inputs and isinstance(rows, LazyRows) and _is_sequence(next(iter(rows), None)):
        return LazyByToken(rows, inputs, kind=kind, place=place)
    if inputs and isinstance(rows, list) and any(_is_sequence(row) for row in rows):
        return ByToken(rows, inputs, kind=kind, place=place)
    try:
        values = np.asarray(rows)
    except ValueError as error:
        raise _ragged(list(rows), kind, place) from error
    return ByText(values, kind=kind, place=place)


def _ragged(rows: list[Any], kind: Kind, place: str) -> ValueError:
    sizes = [len(row) if _is_sequence(row) else 0 for row in rows]
    odd = next((n for n, size in enumerate(sizes) if size != sizes[0]), 0)
    return ValueError(
        f"expected vectors of one length as {kind}s of the texts{place}, got {preview(rows[0])} "
        f"for text 0 and {preview(rows[odd])} for text {odd}: give each text as many numbers as "
        "the output has"
    )


def _collection(values: Any, kind: Kind, place: str) -> _Rows:
    if isinstance(values, list):
        return values
    lazy = as_lazy(values)
    if lazy is not None and (lazy is values or _is_sequence(next(iter(lazy), None))):
        return lazy
    if isinstance(getattr(values, "tags", None), LazyRows):
        raise TypeError(
            f"expected {kind}s{place}, got {type(values).__name__} of texts and tags: pass "
            "lazy_map(alphabet.ids, its .tags)"
        )
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
