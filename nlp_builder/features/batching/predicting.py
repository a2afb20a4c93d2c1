"""Prediction from texts: by Keras' own loop, least padded, in the order of the texts."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from nlp_builder.features.batching.blocks import Reader, ReadsTexts, as_inputs
from nlp_builder.features.batching.bucket_lengths import BucketLengths
from nlp_builder.features.batching.counted_texts import read_counted
from nlp_builder.features.batching.flat import flat_graph, unflatten
from nlp_builder.features.batching.padding import FirstTwo
from nlp_builder.features.batching.planned import PlannedBatches
from nlp_builder.features.batching.plans import read_batch_size, to_predict
from nlp_builder.features.batching.streams import is_stream, quiet_end, stream
from nlp_builder.text.checks import positive_int


def predict_texts(
    model: keras.Model,
    block: ReadsTexts,
    texts: Any,
    *,
    batch_size: int = 256,
    verbose: int | str = 0,
    callbacks: Sequence[keras.callbacks.Callback] | None = None,
    steps: int | None = None,
    workers: int | None = None,
    use_multiprocessing: bool | None = None,
    max_queue_size: int | None = None,
) -> list[np.ndarray]:
    """Predict from texts, with one batch of ids in memory at a time.

    Where a batch is as long as its longest text, texts of like lengths share a batch.

    Args:
        model: a functional Keras model that reads what `block.preprocess_texts` returns.
        block: reads the texts.
        texts: a collection of texts, a dict or a DataFrame of them if the block names them; or a
            generator or a `keras.utils.PyDataset` of batches: see `stream`.
        batch_size: texts in a batch, if `texts` are not batches.
        verbose: Keras' progress bar: 0 for none, 1 for a bar, 2 for a line, or "auto".
        callbacks: of Keras.
        steps: stop after so many batches; None for all.
        workers: threads or processes that make batches; None for 1, or what a dataset says.
        use_multiprocessing: processes, not threads.
        max_queue_size: batches that wait.

    Returns:
        float32 (texts, ...) for each output of the model; shorter ones are padded with zeros.

    Raises:
        TypeError: if `texts` are no texts.
        ValueError: if columns of texts are of different lengths.

    Example:
        >>> from nlp_builder.features import CharPerWordEmbeddingSequence
        >>> block = CharPerWordEmbeddingSequence(None, 4, word_maxlen=None).build([["a", "b"]])
        >>> sums = keras.ops.sum(block.inputs, axis=2)
        >>> model = keras.Model(block.inputs, sums)
        >>> predict_texts(model, block, [["a", "b", "a"], ["b"]], batch_size=1)
        [array([[2., 3., 2.],
               [3., 0., 0.]], dtype=float32)]
    """
    given: dict[str, Any] = {
        "workers": workers,
        "use_multiprocessing": use_multiprocessing,
        "max_queue_size": max_queue_size,
    }
    if isinstance(texts, PlannedBatches):
        raise TypeError("expected texts, got Batches, which hold ids in an order of their own")
    options = {"verbose": verbose, "callbacks": callbacks}
    if not is_stream(texts):
        kept = {name: value for name, value in given.items() if value is not None}
        inputs = _Inputs(block, texts, batch_size=batch_size, steps=steps, **kept)
        return _predict(model, inputs, inputs.rows, options)
    batches = stream(block, texts, with_targets=False, **given)
    if isinstance(batches, keras.utils.PyDataset):
        return _predict(model, batches, None, {**options, "steps": steps})
    return _predict_generated(model, batches, {**options, "steps": steps})


def _predict(
    model: keras.Model, batches: Any, rows: list[np.ndarray] | None, options: dict[str, Any]
) -> list[np.ndarray]:
    if isinstance(batches, keras.utils.PyDataset) and batches.num_batches == 0:
        return [_no_rows(output) for output in model.outputs]
    return [_restored(parts, rows) for parts in _outputs(model, batches, options)]


def _predict_generated(
    model: keras.Model, batches: Iterator[Any], options: dict[str, Any]
) -> list[np.ndarray]:
    first = list(itertools.islice(batches, 1))
    if not first:
        return [_no_rows(output) for output in model.outputs]
    counted = itertools.count()
    # Keras takes generators, and no other iterators.
    source = (batch for batch, _ in zip(itertools.chain(first, batches), counted, strict=False))
    with quiet_end(None):  # an early end is told below
        arrays = _predict(model, source, None, options)
    _warn_of_an_early_end(next(counted), options["steps"])
    return arrays


def _warn_of_an_early_end(num_batches: int, steps: int | None) -> None:
    if steps is not None and num_batches < steps:
        warnings.warn(
            f"expected {steps} batches to predict, and the generator gave {num_batches}: "
            "the result is for those",
            stacklevel=4,
        )


class _Inputs(keras.utils.PyDataset):
    """The ids of texts, in batches that are padded least."""

    def __init__(
        self, block: ReadsTexts, texts: Any, *, batch_size: int, steps: int | None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._texts = read_counted(Reader(block), texts)
        if steps is not None:
            self._texts = self._texts.part(0, positive_int("steps", steps) * batch_size)
        plan = to_predict(self._texts, read_batch_size(batch_size, None), BucketLengths())
        self.rows = plan.batches(0)
        self._first_two = FirstTwo(self._texts.shapes)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        arrays = self._first_two(index, self._arrays(index), first=lambda: self._arrays(0))
        return (as_inputs(arrays),)

    def _arrays(self, index: int) -> tuple[np.ndarray, ...]:
        return self._texts.arrays(self.rows[index])


def _no_rows(output: Any) -> np.ndarray:
    return np.zeros((0, *(size or 0 for size in output.shape[1:])), "float32")


def _outputs(model: keras.Model, batches: Any, options: Any) -> list[list[np.ndarray]]:
    """Return the arrays of each output: one for all batches, or one for each of them."""
    if not any(None in output.shape[1:] for output in model.outputs):
        whole = keras.tree.flatten(model.predict(batches, **options))
        return [[np.asarray(array, "float32")] for array in whole]
    flat = flat_graph(model).predict(batches, **options)
    return [unflatten(*pair) for pair in zip(flat[::2], flat[1::2], strict=True)]


def _restored(parts: list[np.ndarray], rows: list[np.ndarray] | None) -> np.ndarray:
    """Put parts below one another, padded to the longest, and each row back to its place."""
    if rows is None and len(parts) == 1:
        return parts[0]
    sizes = np.max([part.shape[1:] for part in parts], axis=0)
    # (texts, ...)
    whole = np.zeros((sum(map(len, parts)), *sizes.astype(int)), "float32")
    places = np.arange(len(whole)) if rows is None else _ranks(np.concatenate(rows)[: len(whole)])
    start = 0
    for part in parts:
        here = places[start : start + len(part)]
        whole[(here, *(slice(size) for size in part.shape[1:]))] = part
        start += len(part)
    return whole


def _ranks(rows: np.ndarray) -> np.ndarray:
    # The rows themselves, unless a callback stopped the prediction before all had come.
    return np.argsort(np.argsort(rows))
