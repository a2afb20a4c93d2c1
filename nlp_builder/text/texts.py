"""The one door for texts: any collection of strings or of token lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias, TypeGuard

import numpy as np

from nlp_builder.text.checks import first_not_str, preview
from nlp_builder.text.lazy_rows import LazyRows, as_lazy

Text: TypeAlias = str | Sequence[str]
"""One text: a string, or the list of its tokens."""

_STR = frozenset({str})


def iterate_texts(texts: Iterable[Any]) -> Iterator[str | list[str]]:
    """Reads texts one after the other, and refuses what is not a text.

    The collection is checked at once, each text when its turn comes, so that a generator of any
    length is read in constant memory.

    Args:
        texts: a list, tuple, pandas Series, NumPy array, column of Arrow, `LazyRows` or generator,
            all of `str` or all of token lists (list, tuple or one-dimensional array of `str`).

    Returns:
        An iterator over the strings as they are, or over each token list as a `list`.

    Raises:
        TypeError: `texts` is a bare `str`, bytes, a mapping, a table, a set, or not iterable; or a
            text is neither a `str` nor a token list, or strings and token lists are mixed. The
            message names the position, counted from 0.

    Example:
        >>> list(iterate_texts(("a b", "c")))
        ['a b', 'c']
        >>> list(iterate_texts(iter([("a", "b")])))
        [['a', 'b']]
    """
    problem = _problem_of_collection(texts)
    if problem:
        raise TypeError(f"expected a list of texts, got {problem}")
    # Of a list of strings all can be checked at once, which is faster by far.
    if _is_list_of_str(texts):
        return iter(texts)
    lazy = as_lazy(texts)
    return _iterate_checked(iter(texts if lazy is None else lazy))


def read_texts(texts: Iterable[Any], *, copy: bool = False) -> Sequence[Text]:
    """Reads texts into memory, but for those that are lazy.

    Args:
        texts: what `iterate_texts` reads.
        copy: keep the texts as they are now. Else a list of strings, or of lists of strings, is
            returned itself, and takes no more memory.

    Returns:
        A list of strings or of token lists; `LazyRows`, and columns of Arrow, as such: a text of
        them is checked when it is read.

    Raises:
        TypeError: as `iterate_texts`.
        ValueError: as `as_lazy`.

    Example:
        >>> texts = ["a b", "c"]
        >>> read_texts(texts) is texts, read_texts(texts, copy=True) is texts
        (True, False)
    """
    if not copy and (_is_list_of_str(texts) or _is_list_of_lists(texts)):
        return texts
    lazy = as_lazy(texts)
    return list(iterate_texts(texts)) if lazy is None else lazy


def _is_list_of_str(texts: Any) -> TypeGuard[list[Any]]:
    # The set of types is found in C; the slow search runs for a wrong text only.
    return type(texts) is list and _STR.issuperset(map(type, texts))


def _is_list_of_lists(texts: Any) -> TypeGuard[list[Any]]:
    return (
        type(texts) is list and set(map(type, texts)) == {list} and all(map(_is_list_of_str, texts))
    )


def _problem_of_collection(texts: Any) -> str | None:
    if isinstance(texts, str):
        return f"the str {preview(texts)}: wrap it in a list"
    if isinstance(texts, (bytes, bytearray)):
        return f"{preview(texts)} ({type(texts).__name__}): decode it and wrap it in a list"
    if isinstance(texts, Mapping):
        return f"a {type(texts).__name__}: this block reads one text, pass one of its values"
    if hasattr(texts, "columns"):
        return f"a {type(texts).__name__}: this block reads one text, pass one of its columns"
    if isinstance(texts, AbstractSet):
        return f"a {type(texts).__name__}, which has no order: pass a list"
    if isinstance(getattr(texts, "texts", None), LazyRows):
        return f"{type(texts).__name__} of texts and tags: pass its .texts"
    if isinstance(texts, np.ndarray) and texts.ndim == 0:
        return f"the array {texts!r} without dimensions: wrap its value in a list"
    if not isinstance(texts, Iterable):
        return f"{preview(texts)} ({type(texts).__name__}): pass a list, Series, array or generator"
    return None


def _iterate_checked(texts: Iterator[Any]) -> Iterator[str | list[str]]:
    first_kind: str | None = None
    for position, text in enumerate(texts):
        kind = "a str" if isinstance(text, str) else "a token list"
        checked = text if isinstance(text, str) else _token_list(text, position)
        first_kind = first_kind or kind
        if kind != first_kind:
            raise TypeError(
                f"expected texts of one kind, got {first_kind} at position 0 and {kind} at "
                f"position {position}: tokenize all of them or none"
            )
        yield checked


def _token_list(text: Any, position: int) -> list[str]:
    if isinstance(text, np.ndarray) and text.ndim == 1:
        text = text.tolist()
    if not isinstance(text, (list, tuple)):
        raise TypeError(
            f"expected a str or a list of tokens at position {position}, got {preview(text)} "
            f"({type(text).__name__}): {_remedy_of(text)}"
        )
    tokens = list(text)
    wrong = first_not_str(tokens)
    if wrong:
        raise TypeError(
            f"expected tokens of type str in the text at position {position}, got "
            f"{preview(wrong[1])} ({type(wrong[1]).__name__}) as token {wrong[0]}"
        )
    return tokens


def _remedy_of(text: Any) -> str:
    if isinstance(text, Mapping):
        return "this block reads one text, pass the texts of one key"
    if isinstance(text, (bytes, bytearray)):
        return "decode it"
    return "drop it, or replace it by an empty str"
