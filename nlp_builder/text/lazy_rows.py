"""Collections whose rows are made when they are asked for: files and Arrow tables of any size."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np

from nlp_builder.text.checks import preview


class LazyRows(Sequence[Any], ABC):
    """Texts, tags or numbers that are not kept in memory.

    Batches take rows of them one batch at a time, and never make a list of them.

    Example:
        >>> class Squares(LazyRows):
        ...     def __len__(self):
        ...         return 10
        ...
        ...     def _row(self, number):
        ...         return number**2
        >>> Squares()[3], list(Squares()[-2:])
        (9, [64, 81])
    """

    @abstractmethod
    def _row(self, number: int) -> Any:
        """Makes a row; the number is from 0 to the length - 1."""

    def __getitem__(self, place: Any) -> Any:
        """Returns a row, or for a slice rows that are lazy too."""
        if isinstance(place, slice):
            return _Part(self, range(len(self))[place])
        number = range(len(self))[place]  # raises an IndexError, as a list does
        return self._row(number)

    def __repr__(self) -> str:
        """Shows how many there are; that reads none of them."""
        return f"<{type(self).__name__} of {len(self):,} rows>"


def lazy_map(function: Callable[[Any], Any], rows: Sequence[Any]) -> LazyRows:
    """Applies a function to each row when it is asked for.

    Args:
        function: of a row, as `TagAlphabet.ids`.
        rows: lazy ones, or an Arrow column, a list, tuple, array or Series; by position, whatever
            an index says.

    Returns:
        As many rows.

    Raises:
        TypeError: the function cannot be called, or the rows are no sequence.

    Example:
        >>> from nlp_builder.text import TagAlphabet
        >>> ids = lazy_map(TagAlphabet(["O", "B-PER"]).ids, [["B-PER", "O"], ["O"]])
        >>> len(ids), ids[0]
        (2, array([1, 0], dtype=int32))
    """
    if not callable(function):
        raise TypeError(
            f"expected a function of a row, got {preview(function)} ({type(function).__name__}): "
            "pass it first, and the rows after it"
        )
    lazy = as_lazy(rows)
    return _Map(function, _by_position(rows) if lazy is None else lazy)


def _by_position(rows: Any) -> Sequence[Any]:
    # Of pandas' Series the brackets look into the index.
    values = getattr(rows, "array", rows) if hasattr(rows, "iloc") else rows
    is_array = (
        hasattr(values, "__array__") and np.ndim(values) > 0 and not hasattr(values, "columns")
    )
    if isinstance(rows, str | bytes) or not (isinstance(values, Sequence) or is_array):
        raise TypeError(
            f"expected rows in a list, a Series, an array or LazyRows, got {preview(rows)} "
            f"({type(rows).__name__}): make a list of them"
        )
    return values


def as_lazy(rows: Any) -> LazyRows | None:
    """Returns rows that are lazy, among them columns of Arrow, as such.

    Args:
        rows: anything.

    Returns:
        The rows; None for anything else.

    Raises:
        ValueError: values are missing in a column of Arrow.

    Example:
        >>> as_lazy(["a list"]) is None
        True
    """
    if isinstance(rows, LazyRows):
        return rows
    # What is of Arrow was made by it, so it need not be imported to find out.
    arrow = sys.modules.get("pyarrow")
    if arrow is not None and isinstance(rows, arrow.Array | arrow.ChunkedArray):
        return _ArrowRows(rows)
    return None


@final
class _ArrowRows(LazyRows):
    """The values of an Arrow column as Python's: strings, numbers, lists of them."""

    def __init__(self, column: Any) -> None:
        if column.null_count:
            first = column.is_null().to_pylist().index(True)
            raise ValueError(
                f"expected a value in each row of a column of Arrow, got {column.null_count} that "
                f"are missing, the first at position {first}: fill them, or leave them out"
            )
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def _row(self, number: int) -> Any:
        return self._column[number].as_py()

    def __repr__(self) -> str:
        return f"<Arrow column of {len(self):,} rows, {preview(str(self._column.type))}>"


@final
class _Part(LazyRows):
    """Some rows of others."""

    def __init__(self, rows: LazyRows, places: range) -> None:
        self._rows, self._places = rows, places

    def __len__(self) -> int:
        return len(self._places)

    def _row(self, number: int) -> Any:
        return self._rows[self._places[number]]


@final
class _Map(LazyRows):
    """What a function makes of rows."""

    def __init__(self, function: Callable[[Any], Any], rows: Sequence[Any]) -> None:
        self._function, self._rows = function, rows

    def __len__(self) -> int:
        return len(self._rows)

    def _row(self, number: int) -> Any:
        return self._function(self._rows[number])
