"""Checks of arguments that several files of this room share."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Collection, Iterable
from typing import Any

_STR = frozenset((str,))


def preview(value: Any, length: int = 40) -> str:
    """Shows the beginning of a value in an error message.

    Args:
        value: anything.
        length: the longest text, in characters, that is shown whole.

    Returns:
        The `repr` of the value, cut.

    Example:
        >>> preview("a" * 100, length=5)
        "'aaaaa...'"
    """
    if isinstance(value, str):
        value = str(value)
        return repr(value[:length] + "..." if len(value) > length else value)
    shown = repr(value)
    return shown[:length] + "..." if len(shown) > length else shown


def plain(value: str) -> str:
    """Makes a plain str of one of NumPy or of an Enum, whose `str()` may be another text.

    Args:
        value: a str.

    Returns:
        Its text.

    Example:
        >>> import enum
        >>> plain(enum.Enum("Kind", {"HAM": "ham"}, type=str).HAM)
        'ham'
    """
    return str.__str__(value)


def near_name(name: Any, known: Iterable[str]) -> str:
    """Asks whether another name was meant, at the end of the message of an error.

    Args:
        name: an unknown one.
        known: the names that there are.

    Returns:
        The question; an empty text if there is no name like it.

    Example:
        >>> near_name("unit", ["units", "dropout"])
        ": did you mean 'units'?"
        >>> near_name("foo", ["units", "dropout"])
        ''
    """
    near = difflib.get_close_matches(name, known, n=1) if isinstance(name, str) else []
    return f": did you mean {near[0]!r}?" if near else ""


def positive_int(name: str, value: Any, *, least: int = 1) -> int:
    """Checks that a value is a whole number of at least 1.

    Args:
        name: the argument's name, for the message.
        value: what came; NumPy integers count as whole numbers, `bool` does not.
        least: 0 where that will do.

    Returns:
        The value as an `int`.

    Raises:
        TypeError: the value is no whole number.
        ValueError: the value is below the least.

    Example:
        >>> positive_int("maxlen", 3)
        3
    """
    message = f"expected {name} to be a whole number of at least {least}, got {value!r}"
    if isinstance(value, bool):
        raise TypeError(f"{message} (a bool)")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{message} ({type(value).__name__})") from None
    if number < least:
        raise ValueError(message)
    return number


def first_not_str(tokens: Collection[Any]) -> tuple[int, Any] | None:
    """Finds the first item that is not a `str`.

    Args:
        tokens: the items to look through.

    Returns:
        The position, counted from 0, and the item; None where all are strings.

    Example:
        >>> first_not_str(["a", 1])
        (1, 1)
    """
    if _STR.issuperset(map(type, tokens)):  # many times as fast, and true of nearly all
        return None
    return next(((i, t) for i, t in enumerate(tokens) if not isinstance(t, str)), None)


def require_str(tokens: Collection[Any]) -> None:
    """Refuses what is no token.

    Args:
        tokens: the items to look through.

    Raises:
        TypeError: one of them is not a `str`.

    Example:
        >>> require_str(["a", "b"])
    """
    wrong = first_not_str(tokens)
    if wrong:
        raise TypeError(
            f"expected tokens of type str, got {preview(wrong[1])} ({type(wrong[1]).__name__})"
        )


def not_tokens(tokens: Any) -> str:
    """Says that something is no list of tokens.

    Args:
        tokens: what came.

    Returns:
        The message of the error.

    Example:
        >>> not_tokens("ab")[:45]
        "expected a list of tokens, got 'ab' (str): wr"
    """
    return (
        f"expected a list of tokens, got {preview(tokens)} ({type(tokens).__name__}): "
        "wrap it in a list, or pass list(text) to take its characters"
    )
