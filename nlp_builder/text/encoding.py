"""From ragged lists of tokens to padded arrays of ids, by word and by character."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import count

import numpy as np

from nlp_builder.text.checks import preview
from nlp_builder.text.ragged import (
    TokenStream,
    lengths_of,
    limit_of,
    longest,
    places,
    places_in_rows,
    require_ints,
    scatter,
)
from nlp_builder.text.vocabulary import PADDING_ID, UNKNOWN_ID, Vocabulary


def encode_words(
    texts: Iterable[Sequence[str]],
    vocabulary: Vocabulary,
    *,
    maxlen: int | None = None,
    fallbacks: Sequence[Callable[[str], str]] = (),
) -> np.ndarray:
    """Turns token lists into padded word ids.

    Args:
        texts: the tokens of each text, in any iterable; a text is let go once it is read.
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
    stream = TokenStream(texts, limit_of(maxlen))
    if fallbacks:
        ids = _ids_by_fallbacks(list(stream), vocabulary, fallbacks)
    else:
        ids = vocabulary.ids(stream)
    return scatter(ids, stream.lengths, stream.width, PADDING_ID)


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
    limit = limit_of(maxlen)
    ids, lengths = _character_ids(list(texts), alphabet, limit)
    return scatter(ids, lengths, limit or longest(lengths), PADDING_ID)


def encode_characters_per_word(
    texts: Iterable[Sequence[str]],
    alphabet: Vocabulary,
    *,
    word_maxlen: int | None = None,
    char_maxlen: int | None = None,
) -> np.ndarray:
    """Turns token lists into padded character ids of each word.

    An empty token counts as one unknown character, so that it is not taken for padding.

    Args:
        texts: the tokens of each text, in any iterable.
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
    words = TokenStream(texts, limit_of(word_maxlen, "word_maxlen"))
    limit = limit_of(char_maxlen, "char_maxlen")
    ids, lengths = _character_ids(list(words), alphabet, limit)
    shape = (len(words.lengths), words.width, limit or longest(lengths))
    # (words,)
    starts = places_in_rows(words.lengths, words.width) * shape[2]
    # (texts * word_maxlen * char_maxlen,)
    result = np.full(math.prod(shape), PADDING_ID, dtype=np.int32)
    result[starts] = UNKNOWN_ID
    result[places(starts, lengths)] = ids
    return result.reshape(shape)


def encode_distinct(
    texts: Iterable[Sequence[str]],
    encode: Callable[[list[str]], np.ndarray],
    *,
    maxlen: int | None = None,
) -> np.ndarray:
    """Turns token lists into padded arrays, each distinct token encoded once.

    A token that encodes to zeros alone counts as one unknown symbol, so that it is not taken for
    padding.

    Args:
        texts: the tokens of each text, in any iterable.
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
    stream = TokenStream(texts, limit_of(maxlen))
    # A token that is not in it yet gets the next number: one pass finds the distinct ones too.
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    # (tokens,)
    positions = np.fromiter(map(numbers.__getitem__, stream), dtype=np.intp)
    # (distinct, *rest)
    rows = _distinct_rows(list(numbers), encode)
    lengths, width = stream.lengths, stream.width
    # (texts * maxlen, *rest)
    result = np.zeros((len(lengths) * width, *rows.shape[1:]), dtype=np.int32)
    result[places_in_rows(lengths, width)] = rows.take(positions, axis=0)
    return result.reshape(len(lengths), width, *rows.shape[1:])


def _character_ids(
    tokens: list[str], alphabet: Vocabulary, limit: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the ids of all characters up to the limit, one after the other, and their numbers."""
    # (tokens,)
    lengths = lengths_of(tokens, None)
    if limit is not None:
        for place in np.flatnonzero(lengths > limit).tolist():
            tokens[place] = tokens[place][:limit]
        lengths = np.minimum(lengths, limit)
    return alphabet.character_ids("".join(tokens)), lengths


def _distinct_rows(tokens: list[str], encode: Callable[[list[str]], np.ndarray]) -> np.ndarray:
    encoded = require_ints(np.asarray(encode(tokens)))
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


def _ids_by_fallbacks(
    tokens: list[str], vocabulary: Vocabulary, fallbacks: Sequence[Callable[[str], str]]
) -> np.ndarray:
    # (tokens,)
    ids = vocabulary.ids(tokens)
    unknown = np.flatnonzero(ids == UNKNOWN_ID)
    spellings = [tokens[place] for place in unknown.tolist()]
    found = {token: _fallback_id(token, vocabulary, fallbacks) for token in set(spellings)}
    ids[unknown] = [found[token] for token in spellings]
    return ids


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
