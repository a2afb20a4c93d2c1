"""Streams of batches of texts, from generators and Keras datasets, to what Keras takes."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, final

import keras

from nlp_builder.features.batching.blocks import Reader, ReadsTexts, as_inputs, count_rows
from nlp_builder.features.batching.bucket_lengths import BucketLengths
from nlp_builder.features.batching.labels import ByOutput, read_labels, take_labels
from nlp_builder.features.batching.padding import FirstTwo
from nlp_builder.features.batching.planned import PlannedBatches
from nlp_builder.text import take_rows
from nlp_builder.text.checks import preview


def is_stream(source: Any) -> bool:
    """Tell whether something yields batches of texts, and is no collection of texts.

    Args:
        source: anything.

    Returns:
        True for a generator or another iterator, and for a `keras.utils.PyDataset`.

    Example:
        >>> is_stream(["a text"]), is_stream(batch for batch in [["a text"]])
        (False, True)
    """
    return isinstance(source, keras.utils.PyDataset) or hasattr(source, "__next__")


def require_steps(source: Any, steps: int | None, epochs: int, name: str) -> None:
    """Refuse a generator that would be empty from the second epoch on.

    Args:
        source: anything.
        steps: the number of batches of an epoch, or None.
        epochs: how often the source is read.
        name: of the argument `steps`, for the error.

    Raises:
        ValueError: if the source is a generator, and every epoch wants all of it.

    Example:
        >>> require_steps(["a text"], None, epochs=3, name="steps_per_epoch")
        >>> require_steps(iter([["a text"]]), 1, epochs=3, name="steps_per_epoch")
    """
    once = is_stream(source) and not isinstance(source, keras.utils.PyDataset)
    if once and steps is None and epochs > 1:
        raise ValueError(
            f"expected {name} for {epochs} epochs, since a generator can be read once only: pass "
            "the number of batches of an epoch and a generator without end, or a PyDataset"
        )


@contextlib.contextmanager
def quiet_end(steps: int | None) -> Iterator[None]:
    """Silence what Keras warns of at the end of each generator: that training is interrupted.

    Args:
        steps: the number of batches that are expected; if it is known, an early end is no lie.

    Returns:
        A context manager.

    Example:
        >>> with quiet_end(steps=None):
        ...     warnings.warn("Your input ran out of data", stacklevel=1)
    """
    with warnings.catch_warnings():
        if steps is None:
            warnings.filterwarnings("ignore", "Your input ran out of data", UserWarning)
        yield


def stream(
    block: ReadsTexts,
    source: Iterable[Any] | keras.utils.PyDataset,
    *,
    with_targets: bool,
    by_token: ByOutput = True,
    workers: int | None = None,
    use_multiprocessing: bool | None = None,
    max_queue_size: int | None = None,
) -> Any:
    """Turn batches of texts into batches of ids while they pass.

    Args:
        block: reads the texts.
        source: a generator, of any length, or a `keras.utils.PyDataset`. Its items are the tuples
            `(texts, targets)` or `(texts, targets, weights)`, in all forms that `Batches` takes;
            without `with_targets` also `(texts,)`, or texts alone. A tuple is always one of these.
        with_targets: keep the targets and weights.
        by_token: as for `Batches`.
        workers: threads or processes that make batches of a dataset, by default as many as it
            says itself. A generator is read in one thread.
        use_multiprocessing: processes, not threads.
        max_queue_size: batches of a dataset that wait.

    Returns:
        A generator of tuples, or a `keras.utils.PyDataset` of as many batches as the source;
        `Batches` and what is left of them, which hold ids already, as they are.

    Raises:
        TypeError: if `source` is neither, or, once it is read, an item is no such tuple.
        ValueError: if `Batches` have no targets that are wanted; once it is read, if targets or
            weights are not as many as texts.

    Example:
        >>> from nlp_builder.features import CharPerWordEmbeddingSequence
        >>> block = CharPerWordEmbeddingSequence(None, 4, word_maxlen=2, char_maxlen=1)
        >>> source = (([["a"], ["b", "a"]], [0, 1]) for _ in range(3))
        >>> ids, targets = next(stream(block.build([["a"]]), source, with_targets=True))
        >>> ids.tolist(), targets
        ([[[2], [0]], [[1], [2]]], array([0, 1]))
    """
    if not is_stream(source):
        raise TypeError(
            f"expected a generator or a keras.utils.PyDataset of batches, got {preview(source)} "
            f"({type(source).__name__})"
        )
    if isinstance(source, PlannedBatches):
        if with_targets and not source.have_targets:
            raise ValueError(f"expected batches with targets, got {source!r}, which have none")
        return source
    items = Items(block, with_targets=with_targets, by_token=by_token)
    if not isinstance(source, keras.utils.PyDataset):
        return _generate(items, iter(source))
    given = {
        "workers": workers,
        "use_multiprocessing": use_multiprocessing,
        "max_queue_size": max_queue_size,
    }
    kept = {name: getattr(source, name) if v is None else v for name, v in given.items()}
    return _Dataset(items, source, **kept)


@final
class Items:
    """Turns the items of one source into what Keras takes.

    Args:
        block: as of `stream`; or a list of them.
        with_targets: as of `stream`.
        by_token: as of `stream`.
        lengths: those that free axes may have.
    """

    def __init__(
        self,
        block: ReadsTexts | Sequence[ReadsTexts],
        *,
        with_targets: bool,
        by_token: ByOutput,
        lengths: BucketLengths | None = None,
    ) -> None:
        self._reader = Reader(block)
        self._with_targets, self._by_token = with_targets, by_token
        self._first_two = FirstTwo(self._reader.shapes, lengths)

    def batch(self, index: int, item: Any, first: Any) -> tuple[Any, ...]:
        """Return item `index` as `(inputs,)`, `(inputs, targets)`, `(inputs, targets, weights)`.

        `first` returns item 0 once more.
        """
        texts, *given = self._parts(item)
        columns = self._reader.columns(texts)
        rows = range(count_rows(columns))
        targets, weights = (*given, None, None)[:2]
        inputs = self._reader.inputs_with_steps(columns)
        labels = read_labels(targets, weights, len(rows), inputs, by_token=self._by_token)
        arrays = self._first_two(
            index,
            self._reader.arrays(take_rows(columns, rows)),
            first=lambda: self._reader.arrays(self._parts(first())[0]),
        )
        return (as_inputs(arrays), *take_labels(labels, rows, arrays))

    def forget(self) -> None:
        """Start anew, since the items may be other ones now."""
        self._first_two.forget()

    def _parts(self, item: Any) -> tuple[Any, ...]:
        sizes = (2, 3) if self._with_targets else (1, 2, 3)
        if not isinstance(item, tuple) and not self._with_targets:
            return (item,)
        if not isinstance(item, tuple) or len(item) not in sizes:
            found = f"a tuple of {len(item)}" if isinstance(item, tuple) else preview(item)
            wanted = "(texts, targets) or (texts, targets, weights)"
            raise TypeError(
                f"expected each batch as a tuple {wanted}, got {found} "
                f"({type(item).__name__}): texts of a batch belong into a list"
            )
        return item if self._with_targets else item[:1]


def _generate(items: Items, source: Iterator[Any]) -> Iterator[tuple[Any, ...]]:
    for index, item in enumerate(source):
        yield items.batch(index, item, first=None)


class _Dataset(keras.utils.PyDataset):
    """A dataset of texts as one of ids."""

    def __init__(self, items: Items, source: keras.utils.PyDataset, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._items = items
        self._source = source

    @property
    def num_batches(self) -> int | None:
        """The number of batches of the source, None if it has no end."""
        return self._source.num_batches

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return batch `index`."""
        return self._items.batch(index, self._source[index], first=lambda: self._source[0])

    def on_epoch_begin(self) -> None:
        """Pass it on."""
        self._source.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Pass it on."""
        self._source.on_epoch_end()
        self._items.forget()
