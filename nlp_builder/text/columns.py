"""Texts of models that read several of them: columns by name, or the one column without a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nlp_builder.text.checks import preview
from nlp_builder.text.texts import Text, iterate_texts, read_texts


def iterate_columns(
    texts: Any, names: Sequence[str] | None
) -> dict[str | None, Iterator[str | list[str]]]:
    """Reads each column of texts in a stream of its own.

    Args:
        texts: what `iterate_texts` reads where `names` is None; else a dict of such, or a
            DataFrame, or a table of Arrow. Columns that no name asks for are not looked at.
        names: the columns that are needed; None for texts without names.

    Returns:
        An iterator for each name, in the order of `names`; for None under the key None.

    Raises:
        TypeError: `texts` is neither a dict nor a table although there are names, or a column is no
            collection of texts.
        ValueError: a column is missing.

    Example:
        >>> columns = iterate_columns({"question": ["who?"], "answer": ["me"]}, ["answer"])
        >>> list(columns["answer"])
        ['me']
    """
    return {name: iterate_texts(column) for name, column in _columns(texts, names).items()}


def text_columns(
    texts: Any, names: Sequence[str] | None, *, copy: bool = False
) -> dict[str | None, Sequence[Text]]:
    """Reads columns of texts of equal lengths into memory.

    Args:
        texts: as for `iterate_columns`.
        names: as for `iterate_columns`.
        copy: keep the texts as they are now. Else lists are taken themselves, without a copy.

    Returns:
        A list for each name; rows that are lazy stay so.

    Raises:
        TypeError: as `iterate_columns`, or something in a column is no text.
        ValueError: a column is missing, or the columns are of different lengths.

    Example:
        >>> text_columns(["who?", "me"], None)
        {None: ['who?', 'me']}
    """
    columns = {
        name: _read(name, column, copy=copy) for name, column in _columns(texts, names).items()
    }
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"expected as many texts under each name, got {lengths}: each row needs all its texts"
        )
    return columns


def take_rows(
    columns: Mapping[str | None, Sequence[Text]], rows: Sequence[int] | np.ndarray
) -> Any:
    """Returns some rows of columns, in the form in which a block reads them.

    Args:
        columns: what `text_columns` returned.
        rows: the numbers of the rows.

    Returns:
        A list of texts for the column without a name, else a dict of lists.

    Example:
        >>> take_rows({None: ["a", "b", "c"]}, [2, 0])
        ['c', 'a']
    """
    order = rows.tolist() if isinstance(rows, np.ndarray) else rows
    taken = {name: [column[row] for row in order] for name, column in columns.items()}
    return taken.get(None, taken)


def columns_of_rows(texts: Iterable[Any], names: Sequence[str] | None) -> dict[str | None, Any]:
    """Turns texts that stand row by row into columns.

    Args:
        texts: at least one; where there are names a dict by them, or as many in their order.
        names: as for `iterate_columns`.

    Returns:
        Lists of texts by name.

    Example:
        >>> columns_of_rows([("a", "b"), {"y": "d", "x": "c"}], ("x", "y"))
        {'x': ['a', 'c'], 'y': ['b', 'd']}
    """
    rows = [_row(text, names) for text in texts]
    return {name: [row[name] for row in rows] for name in rows[0]}


def _row(text: Any, names: Sequence[str] | None) -> dict[str | None, Any]:
    if names is None:
        return {None: text}
    return dict(text) if isinstance(text, Mapping) else dict(zip(names, text, strict=True))


def _read(name: str | None, column: Any, *, copy: bool) -> Sequence[Text]:
    try:
        return read_texts(column, copy=copy)
    except TypeError as error:
        if name is None:
            raise
        raise TypeError(f"{error}; in the texts {name!r}") from error


def _columns(texts: Any, names: Sequence[str] | None) -> dict[str | None, Any]:
    if names is None:
        return {None: texts}
    known = _column_names(texts)
    if known is None:
        raise TypeError(
            f"expected a dict or a DataFrame with the texts {list(names)}, got {preview(texts)} "
            f"({type(texts).__name__}): name the texts"
        )
    missing = [name for name in names if name not in known]
    if missing:
        raise ValueError(
            f"expected the texts {list(names)}, got {known}: {missing} are missing; "
            "name the columns as the blocks do"
        )
    return {name: texts[name] for name in names}


def _column_names(texts: Any) -> list[str] | None:
    if isinstance(texts, Mapping):
        return list(texts)
    # In a table of Arrow `columns` are the columns themselves.
    columns = getattr(texts, "column_names", getattr(texts, "columns", None))
    return None if columns is None else [str(name) for name in columns]
