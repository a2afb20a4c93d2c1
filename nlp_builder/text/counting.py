"""Counting the symbols of a stream of texts: words, characters, or those of chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TypeAlias, TypeVar

from nlp_builder.text.checks import positive_int
from nlp_builder.text.counting_processes import counted_by_processes
from nlp_builder.text.texts import Text
from nlp_builder.text.token_counts import TokenCounts
from nlp_builder.text.tokenizers import Tokenizer, tokenize

Symbols: TypeAlias = Callable[[Sequence[Text]], Iterable[str]]
"""A function from texts to what is counted in them, such as `partial(words_of, tokenizer=...)`."""

_K = TypeVar("_K")


def whole_text(text: Text) -> str:
    """Returns a text as one string.

    Args:
        text: a string, or tokens, which are joined with one blank.

    Returns:
        The string.

    Example:
        >>> whole_text("a  b"), whole_text(["a", "b"])
        ('a  b', 'a b')
    """
    return text if isinstance(text, str) else " ".join(text)


def words_of(texts: Iterable[Text], *, tokenizer: str | Tokenizer | None) -> Iterator[str]:
    """Returns the words of texts, one after the other.

    Args:
        texts: the texts.
        tokenizer: as for `tokenize`.

    Returns:
        An iterator over the words.

    Raises:
        TypeError: as `tokenize`.
        ValueError: as `tokenize`.

    Example:
        >>> list(words_of(["a b", "c"], tokenizer="whitespace"))
        ['a', 'b', 'c']
    """
    return chain.from_iterable(tokenize(texts, tokenizer))


def no_symbols(texts: Iterable[Text], *, tokenizer: str | Tokenizer | None) -> Iterator[str]:
    """Returns nothing to count, but tokenizes one text, which shows whether the tokenizer fits.

    Args:
        texts: the texts.
        tokenizer: as for `tokenize`.

    Returns:
        An empty iterator.

    Raises:
        TypeError: as `tokenize`.
        ValueError: as `tokenize`.

    Example:
        >>> list(no_symbols(["a b", "c"], tokenizer="whitespace"))
        []
    """
    next(tokenize(texts, tokenizer), None)
    return iter(())


def characters_of(texts: Iterable[Text], *, maxlen: int | None) -> Iterator[str]:
    """Returns the characters of whole texts, one after the other.

    Args:
        texts: the texts; tokens are joined with one blank.
        maxlen: how many characters of each text count, None for all.

    Returns:
        An iterator over the characters.

    Example:
        >>> "".join(characters_of(["abc", ["d", "ef"]], maxlen=3))
        'abcd e'
    """
    return chain.from_iterable(whole_text(text)[:maxlen] for text in texts)


def characters_of_words(
    texts: Iterable[Text], *, tokenizer: str | Tokenizer | None, maxlen: int | None
) -> Iterator[str]:
    """Returns the characters of the words of texts, one after the other.

    Args:
        texts: the texts.
        tokenizer: as for `tokenize`.
        maxlen: how many characters of each word count, None for all.

    Returns:
        An iterator over the characters.

    Raises:
        TypeError: as `tokenize`.
        ValueError: as `tokenize`.

    Example:
        >>> "".join(characters_of_words(["abc d"], tokenizer="whitespace", maxlen=2))
        'abd'
    """
    return characters_of(words_of(texts, tokenizer=tokenizer), maxlen=maxlen)


def symbols_of_chunks(
    texts: Iterable[Text], *, chunker: str | Tokenizer | None, symbols: Symbols
) -> Iterator[str]:
    """Returns the symbols of the chunks of texts, one after the other.

    Args:
        texts: the texts.
        chunker: splits a text into chunks, as `tokenize` splits one into words.
        symbols: what is counted in the chunks, given the list of all of them.

    Returns:
        An iterator over the symbols.

    Raises:
        TypeError: as `tokenize`.
        ValueError: as `tokenize`.

    Example:
        >>> from functools import partial
        >>> characters = partial(characters_of, maxlen=2)
        >>> "".join(symbols_of_chunks(["abc de"], chunker="whitespace", symbols=characters))
        'abde'
    """
    return iter(symbols(list(words_of(texts, tokenizer=chunker))))


def count_chunks(
    chunks: Iterable[Sequence[Text]],
    symbols: Mapping[_K, Sequence[Symbols]],
    *,
    workers: int = 1,
) -> dict[_K, TokenCounts]:
    """Counts the symbols of a stream of texts; nothing is kept but the counts.

    With several workers the chunks go to processes that are started afresh ("spawn"), at most two
    for each process at a time. A script must then do its work under `if __name__ == "__main__"`.

    Args:
        chunks: lists of texts, of about 1000 each.
        symbols: under each key the functions whose symbols are counted together.
        workers: the number of processes; 1 counts in this one.

    Returns:
        The counts under each key, the same for every number of workers, in the same order too.

    Raises:
        TypeError: `workers` is not a whole number, or there are several and a tokenizer cannot be
            sent to a process. What a function or the stream raises comes out as it is.
        ValueError: `workers` is below 1.
        RuntimeError: a process came to an end by itself.

    Example:
        >>> from functools import partial
        >>> words = partial(words_of, tokenizer="whitespace")
        >>> counts = count_chunks([["a b", "a"], ["b a"]], {"words": [words]})
        >>> counts["words"]["a"]
        3
    """
    functions = [tuple(symbols[key]) for key in symbols]
    counts = [TokenCounts() for _ in functions]
    for parts in _counted(chunks, functions, positive_int("workers", workers)):
        for total, part in zip(counts, parts, strict=True):
            total.add(part)
    return dict(zip(symbols, counts, strict=True))


def _counted(
    chunks: Iterable[Sequence[Text]], functions: list[tuple[Symbols, ...]], workers: int
) -> Iterator[list[TokenCounts]]:
    """Counts chunk after chunk: one `TokenCounts` for each key."""
    if workers > 1:
        return counted_by_processes(_count, chunks, functions, workers=workers)
    return (_count(chunk, functions) for chunk in chunks)


def _count(chunk: Sequence[Text], functions: Sequence[Sequence[Symbols]]) -> list[TokenCounts]:
    return [
        TokenCounts(chain.from_iterable(function(chunk) for function in group))
        for group in functions
    ]
