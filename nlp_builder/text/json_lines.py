"""Reading JSON lines: one object a line, with tokens and tags or with a text and its label."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlp_builder.text.checks import first_not_str, preview
from nlp_builder.text.column_corpora import Corpus
from nlp_builder.text.lines import read_lines
from nlp_builder.text.texts import Text


def read_json_lines(
    path: str | Path, *, tokens: str = "tokens", tags: str = "tags", encoding: str = "utf-8"
) -> Corpus:
    """Reads tagged texts from JSON lines (https://jsonlines.org).

    Blank lines are left out, as are the other fields of an object.

    Args:
        path: the file; each line is an object as `{"tokens": ["Ada"], "tags": ["B-PER"]}`.
        tokens: the name of the field with the list of tokens.
        tags: the name of the field with the list of tags, one a token.
        encoding: the file's encoding; a byte order mark is skipped.

    Returns:
        The tokens of each text and the tags of each text.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a line is no such object; the message names file and line.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "train.jsonl")
        ...     _ = path.write_text('{"words": ["Ada", "wrote"], "tags": ["B-PER", "O"]}')
        ...     read_json_lines(path, tokens="words")
        ([['Ada', 'wrote']], [['B-PER', 'O']])
    """
    all_tokens: list[list[str]] = []
    all_tags: list[list[str]] = []
    for where, record in _records(Path(path), encoding):
        all_tokens.append(_strings(record, tokens, where))
        all_tags.append(_strings(record, tags, where))
        if len(all_tokens[-1]) != len(all_tags[-1]):
            raise ValueError(
                f"{where}: expected a tag for each token, got {len(all_tokens[-1])} in "
                f'"{tokens}" and {len(all_tags[-1])} in "{tags}"'
            )
    return all_tokens, all_tags


def read_labelled_json_lines(
    path: str | Path, *, text: str = "text", label: str = "label", encoding: str = "utf-8"
) -> tuple[list[Text], list[Any]]:
    """Reads texts with labels from JSON lines (https://jsonlines.org).

    Blank lines are left out, as are the other fields of an object.

    Args:
        path: the file; each line is an object as `{"text": "Well done", "label": "praise"}`.
        text: the name of the field with the text, a string or a list of tokens.
        label: the name of the field with the label: a string, a number, or a list of strings where
            a text has several.
        encoding: the file's encoding; a byte order mark is skipped.

    Returns:
        The texts and their labels, as they stand in the file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a line is no such object; the message names file and line.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "train.jsonl")
        ...     _ = path.write_text('{"text": "Well done", "stars": 5}')
        ...     read_labelled_json_lines(path, label="stars")
        (['Well done'], [5])
    """
    texts: list[Text] = []
    labels: list[Any] = []
    for where, record in _records(Path(path), encoding):
        value = _field(record, text, where)
        texts.append(value if isinstance(value, str) else _strings(record, text, where))
        value = _field(record, label, where)
        labels.append(
            value if isinstance(value, str | int | float) else _strings(record, label, where)
        )
    return texts, labels


def _records(path: Path, encoding: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields file and line, for messages, and the object that stands there."""
    for number, line in enumerate(read_lines(path, encoding, kind="file of JSON lines"), start=1):
        if line.strip(" \t"):
            where = f"{path}, line {number}"
            yield where, _object(line, where)


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line, parse_constant=_refuse_constant)
    # A deeply nested line exhausts the stack, a number of thousands of digits is refused by Python.
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: expected a JSON object, got {preview(line)}: {error}") from None
    if not isinstance(record, dict):
        raise ValueError(f"{where}: expected a JSON object, got {preview(record)}")
    return record


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _field(record: dict[str, Any], name: str, where: str) -> Any:
    if name not in record:
        raise ValueError(
            f'{where}: expected a field "{name}", got {sorted(record)}: pass the names of the '
            "fields"
        )
    return record[name]


def _strings(record: dict[str, Any], name: str, where: str) -> list[str]:
    value = _field(record, name, where)
    if not isinstance(value, list) or first_not_str(value):
        raise ValueError(f'{where}: expected a list of strings in "{name}", got {preview(value)}')
    return value
