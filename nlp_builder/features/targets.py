"""Targets and weights of training: one for each output, and the last ones to validate on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras

from nlp_builder.features.batching import PlannedBatches, count_rows, is_stream, require_count
from nlp_builder.text import take_rows, text_columns
from nlp_builder.text.checks import preview

if TYPE_CHECKING:
    from nlp_builder.features.training import Trainable


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
            f"expected {what} for {len(names)} outputs {list(names)}, got a list of {len(values)}: "
            "give one for each in their order, or a dict by name"
        )
    return dict(zip(names, values, strict=True))


def split_last(
    block: Trainable, x: Any, y: Any, weights: Any, share: float, validation_data: Any
) -> tuple[Any, Any, Any, Any]:
    """Part the last texts from the others, to validate on them.

    Args:
        block: what is trained.
        x: texts, or batches of them.
        y: targets.
        weights: weights or None.
        share: from 0 to 1; 0 for none.
        validation_data: what there is to validate on; then nothing is parted, as in Keras.

    Returns:
        Texts, targets and weights to train on, and the three to validate on.

    Raises:
        ValueError: if numbers of texts and targets differ, one of both parts would be empty, or
            there are batches and not texts.
    """
    if validation_data is not None or not share:
        return x, y, weights, validation_data
    if is_stream(x):
        raise ValueError(
            "expected texts for validation_split, got batches: pass validation_data instead"
        )
    columns = text_columns(x, block.text_names)
    size = count_rows(columns)
    y = by_output("targets", y, block.output_names)
    weights = by_output("weights", weights, block.output_names)
    for kind, values in (("target", y), ("weight", weights)):
        for value in values.values() if isinstance(values, Mapping) else [values]:
            if value is not None:
                require_count(kind, value, size)
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


def stream_by_output(source: Any, names: Sequence[str]) -> Any:
    """Give each of several outputs its own in each item of a stream.

    Args:
        source: a generator or a PyDataset of (texts, targets) or (texts, targets, weights).
        names: the names of the outputs.

    Returns:
        A generator or a PyDataset of the same items, with dicts by name.
    """
    if isinstance(source, PlannedBatches):
        return source
    if isinstance(source, keras.utils.PyDataset):
        return _ByOutput(source, names)
    return (_item_by_output(item, names) for item in source)


class _ByOutput(keras.utils.PyDataset):
    """A dataset whose targets and weights go to outputs by name."""

    def __init__(self, source: keras.utils.PyDataset, names: Sequence[str]) -> None:
        super().__init__(
            workers=source.workers,
            use_multiprocessing=source.use_multiprocessing,
            max_queue_size=source.max_queue_size,
        )
        self._source = source
        self._names = names

    def __len__(self) -> int:
        return len(self._source)

    def __getitem__(self, index: int) -> Any:
        return _item_by_output(self._source[index], self._names)

    def on_epoch_begin(self) -> None:
        self._source.on_epoch_begin()

    def on_epoch_end(self) -> None:
        self._source.on_epoch_end()


def _item_by_output(item: Any, names: Sequence[str]) -> Any:
    if not isinstance(item, tuple) or len(item) < 2:
        return item
    kinds = ("targets", "weights")
    return (item[0], *(by_output(k, v, names) for k, v in zip(kinds, item[1:], strict=False)))


def _part(values: Any, rows: slice) -> Any:
    if isinstance(values, Mapping):
        return {name: _part(value, rows) for name, value in values.items()}
    if values is None:
        return None
    return values.iloc[rows] if hasattr(values, "iloc") else values[rows]
