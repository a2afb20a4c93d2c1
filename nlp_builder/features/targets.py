"""Targets and weights of training: one for each output, and the last ones to validate on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nlp_builder.batching import is_stream
from nlp_builder.text import take_rows, text_columns
from nlp_builder.text.checks import preview

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature


def by_output(what: str, values: Any, names: Sequence[str] | None) -> Any:
    """Give each of several outputs its own.

    Args:
        what: what the values are, for errors.
        values: a dict by name, or a list in the order of the outputs; anything for one output.
        names: the names of the outputs; None for one without a name.

    Returns:
        A dict by name, or the value for the one output.

    Raises:
        ValueError: if names or numbers differ.
        TypeError: if there are several outputs and one value.

    Example:
        >>> by_output("targets", [[0, 1], [0.5, 2.0]], ["kind", "size"])
        {'kind': [0, 1], 'size': [0.5, 2.0]}
    """
    if values is None:
        return None
    if names is None:
        if isinstance(values, Mapping):
            raise TypeError(
                f"expected {what} for the one output, got a dict of {list(values)}: pass the value"
            )
        # A tuple would be taken for several outputs.
        return list(values) if isinstance(values, tuple) else values
    if isinstance(values, Mapping):
        unknown = [name for name in values if name not in names]
        if unknown:
            raise ValueError(f"expected {what} by the outputs {list(names)}, got {unknown}")
        return dict(values)
    if not isinstance(values, list | tuple):
        raise TypeError(
            f"expected {what} as a dict by the outputs {list(names)} or a list in their order, "
            f"got {preview(values)} ({type(values).__name__})"
        )
    if len(values) != len(names):
        raise ValueError(
            f"expected {what} for {len(names)} outputs {list(names)}: {len(values)} came"
        )
    return dict(zip(names, values, strict=True))


def split_last(
    block: Feature, x: Any, y: Any, weights: Any, share: float, validation_data: Any
) -> tuple[Any, Any, Any, Any]:
    """Part the last texts from the others, to validate on them.

    Args:
        block: what reads the texts.
        x: texts.
        y: targets.
        weights: weights or None.
        share: from 0 to 1; 0 for none.
        validation_data: what there is to validate on; then nothing is parted, as in Keras.

    Returns:
        Texts, targets and weights to train on, and the three to validate on.

    Raises:
        ValueError: if one of both parts would be empty, or there are batches and not texts.
    """
    if validation_data is not None or not share:
        return x, y, weights, validation_data
    if is_stream(x):
        raise ValueError(
            "expected texts for validation_split, got batches: pass validation_data instead"
        )
    columns = text_columns(x, block.text_names)
    size = len(next(iter(columns.values())))
    cut = int(size * (1.0 - share))
    if not 0 < share < 1 or not 0 < cut < size:
        raise ValueError(
            f"expected a validation_split that parts {size} texts in two, got {share}: "
            "give a share between 0 and 1, or validation_data"
        )
    first, last = slice(0, cut), slice(cut, size)
    validation = [_part(y, last), _part(weights, last)]
    return (
        take_rows(columns, range(size)[first]),
        _part(y, first),
        _part(weights, first),
        (take_rows(columns, range(size)[last]), *validation),
    )


def _part(values: Any, rows: slice) -> Any:
    if isinstance(values, Mapping):
        return {name: _part(value, rows) for name, value in values.items()}
    if values is None:
        return None
    return values.iloc[rows] if hasattr(values, "iloc") else values[rows]
