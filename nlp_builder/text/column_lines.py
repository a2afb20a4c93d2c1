"""The lines of column files: which of them are tokens, comments, or part texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import final

Numbered = tuple[int, str]
"""A line and its number in the file, counted from 1."""


@final
class ColumnsError(ValueError):
    """A line of a column file has other columns than expected.

    Args:
        found: where, what was expected and what came.
        advice: which arguments to pass.

    Attributes:
        found: likewise, for who has other names than arguments.

    Example:
        >>> str(ColumnsError("line 2: expected 2 columns, got 1", "pass the separator"))
        'line 2: expected 2 columns, got 1; pass the separator'
    """

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(found, advice)
        self.found = found

    def __str__(self) -> str:
        return "; ".join(self.args)


@final
class ColumnLines:
    """Reads the tokens and tags of texts from lines, by the rules of `read_columns`.

    Args:
        path: of the file, for messages.
        text_column: as of `read_columns`.
        tag_column: as of `read_columns`.
        separator: as of `read_columns`.

    Example:
        >>> lines = ["EU B-ORG", "# a comment", "", "Ada B-PER"]
        >>> reader = ColumnLines("train.txt", 0, -1, None)
        >>> reader.learn(enumerate(lines, start=1))
        >>> list(reader.texts(enumerate(lines, start=1)))
        [[('EU', 'B-ORG')], [('Ada', 'B-PER')]]
    """

    def __init__(
        self, path: str | Path, text_column: int, tag_column: int, separator: str | None
    ) -> None:
        self._path = path
        self._text_column, self._tag_column = text_column, tag_column
        self._separator = separator
        self._model = ""
        self._first: tuple[int, list[str]] | None = None

    def learn(self, lines: Iterable[Numbered]) -> None:
        """Looks at the first token, which comments and the number of columns are told by.

        Args:
            lines: of the file from its beginning; no more of them are read than needed.
        """
        before = []
        for number, line in lines:
            before.append((number, line))
            if not parts_texts(line) and line[0] != "#":
                self._model = line
                break
        rows = next(self._rows(before), [])
        self._first = (rows[0][0], fields_of(rows[0][1], self._separator)) if rows else None

    def texts(self, lines: Iterable[Numbered]) -> Iterator[list[tuple[str, str]]]:
        """Reads texts.

        Args:
            lines: of the file, or of some texts of it.

        Yields:
            For each text its tokens, each with its tag.

        Raises:
            ValueError: a line has too few columns or other ones than the first.
        """
        for rows in self._rows(lines):
            fields = [(number, fields_of(line, self._separator)) for number, line in rows]
            self._require_columns(fields)
            yield [self._pick(number, own) for number, own in fields]

    def is_comment(self, line: str) -> bool:
        """Tells whether a line that parts no texts holds no token.

        Args:
            line: without its end.

        Returns:
            True for a comment.
        """
        if not line.startswith("# "):
            return False
        model = self._model
        if re.match(r"# *[\w.:-]+ *= ", line) or ("\t" in model and "\t" not in line):
            return True
        fields, others = fields_of(line, self._separator), fields_of(model, self._separator)
        # With as many columns it is the token "#", unless tags are of entities and its own is not.
        return len(fields) != len(others) or (_is_tag(others[-1]) and not _is_tag(fields[-1]))

    def _rows(self, lines: Iterable[Numbered]) -> Iterator[list[Numbered]]:
        rows: list[Numbered] = []
        for number, line in lines:
            if parts_texts(line):
                if rows:
                    yield rows
                rows = []
            elif not self.is_comment(line):
                rows.append((number, line))
        if rows:
            yield rows

    def _require_columns(self, rows: list[tuple[int, list[str]]]) -> None:
        first, wanted = self._first or rows[0]
        for number, fields in rows:
            if len(fields) != len(wanted):
                raise ColumnsError(
                    f"{self._path}, line {number}: expected {len(wanted)} columns as in line "
                    f"{first}, got {len(fields)}: {fields}",
                    "if tokens hold spaces, pass the separator",
                )

    def _pick(self, number: int, fields: list[str]) -> tuple[str, str]:
        """Returns token and tag of a row; a short row must not give one field for both."""
        try:
            token, tag = fields[self._text_column], fields[self._tag_column]
        except IndexError:
            short = True
        else:
            size, text, last = len(fields), self._text_column, self._tag_column
            short = text != last and text % size == last % size
        if short:
            raise ColumnsError(
                f"{self._path}, line {number}: expected columns for the token "
                f"({self._text_column}) and the tag ({self._tag_column}), got {len(fields)} "
                f"columns: {fields}",
                "pass text_column, tag_column and separator",
            )
        return token, tag


def parts_texts(line: str) -> bool:
    """Tells whether a line stands between texts.

    Args:
        line: without its end.

    Returns:
        True for a blank line, and for one that begins with `-DOCSTART-`.

    Example:
        >>> parts_texts(" "), parts_texts("-DOCSTART- O"), parts_texts("- O")
        (True, True, False)
    """
    return not line.strip(" \t") or line.startswith("-DOCSTART-")


def fields_of(line: str, separator: str | None) -> list[str]:
    """Parts a line into its columns.

    Args:
        line: of a column file, without its end.
        separator: as of `read_columns`.

    Returns:
        The columns.
    """
    if separator is not None:
        return line.split(separator)
    # str.split() would also part at a no-break space, which tokens may hold.
    return [field for field in line.replace("\t", " ").split(" ") if field]


def _is_tag(field: str) -> bool:
    return field == "O" or re.match("[BIES]-.", field) is not None
