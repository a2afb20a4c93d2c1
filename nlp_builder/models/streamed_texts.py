"""Texts without labels that come one after the other, to predict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np

from nlp_builder.text.checks import preview


def require_one_by_one(texts: Any) -> None:
    """Refuse what gives no texts one after the other.

    Args:
        texts: anything.

    Raises:
        TypeError: if it is one text, or holds texts by name, or without an order.
    """
    remedy = "wrap one text in a list"
    if isinstance(texts, Mapping | AbstractSet) or hasattr(texts, "columns"):
        remedy = "pass a list of texts, or of a dict for each where there are several"
    elif isinstance(texts, Iterable) and not isinstance(texts, str | bytes | bytearray):
        return
    raise TypeError(
        f"expected texts one after the other, got {preview(texts)} ({type(texts).__name__}): "
        f"{remedy}"
    )


def one_by_one(texts: Iterable[Any], columns: tuple[str, ...] | None) -> Iterator[Any]:
    """Check texts as they come.

    Args:
        texts: any number.
        columns: names of texts, as blocks read them; each text is a dict by them then, or a tuple.

    Yields:
        The texts.

    Raises:
        TypeError: if one is no text.
        ValueError: if one has not all texts by name.
    """
    for position, text in enumerate(texts):
        if columns is not None:
            _require_parts(text, columns, position)
        for part in _text_parts(text, columns):
            if not isinstance(part, str | Sequence | np.ndarray) or isinstance(part, bytes):
                raise TypeError(
                    f"expected a str or a list of tokens as text {position}, got {preview(part)} "
                    f"({type(part).__name__}): leave it out, or decode it"
                )
        yield text


def num_tokens(text: Any, columns: tuple[str, ...] | None) -> int:
    """Count the tokens of a text, of several the most.

    Args:
        text: one of those of `one_by_one`.
        columns: as for `one_by_one`.

    Returns:
        Their number; the characters of a str.

    Example:
        >>> num_tokens(("a", "b", "c"), None), num_tokens((["a"], ["b", "c"]), ("x", "y"))
        (3, 2)
    """
    return max(map(len, _text_parts(text, columns)), default=0)


def _text_parts(text: Any, columns: tuple[str, ...] | None) -> list[Any]:
    if columns is None:
        return [text]
    return [text[name] for name in columns] if isinstance(text, Mapping) else list(text)


def _require_parts(text: Any, columns: tuple[str, ...], position: int) -> None:
    if not isinstance(text, Mapping | tuple):
        raise TypeError(
            f"expected a dict or a tuple of the texts {list(columns)} as text {position}, got "
            f"{preview(text)} ({type(text).__name__})"
        )
    fits = {*columns} <= {*text} if isinstance(text, Mapping) else len(text) == len(columns)
    if not fits:
        raise ValueError(
            f"expected the texts {list(columns)} as text {position}, got {preview(text)}"
        )
