"""Batches of texts that come one after the other, and may be too many for the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from functools import cached_property
from itertools import count, islice
from typing import Any, TypeVar, final

import numpy as np

from nlp_builder.features.batching.blocks import Reader, ReadsTexts
from nlp_builder.features.batching.bucket_lengths import BucketLengths, read_bucket_lengths
from nlp_builder.features.batching.labels import ByOutput
from nlp_builder.features.batching.order import BatchSize, Bucketed
from nlp_builder.features.batching.streams import Items
from nlp_builder.text import columns_of_rows
from nlp_builder.text.checks import positive_int, preview

_T = TypeVar("_T")
_BATCHES_AT_ONCE = 32


def in_buckets(
    items: Iterable[_T],
    batch_size: int,
    lengths: Callable[[list[_T]], Sequence[int] | np.ndarray],
    *,
    seed: int | None,
    epoch: int = 0,
    batches_at_once: int = _BATCHES_AT_ONCE,
) -> Iterator[list[_T]]:
    """Part one pass over a stream into batches; some of them are in memory at a time.

    Args:
        items: any number.
        batch_size: of them in a batch; the last one of the pass may be smaller.
        lengths: returns the tokens of some items.
        seed: of the order of batches among those in memory, each of items of like lengths; None
            for the order of the stream.
        epoch: the number of the pass, which the order depends on, too.
        batches_at_once: so many are in memory.

    Yields:
        Lists of items.

    Example:
        >>> texts = ["aaaa", "b", "cccc", "d"]
        >>> batches = in_buckets(texts, 2, lambda some: [len(text) for text in some], seed=0)
        >>> sorted(sorted(batch) for batch in batches)
        [['aaaa', 'cccc'], ['b', 'd']]
    """
    source = iter(items)
    for number in count():
        part = list(islice(source, batch_size * batches_at_once))
        if not part:
            return
        for rows in _order(part, batch_size, lengths, seed, (epoch, number)):
            yield [part[row] for row in rows]


def without_end(
    read: Callable[[], Iterable[_T]],
    batch_size: int,
    lengths: Callable[[list[_T]], Sequence[int] | np.ndarray],
    *,
    seed: int | None,
    batches_at_once: int = _BATCHES_AT_ONCE,
) -> Iterator[list[_T]]:
    """Part a stream into batches, pass after pass, each in another order.

    Args:
        read: returns the items of a pass.
        batch_size: as of `in_buckets`.
        lengths: as of `in_buckets`.
        seed: as of `in_buckets`.
        batches_at_once: as of `in_buckets`.

    Yields:
        Lists of items.

    Raises:
        ValueError: if a pass has none.

    Example:
        >>> batches = without_end(lambda: ["a", "b", "c"], 2, list, seed=None)
        >>> list(islice(batches, 3))
        [['a', 'b'], ['c'], ['a', 'b']]
    """
    for epoch in count():
        batches = in_buckets(
            read(), batch_size, lengths, seed=seed, epoch=epoch, batches_at_once=batches_at_once
        )
        first = next(batches, None)
        if first is None:
            raise ValueError("expected texts, got a stream without any")
        yield first
        yield from batches


def require_again(source: Any, remedy: str) -> None:
    """Refuse what can be read once only.

    Args:
        source: anything.
        remedy: what to do, for the error.

    Raises:
        TypeError: if it is an iterator, a text, or nothing to iterate over.

    Example:
        >>> require_again([("a text", 1)], "pass a list")
    """
    if not isinstance(source, Iterable) or isinstance(source, str | bytes | Iterator):
        raise TypeError(
            f"expected texts that can be read again in each epoch, got {preview(source)} "
            f"({type(source).__name__}): {remedy}"
        )


def examples_of(items: Iterable[Any], *, with_weights: bool) -> Iterator[tuple[Any, ...]]:
    """Check the items of a stream as they come.

    Args:
        items: any.
        with_weights: whether they may be triples.

    Yields:
        Pairs of a text and its target, or triples with a weight.

    Raises:
        TypeError: if an item is neither, or not of as many as the first.

    Example:
        >>> list(examples_of([("a text", 1)], with_weights=False))
        [('a text', 1)]
    """
    size: int | None = None
    for position, item in enumerate(items):
        if not isinstance(item, tuple) or len(item) not in ((2, 3) if with_weights else (2,)):
            or_triples = ", or triples with a weight" if with_weights else ""
            raise TypeError(
                f"expected pairs of a text and its labels{or_triples}, got {preview(item)} "
                f"({type(item).__name__})"
            )
        size = size or len(item)
        if len(item) != size:
            raise TypeError(
                f"expected a weight with each text or with none, got a tuple of {size} first and "
                f"one of {len(item)} at position {position}: weigh the others with 1"
            )
        yield item


def _order(
    part: list[Any], batch_size: int, lengths: Any, seed: int | None, place: tuple[int, int]
) -> list[np.ndarray]:
    size = len(part)
    if seed is None:
        return [np.arange(n, min(n + batch_size, size)) for n in range(0, size, batch_size)]
    random = np.random.default_rng([seed, *place])
    # Which items are left for a smaller batch is chance, and not that they are the longest.
    mixed = random.permutation(size)
    full, rest = np.split(mixed, [size - size % batch_size])
    if not len(full):
        return [rest]
    counted = np.asarray(lengths([part[row] for row in full]), "int64")
    plan = Bucketed(
        counted, BatchSize(batch_size), BucketLengths(), seed=int(random.integers(2**31))
    )
    # A smaller batch comes last, so that each pass has as many batches as were counted.
    return [full[rows] for rows in plan.batches(0)] + ([rest] if len(rest) else [])


@final
class StreamBatches:
    """Texts and targets of a stream as padded batches, without end, for Keras' `fit`.

    Some texts are in memory at a time, and among them those of like lengths share a batch. After
    the last text comes the first, in another order:
    `model.fit(iter(batches), steps_per_epoch=len(batches), epochs=3)`.

    Args:
        blocks: as for `Batches`.
        source: pairs of a text and its target, or triples with a weight, in a collection that can
            be read again, as `CorpusGenerator`; or a function that returns a new iterator of them.
            Where blocks name their texts each text is a dict, or a tuple. For several outputs each
            target is a dict by their names, and a weight, too, unless it holds for all of them; a
            tuple is the numbers of the tokens of a text.
        by_token: as for `Batches`.
        batch_size: texts in a batch; the last one of a pass may be smaller.
        bucket_lengths: lengths as for `Batches`; none are chosen, since no text was seen.
        shuffle: False for the order of the stream.
        random_seed: of the order.
        batches_at_once: so many are in memory; of more of them the order is more random, and less
            is padded.

    Raises:
        TypeError: if the source can be read once only, or, once it is read, gives no such pairs,
            or pairs and triples.
        ValueError: if `bucket_lengths` is a number, or, once it is read, the source is empty, or
            targets are for no outputs, or for others than those of the first text.

    Example:
        >>> from nlp_builder.features import CharPerWordEmbeddingSequence
        >>> pairs = [(["a", "b"], [0, 1]), (["a"], [1]), (["b"], [0])]
        >>> block = CharPerWordEmbeddingSequence(None, 4, word_maxlen=None).build([["a", "b"]])
        >>> batches = StreamBatches(block, lambda: iter(pairs), batch_size=2, shuffle=False)
        >>> len(batches), [ids.shape for ids, tags in islice(batches, 3)]
        (2, [(2, 2, 12), (1, 1, 12), (2, 2, 12)])
    """

    def __init__(
        self,
        blocks: ReadsTexts | Sequence[ReadsTexts],
        source: Iterable[Any] | Callable[[], Iterable[Any]],
        *,
        by_token: ByOutput = True,
        batch_size: int = 32,
        bucket_lengths: Sequence[int] | None = None,
        shuffle: bool = True,
        random_seed: int = 42,
        batches_at_once: int = _BATCHES_AT_ONCE,
    ) -> None:
        if not callable(source):
            require_again(source, "hand in a function that returns a new generator each")
        self._blocks, self._source, self._by_token = blocks, source, by_token
        self._reader = Reader(blocks)
        self._lengths = read_bucket_lengths(bucket_lengths, _lengths_of_a_stream)
        seed = positive_int("random_seed", random_seed, least=0)
        self._seed = seed if shuffle else None
        self.batch_size = positive_int("batch_size", batch_size)
        self._at_once = positive_int("batches_at_once", batches_at_once)

    def __len__(self) -> int:
        """Return the number of batches of a pass; the first call may read the stream to count."""
        return -(-self._size // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Return a generator without end, from the first pass on."""
        items = Items(
            self._blocks, with_targets=True, by_token=self._by_token, lengths=self._lengths
        )
        kinds = (_ByOutput("target"), _ByOutput("weight"))
        for index, rows in enumerate(self._batches()):
            texts, *labels = zip(*rows, strict=True)
            by_output = (read(values) for read, values in zip(kinds, labels, strict=False))
            item = (self._columns(texts), *by_output)
            yield items.batch(index, item, first=None)

    def __repr__(self) -> str:
        # Keras shows it where it is handed this, which is no type that it knows.
        return (
            f"<StreamBatches of {self.batch_size} texts, {self._at_once} in memory: pass "
            "fit(iter(batches), steps_per_epoch=len(batches))>"
        )

    @cached_property
    def _size(self) -> int:
        source = self._read()
        return len(source) if isinstance(source, Sized) else sum(1 for _ in source)

    def _batches(self) -> Iterator[list[Any]]:
        return without_end(
            lambda: examples_of(self._read(), with_weights=True),
            self.batch_size,
            self._tokens,
            seed=self._seed,
            batches_at_once=self._at_once,
        )

    def _read(self) -> Iterable[Any]:
        return self._source() if callable(self._source) else self._source

    def _columns(self, texts: Sequence[Any]) -> Any:
        columns = columns_of_rows(texts, self._reader.names)
        return columns.get(None, columns)

    def _tokens(self, rows: list[Any]) -> np.ndarray:
        texts = columns_of_rows([row[0] for row in rows], self._reader.names)
        return self._reader.count_tokens(texts)


class _ByOutput:
    """Turns the dicts of texts into a dict of lists; what has no outputs stays a list."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._first: list[Any] = []

    def __call__(self, values: Sequence[Any]) -> Any:
        """Do so with the values of a batch, which are for the outputs of the first one."""
        self._first = self._first or [*values[:1]]
        expected = _names(self._first[0])
        odd = next((value for value in values if _names(value) != expected), None)
        if odd is not None:
            raise ValueError(
                f"expected {self._kind}s for {_shown(self._first[0])}, as that of the first text, "
                f"got one for {_shown(odd)}: give each text a dict of all outputs"
            )
        if expected is None:
            return list(values)
        return {name: [value[name] for value in values] for name in self._first[0]}


def _names(value: Any) -> set[Any] | None:
    return set(value) if isinstance(value, Mapping) else None


def _shown(value: Any) -> str:
    if not isinstance(value, Mapping):
        return "one output without a name"
    return f"the outputs {sorted(value, key=str)}"


def _lengths_of_a_stream() -> np.ndarray:
    raise ValueError(
        "expected the bucket_lengths of a stream, got a number of them: give the lengths, as "
        "(8, 16, 32), since none can be chosen before its texts are seen"
    )
