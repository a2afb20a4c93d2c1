"""From ragged lists of tokens to padded arrays of ids, by word and by character."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, count
from typing import Any

import numpy as np

from nlp_builder.text.checks import positive_int, preview
from nlp_builder.text.vocabulary import PADDING_ID, UNKNOWN_ID, Vocabulary


def pad_ids(
    rows: Sequence[np.ndarray | Sequence[int]], *, maxlen: int | None = None, value: int = 0
) -> np.ndarray:
    """Puts rows of different lengths into one array, cut and padded at the end.

    Args:
        rows: one sequence of ids for each text.
        maxlen: the width of the result; None for the longest row, and at least 1.
        value: what stands after the end of a row.

    Returns:
        int32 of shape `(rows, maxlen)`.

    Raises:
        TypeError: `maxlen` or an id is not a whole number.
        ValueError: `maxlen` is below 1.

    Example:
        >>> pad_ids([[5, 6], [7]])
        array([[5, 6],
               [7, 0]], dtype=int32)
    """
    _refuse_strings(rows)
    rows, lengths, width = _cut(rows, maxlen)
    flat = [_require_ints(np.asarray(row)) for row in rows if len(row)]
    return _scatter(np.concatenate(flat) if flat else _no_ids(), lengths, width, value)


def encode_words(
    texts: Sequence[Sequence[str]],
    vocabulary: Vocabulary,
    *,
    maxlen: int | None = None,
    fallbacks: Sequence[Callable[[str], str]] = (),
) -> np.ndarray:
    """Turns token lists into padded word ids.

    Args:
        texts: the tokens of each text.
        vocabulary: the known words.
        maxlen: the number of words of the result; None for the longest text, and at least 1.
        fallbacks: functions from a token to another spelling, such as `str.lower`. Each is tried in
            turn on an unknown token as it came; the first known spelling gives the id.

    Returns:
        int32 of shape `(texts, maxlen)`, padded with 0 at the end; 1 for unknown words.

    Raises:
        TypeError: a text is a bare `str`, a fallback does not return a `str`, or `maxlen` is not a
            whole number.
        ValueError: `maxlen` is below 1.

    Example:
        >>> encode_words([["a", "A", "b"], ["b"]], Vocabulary(["a", "b"]), fallbacks=[str.lower])
        array([[2, 2, 3],
               [3, 0, 0]], dtype=int32)
    """
    _refuse_strings(texts)
    texts, lengths, width = _cut(texts, maxlen)
    tokens = list(chain.from_iterable(texts))
    ids = vocabulary.ids(tokens)
    if fallbacks:
        _apply_fallbacks(ids, tokens, vocabulary, fallbacks)
    return _scatter(ids, lengths, width, PADDING_ID)


def encode_characters(
    texts: Sequence[str], alphabet: Vocabulary, *, maxlen: int | None = None
) -> np.ndarray:
    """Turns strings into padded character ids.

    Args:
        texts: the strings.
        alphabet: the known characters; its entries of more than one character never match.
        maxlen: the number of characters of the result; None for the longest text, and at least 1.

    Returns:
        int32 of shape `(texts, maxlen)`, padded with 0 at the end; 1 for unknown characters.

    Raises:
        TypeError: `texts` is a bare `str`, or `maxlen` is not a whole number.
        ValueError: `maxlen` is below 1.

    Example:
        >>> encode_characters(["ab", "ax!"], Vocabulary(["a", "b"]))
        array([[2, 3, 0],
               [2, 1, 1]], dtype=int32)
    """
    if isinstance(texts, str):
        raise TypeError(f"expected a list of strings, got the str {preview(texts)}: wrap it")
    texts, lengths, width = _cut(texts, maxlen)
    # surrogatepass keeps one code point for each character of any str.
    encoded = "".join(texts).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(encoded, dtype="<u4")
    return _scatter(_character_ids(codes, alphabet), lengths, width, PADDING_ID)


def encode_characters_per_word(
    texts: Sequence[Sequence[str]],
    alphabet: Vocabulary,
    *,
    word_maxlen: int | None = None,
    char_maxlen: int | None = None,
) -> np.ndarray:
    """Turns token lists into padded character ids of each word.

    An empty token counts as one unknown character, so that it is not taken for padding.

    Args:
        texts: the tokens of each text.
        alphabet: the known characters; its entries of more than one character never match.
        word_maxlen: the number of words of the result; None for the longest text, at least 1.
        char_maxlen: the number of characters of a word; None for the longest word, at least 1.

    Returns:
        int32 of shape `(texts, word_maxlen, char_maxlen)`, padded with 0 at the end.

    Raises:
        TypeError: a text is a bare `str`, or a length is not a whole number.
        ValueError: a length is below 1.

    Example:
        >>> encode_characters_per_word([["ab", "x"], [""]], Vocabulary(["a", "b"]))
        array([[[2, 3],
                [1, 0]],
        <BLANKLINE>
               [[1, 0],
                [0, 0]]], dtype=int32)
    """
    for name, maxlen in (("word_maxlen", word_maxlen), ("char_maxlen", char_maxlen)):
        if maxlen is not None:
            positive_int(name, maxlen)
    encode = partial(encode_characters, alphabet=alphabet, maxlen=char_maxlen)
    return encode_distinct(texts, encode, maxlen=word_maxlen)


def encode_distinct(
    texts: Sequence[Sequence[str]],
    encode: Callable[[list[str]], np.ndarray],
    *,
    maxlen: int | None = None,
) -> np.ndarray:
    """Turns token lists into padded arrays, each distinct token encoded once.

    A token that encodes to zeros alone counts as one unknown symbol, so that it is not taken for
    padding.

    Args:
        texts: the tokens of each text.
        encode: a function from the distinct tokens, in the order in which they come, to whole
            numbers of shape `(tokens, *rest)`; `rest` may be empty. It must also take no tokens.
        maxlen: the number of tokens of the result; None for the longest text, and at least 1.

    Returns:
        int32 of shape `(texts, maxlen, *rest)`, padded with 0 at the end.

    Raises:
        TypeError: a text is a bare `str`, `maxlen` is not a whole number, or `encode` does not
            return whole numbers.
        ValueError: `maxlen` is below 1, or `encode` does not return a row for each token.

    Example:
        >>> def lengths(tokens):
        ...     return np.array([len(token) for token in tokens], dtype=np.int32)
        >>> encode_distinct([["ab", "abc"], [""]], lengths)
        array([[2, 3],
               [1, 0]], dtype=int32)
    """
    _refuse_strings(texts)
    texts, lengths, width = _cut(texts, maxlen)
    # A token that is not in it yet gets the next number: one pass finds the distinct ones too.
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    tokens = chain.from_iterable(texts)
    # (tokens,)
    positions = np.fromiter(map(numbers.__getitem__, tokens), dtype=np.intp)
    # (distinct, *rest)
    rows = _distinct_rows(list(numbers), encode)
    # (texts * maxlen, *rest)
    result = np.zeros((len(texts) * width, *rows.shape[1:]), dtype=np.int32)
    result[_places(lengths, width)] = rows.take(positions, axis=0)
    return result.reshape(len(texts), width, *rows.shape[1:])


def _distinct_rows(tokens: list[str], encode: Callable[[list[str]], np.ndarray]) -> np.ndarray:
    encoded = _require_ints(np.asarray(encode(tokens)))
    if encoded.ndim < 1 or len(encoded) != len(tokens) or 0 in encoded.shape[1:]:
        raise ValueError(
            f"expected a row of at least one number for each of {len(tokens)} distinct tokens, got "
            f"the shape {encoded.shape}: let encode return an array of shape (tokens, ...)"
        )
    # A copy, since encode may keep what it returned.
    rows = np.array(encoded, dtype=np.int32, order="C")
    # (distinct, size of rest)
    flat = rows.reshape(len(tokens), math.prod(rows.shape[1:]))
    flat[~flat.any(axis=1), 0] = UNKNOWN_ID
    return rows


def _character_ids(codes: np.ndarray, alphabet: Vocabulary) -> np.ndarray:
    known = {ord(token): i for token, i in alphabet.index.items() if len(token) == 1}
    # One place beyond the highest known code point stands for all higher ones.
    table = np.full(max(known, default=0) + 2, UNKNOWN_ID, dtype=np.int32)
    table[list(known)] = list(known.values())
    return table[np.minimum(codes, len(table) - 1)]


def _apply_fallbacks(
    ids: np.ndarray,
    tokens: list[str],
    vocabulary: Vocabulary,
    fallbacks: Sequence[Callable[[str], str]],
) -> None:
    places = np.flatnonzero(ids == UNKNOWN_ID)
    unknown = [tokens[place] for place in places]
    found = {token: _fallback_id(token, vocabulary, fallbacks) for token in set(unknown)}
    ids[places] = [found[token] for token in unknown]


def _fallback_id(
    token: str, vocabulary: Vocabulary, fallbacks: Sequence[Callable[[str], str]]
) -> int:
    for fallback in fallbacks:
        spelling = fallback(token)
        if not isinstance(spelling, str):
            raise TypeError(
                f"expected the fallback {fallback!r} to return a str, got {preview(spelling)} "
                f"({type(spelling).__name__}) for the token {preview(token)}"
            )
        if spelling in vocabulary:
            return vocabulary.id_of(spelling)
    return UNKNOWN_ID


def _cut(rows: Any, maxlen: int | None) -> tuple[Any, np.ndarray, int]:
    """Cuts rows at maxlen; returns them, their lengths and the width of the padded result."""
    limit = None if maxlen is None else positive_int("maxlen", maxlen)
    # (rows,)
    lengths = np.fromiter(map(len, rows), dtype=np.intp, count=len(rows))
    longest = int(lengths.max(initial=1))
    if limit is None or longest <= limit:
        return rows, lengths, limit or longest
    return [row[:limit] for row in rows], np.minimum(lengths, limit), limit


def _refuse_strings(rows: Any) -> None:
    if isinstance(rows, str) or any(issubclass(kind, str) for kind in set(map(type, rows))):
        raise TypeError(
            "expected a list of token lists, got a str in place of a list: "
            "tokenize the texts first, or wrap a token list in a list"
        )


def _require_ints(row: np.ndarray) -> np.ndarray:
    if row.dtype.kind not in "iub":
        raise TypeError(f"expected rows of whole numbers, got {preview(row)} ({row.dtype})")
    return row


def _places(lengths: np.ndarray, width: int) -> np.ndarray:
    """Returns where each item of ragged rows stands in the flattened padded array."""
    starts = np.cumsum(lengths) - lengths
    shifts = np.arange(len(lengths)) * width - starts
    return np.arange(int(lengths.sum())) + np.repeat(shifts, lengths)


def _scatter(flat: np.ndarray, lengths: np.ndarray, width: int, value: int) -> np.ndarray:
    # (rows * width,)
    result = np.full(len(lengths) * width, value, dtype=np.int32)
    result[_places(lengths, width)] = flat
    return result.reshape(len(lengths), width)


def _no_ids() -> np.ndarray:
    return np.zeros(0, dtype=np.int32)
