"""Texts that come one after the other, and may be too many for the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from functools import partial
from itertools import chain, islice, pairwise, zip_longest
from typing import Any, NamedTuple, final

from nlp_builder.features.batching import examples_of, require_again, without_end
from nlp_builder.models import examples
from nlp_builder.models.examples import Columns, as_read, has_strings
from nlp_builder.text import columns_of_rows
from nlp_builder.text.checks import positive_int, preview

_TEXTS_AT_ONCE = 1000
_MISSING = object()


@final
class CorpusGenerator:
    """Texts and their labels as a stream that can be read again and again.

    Args:
        x_data: the texts, or a function that returns an iterator of them.
        y_data: their labels, or such a function.
        buffer_size: not used: texts are shuffled as far as a model needs it.

    Raises:
        TypeError: if one of them can be read once only.

    Example:
        >>> corpus = CorpusGenerator([["Ada", "wrote"]], [["B-PER", "O"]])
        >>> list(corpus) == list(corpus) == [(["Ada", "wrote"], ["B-PER", "O"])]
        True
    """

    def __init__(self, x_data: Any, y_data: Any, *, buffer_size: int = 2000) -> None:
        positive_int("buffer_size", buffer_size)
        self._sources = (x_data, y_data)
        for source in self._sources:
            if not callable(source):
                _require_again(source)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """Return an iterator of pairs from the first text on."""
        sources = [s() if callable(s) else s for s in self._sources]
        pairs = zip_longest(*sources, fillvalue=_MISSING)
        for position, (text, labels) in enumerate(pairs):
            if labels is _MISSING:
                raise ValueError(
                    f"expected labels of each text, got none of text {position}, {preview(text)}"
                )
            if text is _MISSING:
                raise ValueError(
                    f"expected a text for all labels, got none for the labels {position}, "
                    f"{preview(labels)}"
                )
            yield text, labels


class Survey(NamedTuple):
    """What a first pass over a stream finds.

    Args:
        first: some texts.
        labels: those of some texts, with all labels, and all pairs of neighbours among tags.
        longest: the number of tokens of the longest text; 0 of strings.
        columns: names of texts, as blocks read them.
    """

    first: Columns
    labels: list[Any]
    longest: int
    columns: tuple[str, ...] | None

    def texts(self, source: Iterable[Any]) -> dict[str | None, Any]:
        """Return streams of texts by name, each of them a pass over the source."""
        return {name: _column(source, self.columns, name) for name in self.columns or (None,)}


def joined(sources: Any) -> Iterable[Any]:
    """Return one stream of several.

    Args:
        sources: a stream of pairs of a text and its labels, or a list of such.

    Returns:
        A stream that can be read again and again.

    Raises:
        TypeError: if one can be read once only.
    """
    listed = sources if isinstance(sources, list) and not _is_pair(sources[:1]) else [sources]
    for source in listed:
        _require_again(source)
    return listed[0] if len(listed) == 1 else _Joined(listed)


def survey(
    source: Iterable[Any],
    columns: tuple[str, ...] | None,
    check: Callable[[Columns, list[Any]], None],
) -> Survey:
    """Read a stream once, some texts at a time.

    Args:
        source: pairs of a text and its labels.
        columns: names of texts, as blocks read them.
        check: refuses labels that do not belong to texts.

    Returns:
        What was found.

    Raises:
        ValueError: if there are no texts.
    """
    first: Columns | None = None
    longest = 0
    kept: list[Any] = []
    seen: set[Any] = set()
    for texts, labels in _parts(source, _TEXTS_AT_ONCE, columns):
        first = texts if first is None else first
        check(texts, labels)
        if not has_strings(texts):
            longest = max(longest, *(len(t) for column in texts.values() for t in column))
        for of_text in labels:
            if not seen >= (pairs := _pairs(of_text)):
                seen |= pairs
                kept.append(of_text)
    if first is None:
        raise ValueError("expected texts, got a stream without any")
    return Survey(first, kept, longest, columns)


def with_labels(source: Iterable[Any]) -> Iterable[Any]:
    """Leave out texts that have no labels, as those without tokens have no tags.

    Args:
        source: pairs of a text and its labels.

    Returns:
        A stream that can be read again and again.
    """
    return _WithLabels(source)


def count_over(
    source: Iterable[Any], columns: tuple[str, ...] | None, maxlen: int
) -> tuple[int, int]:
    """Count the texts of a stream that are longer than a maximum.

    Args:
        source: pairs of a text and its labels; it is read once.
        columns: names of texts, as blocks read them.
        maxlen: the largest number of tokens.

    Returns:
        Their number, and that of all texts.
    """
    over = size = 0
    for texts, labels in _parts(source, _TEXTS_AT_ONCE, columns):
        over += 0 if has_strings(texts) else examples.count_over(texts, maxlen)
        size += len(labels)
    return over, size


def num_batches(source: Iterable[Any], batch_size: int) -> int:
    """Count the batches of a stream.

    Args:
        source: pairs; it is read once, if it does not tell its length.
        batch_size: texts in a batch.

    Returns:
        A number.

    Raises:
        ValueError: if there are no texts.
    """
    size = len(source) if isinstance(source, Sized) else sum(1 for _ in source)
    if not size:
        raise ValueError("expected texts, got a stream without any")
    return -(-size // positive_int("batch_size", batch_size))


def batches(
    source: Iterable[Any], batch_size: int, columns: tuple[str, ...] | None, *, seed: int | None
) -> Iterator[tuple[Any, list[Any]]]:
    """Yield batches of a stream without end: after the last text comes the first.

    Args:
        source: pairs of a text and its labels.
        batch_size: texts in a batch; the last one of a pass may be smaller.
        columns: names of texts, as blocks read them.
        seed: of the order in which batches come, within some at a time; texts of like lengths then
            share a batch. None for the order of the stream.

    Yields:
        Texts, and their labels.

    Raises:
        ValueError: if there are no texts.
    """
    parts = without_end(lambda: _checked(source), batch_size, partial(_lengths, columns), seed=seed)
    for part in parts:
        texts = columns_of_rows((text for text, _ in part), columns)
        yield as_read(texts), [labels for _, labels in part]


def _lengths(columns: tuple[str, ...] | None, pairs: list[Any]) -> list[int]:
    (first, *_) = columns_of_rows((text for text, _ in pairs), columns).values()
    return [len(text) for text in first]


def _parts(
    source: Iterable[Any], size: int, columns: tuple[str, ...] | None
) -> Iterator[tuple[Columns, list[Any]]]:
    pairs = _checked(source)
    while part := list(islice(pairs, size)):
        yield columns_of_rows((text for text, _ in part), columns), [y for _, y in part]


def _column(source: Iterable[Any], columns: tuple[str, ...] | None, name: str | None) -> Any:
    return (columns_of_rows([text], columns)[name][0] for text, _ in source)


def _pairs(labels: Any) -> set[Any]:
    """Return a label, or the pairs of neighbours among tags; None stands at both ends."""
    return {labels} if isinstance(labels, str) else {*pairwise([None, *labels, None])}


def _is_pair(items: Sequence[Any]) -> bool:
    return bool(items) and isinstance(items[0], tuple) and len(items[0]) == 2


def _checked(source: Iterable[Any]) -> Iterator[Any]:
    return examples_of(source, with_weights=False)


def _require_again(source: Any) -> None:
    require_again(
        source,
        "hand in a list, or CorpusGenerator(make_texts, make_labels) with functions that return a "
        "new generator each",
    )


@final
class _Joined:
    """Streams one after the other."""

    def __init__(self, sources: list[Iterable[Any]]) -> None:
        self._sources = sources

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(self._sources)


@final
class _WithLabels:
    """A stream without the texts that have no tokens and no tags."""

    def __init__(self, source: Iterable[Any]) -> None:
        self._source = source

    def __iter__(self) -> Iterator[Any]:
        return (pair for pair in self._source if not _is_empty(pair))


def _is_empty(pair: Any) -> bool:
    """Tell whether there is nothing to learn; what does not fit together is found later."""
    if not _is_pair([pair]) or len(pair[1]):
        return False
    text = pair[0]
    parts = text.values() if isinstance(text, dict) else text if isinstance(text, tuple) else [text]
    return not any(len(part) for part in parts)
