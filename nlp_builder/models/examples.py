"""Texts with their labels, as models are trained on them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from nlp_builder.text import Text, text_columns
from nlp_builder.text.checks import positive_int, preview

Columns = Mapping[str | None, Sequence[Text]]
TRAINING, VALIDATION = "the training data", "the validation data"


class Examples(NamedTuple):
    """Texts, labels, and weights if there are any.

    Args:
        columns: the texts by name.
        labels: what belongs to each text.
        weights: of each text or target.
    """

    columns: Columns
    labels: Sequence[Any]
    weights: Any

    @property
    def texts(self) -> Any:
        """The texts as blocks read them."""
        return as_read(self.columns)


def as_read(columns: Mapping[str | None, Any]) -> Any:
    """Return texts as blocks read them.

    Args:
        columns: texts by name.

    Returns:
        A list for texts without a name, else a dict.
    """
    return columns[None] if None in columns else dict(columns)


def checked_length(length: Any) -> int | str | None:
    """Return a length that is one.

    Args:
        length: a number, 'auto', 'variable' or None.

    Returns:
        A number, 'auto', or None.

    Raises:
        TypeError: if it is something else.
        ValueError: if it is below 1, or another word.
    """
    if length is None or length == "variable":
        return None
    if isinstance(length, str):
        if length != "auto":
            raise ValueError(
                "expected sequence_length as a number, 'auto', 'variable' or None, got "
                f"{preview(length)}"
            )
        return length
    return positive_int("sequence_length", length)


def columns_of(x: Any, names: tuple[str, ...] | None) -> Columns:
    """Read texts.

    Args:
        x: a list of texts; a tuple or a dict of such lists if there are names.
        names: of the texts that blocks read.

    Returns:
        Lists of texts by name, not copied.

    Raises:
        TypeError: if there is something else.
        ValueError: if the numbers differ.
    """
    if isinstance(x, tuple) and names is not None:
        if len(x) != len(names):
            raise ValueError(f"expected the texts {list(names)}, got {len(x)} lists of texts")
        x = dict(zip(names, x, strict=True))
    if names is not None and len(names) > 1 and isinstance(x, list):
        # Each by its name, or all of them in the order of the names.
        raise TypeError(
            f"expected the texts {list(names)} as a tuple or a dict of {len(names)} lists, got one "
            f"list: pass ({', '.join(map(str, names))})"
        )
    if isinstance(x, tuple) and len(x) > 1 and all(_is_list_of_texts(part) for part in x):
        raise ValueError(
            f"got {len(x)} lists of texts, and an embedding that reads one: say which blocks read "
            "which, embedding={'tokens': [words, characters], 'pos': tags}"
        )
    return text_columns(x, names)


def labels_of(y: Any, columns: Columns) -> Sequence[Any]:
    """Read labels.

    Args:
        y: as many as there are texts.
        columns: the texts.

    Returns:
        A list.

    Raises:
        TypeError: if there is no collection of them.
        ValueError: if there are none, or others than texts.
    """
    if y is None or isinstance(y, str | Mapping) or not hasattr(y, "__len__"):
        raise TypeError(f"expected a list of the labels of each text, got {preview(y)}")
    size = len(next(iter(columns.values())))
    if len(y) != size:
        raise ValueError(f"expected labels for {size} texts, got {len(y)}")
    if not size:
        raise ValueError("expected texts, got none")
    return y if isinstance(y, list) else list(y)


def has_strings(columns: Columns) -> bool:
    """Tell whether texts are strings, and no lists of tokens.

    Args:
        columns: the texts.

    Returns:
        True if the first one is.
    """
    return any(isinstance(text, str) for column in columns.values() for text in column[:1])


def longest(columns: Columns) -> int:
    """Count the tokens of the longest text.

    Args:
        columns: the texts.

    Returns:
        A number; 0 of strings, whose tokens nobody counted.
    """
    if has_strings(columns):
        return 0
    return max((len(text) for column in columns.values() for text in column), default=0)


def require_tokens(wanted: int | str | None, columns: Columns) -> None:
    """Refuse a largest number of tokens for strings, whose tokens only blocks know.

    Args:
        wanted: a number, 'auto', or None.
        columns: the texts.

    Raises:
        ValueError: it says what to do.
    """
    if wanted is not None and has_strings(columns):
        raise ValueError(
            f"expected lists of tokens for sequence_length={wanted!r}, got strings: split them, or "
            "give the blocks a maximum, sequence_maxlen=..., and leave sequence_length out"
        )


def limit(wanted: int | str | None, of_blocks: int | None, longest_text: int) -> int | None:
    """Return the largest number of tokens that a model reads at once.

    Args:
        wanted: a number, 'auto', or None.
        of_blocks: what the blocks read at most.
        longest_text: of the training.

    Returns:
        The least of what is given.

    Raises:
        ValueError: if the blocks read less than is wanted.

    Example:
        >>> limit("auto", None, 17), limit(None, 50, 17), limit(None, None, 17)
        (17, 50, None)
    """
    if isinstance(wanted, int) and of_blocks is not None and of_blocks < wanted:
        raise ValueError(
            f"expected blocks that read sequence_length={wanted} tokens, got some that read "
            f"{of_blocks}: give them sequence_maxlen=None, or leave sequence_length out"
        )
    found = max(longest_text, 1) if wanted == "auto" else wanted
    return min((n for n in (found, of_blocks) if isinstance(n, int)), default=None)


def without_empty(given: Examples) -> Examples:
    """Leave out texts that have no tokens.

    Args:
        given: lists of tokens.

    Returns:
        The others.

    Raises:
        ValueError: if there are no others.
    """
    (first, *_) = given.columns.values()
    rows = [number for number, text in enumerate(first) if len(text)]
    if len(rows) == len(first):
        return given
    if not rows:
        raise ValueError(f"expected texts with tokens, got {len(first)} without any")
    weights = given.weights
    return Examples(
        {name: [column[row] for row in rows] for name, column in given.columns.items()},
        [given.labels[row] for row in rows],
        weights[rows] if hasattr(weights, "dtype") else weights and [weights[row] for row in rows],
    )


def cut(
    given: Examples,
    maxlen: int | None,
    cut_labels: Callable[[Sequence[Any], int], Sequence[Any]],
    where: str | None,
) -> Examples:
    """Cut what is longer than a maximum, and warn once of all.

    Args:
        given: texts, labels and weights.
        maxlen: the largest number of tokens; None for any.
        cut_labels: does the same to labels, and to weights that are lists.
        where: the texts come from; None for no warning.

    Returns:
        Texts, labels and weights.

    Warns:
        UserWarning: it says how many texts are cut.
    """
    columns, labels, weights = given
    if maxlen is None or has_strings(columns):
        return given
    over = count_over(columns, maxlen)
    if not over:
        return given
    if where is not None:
        warn_of_cut(over, len(labels), maxlen, where)
    return Examples(
        cut_columns(columns, maxlen),
        cut_labels(labels, maxlen),
        cut_labels(weights, maxlen) if isinstance(weights, list) else weights,
    )


def count_over(columns: Columns, maxlen: int) -> int:
    """Count the texts that are longer than a maximum.

    Args:
        columns: lists of tokens.
        maxlen: the largest number of tokens.

    Returns:
        A number.
    """
    rows = zip(*columns.values(), strict=True)
    return sum(any(len(text) > maxlen for text in row) for row in rows)


def warn_of_cut(over: int, size: int, maxlen: int, where: str) -> None:
    """Warn that texts are cut, if there are any.

    Args:
        over: how many of them.
        size: the number of all texts.
        maxlen: the largest number of tokens.
        where: the texts come from.

    Warns:
        UserWarning: it says how many.
    """
    if over:
        warnings.warn(
            f"{over} of {size} texts of {where} have more than {maxlen} tokens, and are cut: give "
            "a larger sequence_length, or None",
            stacklevel=5,
        )


def cut_columns(columns: Columns, maxlen: int | None) -> Columns:
    """Cut lists of tokens.

    Args:
        columns: texts by name; strings stay as they are.
        maxlen: the largest number of tokens; None for any.

    Returns:
        Texts by name.
    """
    if maxlen is None or has_strings(columns):
        return columns
    return {name: [text[:maxlen] for text in column] for name, column in columns.items()}


def _is_list_of_texts(part: Any) -> bool:
    # A list of strings may also be the tokens of one text.
    return isinstance(part, list) and bool(part) and isinstance(part[0], list | tuple)
