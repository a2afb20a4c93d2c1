"""Batches of texts for Keras, made one at a time and padded no further than they need."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np

from nlp_builder.features.batching import order
from nlp_builder.features.batching.blocks import Reader, ReadsTexts, as_inputs, count_rows
from nlp_builder.features.batching.first_two import FirstTwo
from nlp_builder.features.batching.labels import ByOutput, read_labels, take_labels
from nlp_builder.features.batching.steps import InputSteps
from nlp_builder.text import take_rows
from nlp_builder.text.checks import positive_int


class Batches(keras.utils.PyDataset):
    """Texts and their targets as padded batches, for `fit`, `evaluate` and prediction.

    A batch is as long as its longest text, if the blocks' maxima are None, and what is padded is
    computed in vain. So with `shuffle` texts of about the same number of tokens share a batch;
    which ones meet, and the order of the batches, change with each epoch. (The second batch may be
    one step longer than its texts: Keras takes a length that the first two have in common for the
    only one.) With fixed maxima nothing is to be saved, and `shuffle` is a plain permutation.

    Keras' `class_weight` works where there is one output with one target for each text. It refuses
    `sample_weight` beside it, and takes lists of tags for one-hot targets: weigh tokens by
    `sample_weight`.

    Args:
        blocks: a block or a list of blocks; their ids are the model's inputs, in this order.
        texts: strings or lists of tokens, in any collection; a dict or a DataFrame of such if the
            blocks name their texts. Kept as they are, turned into ids batch by batch.
        targets: an array with a row for each text, taken as it is; or a list or Series with a
            number for each text, or with a list of ids for the tokens of each text (padded with 0
            to the width of the first input that has as many: let a mask decide); or a dict or
            tuple of these for several outputs, as the model has them. By position, whatever an
            index says. None to predict.
        sample_weight: a number for each text or for each token, as `targets`; or a dict or tuple
            of these like that of the targets. Padding has the weight 0.
        by_token: False if a list of numbers for a text is one vector, and has none for each of its
            tokens; of several outputs a dict or tuple, as the targets.
        batch_size: texts in a batch; the last one may be smaller.
        shuffle: texts in a new order for each epoch, the same ones for the same seed; False for
            the order of the texts.
        random_seed: the seed of the order.
        copy: keep lists of texts as they are now. Without a copy they take no more memory, and must
            not be changed as long as the batches are used.
        **kwargs: `workers`, `use_multiprocessing`, `max_queue_size` of Keras' data machinery.

    Raises:
        TypeError: if a text is not a text, a block not a block, or a target no number.
        ValueError: if there are not as many targets or weights as texts, or as tokens, or if
            there are some by token and the blocks read different numbers of words.

    Warns:
        UserWarning: if lists of tokens are longer than a maximum, and are cut. Of strings it does
            not know: it would take a pass of the tokenizer to count, before the one to train.

    Example:
        >>> from nlp_builder.features import CharPerWordEmbeddingSequence
        >>> texts = [["a", "b", "c"], ["a"], ["a", "b"]]
        >>> block = CharPerWordEmbeddingSequence(None, 4, word_maxlen=None).build(texts)
        >>> batches = Batches(block, texts, [[0, 1, 0], [0], [0, 1]], batch_size=2, shuffle=False)
        >>> [(ids.shape, tags.shape) for ids, tags in (batches[0], batches[1])]
        [((2, 3, 12), (2, 3)), ((1, 2, 12), (1, 2))]
    """

    def __init__(
        self,
        blocks: ReadsTexts | Sequence[ReadsTexts],
        texts: Any,
        targets: Any = None,
        *,
        sample_weight: Any = None,
        by_token: ByOutput = True,
        batch_size: int = 32,
        shuffle: bool = True,
        random_seed: int = 42,
        copy: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.batch_size = positive_int("batch_size", batch_size)
        self.shuffle = shuffle
        self._reader = Reader(blocks)
        self._columns = self._reader.columns(texts, copy=copy)
        self._num_texts = count_rows(self._columns)
        self._labels = read_labels(
            targets, sample_weight, self._num_texts, self._inputs_with_steps(), by_token=by_token
        )
        self._warn_of_cuts()
        self._random = np.random.default_rng(random_seed)
        self._first_two = FirstTwo(self._reader.shapes)
        self._plan()

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self._batches)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return batch `index`: inputs, and targets and weights if there are any."""
        rows = self._batches[index]
        arrays = self._first_two(
            index, self._arrays(rows), first=lambda: self._arrays(self._batches[0])
        )
        return (as_inputs(arrays), *take_labels(self._labels, rows, arrays))

    def on_epoch_end(self) -> None:
        """Make the order of the next epoch."""
        if self.shuffle:
            self._plan()

    def in_order(self, function: Callable[[Any], Sequence[Any]]) -> list[Any]:
        """Apply a function to batches of like lengths; put the results in the order of the texts.

        Args:
            function: gets a batch's inputs and returns one result for each of its texts.

        Returns:
            A result for each text.

        Raises:
            ValueError: if the function returns more or fewer results than the batch has texts.
        """
        results: list[Any] = [None] * self._num_texts
        for rows in self._least_padded():
            inputs = as_inputs(self._arrays(rows))
            for row, result in zip(rows, function(inputs), strict=True):
                results[row] = result
        return results

    @property
    def padding_waste(self) -> float:
        """Padded tokens over real ones, 1.0 if nothing is padded."""
        maxima = [maximum for maximum in self._reader.maxima if maximum is not None]
        free = self._reader.steps_are_free
        lengths = self._lengths if free else np.minimum(self._lengths, max(maxima, default=1))
        widths = [lengths[rows].max() if free else max(maxima, default=1) for rows in self._batches]
        sizes = [len(rows) for rows in self._batches]
        padded = np.dot(np.array(widths, "int64"), np.array(sizes, "int64"))
        return float(padded / lengths.sum()) if lengths.sum() else 1.0

    @cached_property
    def _lengths(self) -> np.ndarray:
        # (texts,) A pass of the tokenizer over all texts, so it is made only if it is needed.
        return self._reader.count_tokens(self._columns)

    def _arrays(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        return self._reader.arrays(take_rows(self._columns, rows))

    def _inputs_with_steps(self) -> list[InputSteps]:
        inputs = self._reader.inputs_with_steps(self._columns)
        if len(self._reader.shapes) > 1:
            return inputs
        # Then the order of batches needs the same lengths.
        return [InputSteps(0, one.maxlen, one.block, lambda: self._lengths) for one in inputs]

    def _plan(self) -> None:
        self._first_two.forget()
        if not self.shuffle:
            self._batches = order.in_order(self._num_texts, self.batch_size)
        elif self._reader.steps_are_free:
            self._batches = order.bucketed(self._lengths, self.batch_size, self._random)
        else:
            self._batches = order.shuffled(self._num_texts, self.batch_size, self._random)

    def _least_padded(self) -> list[np.ndarray]:
        if self._reader.steps_are_free:
            return order.by_length(self._lengths, self.batch_size)
        return order.in_order(self._num_texts, self.batch_size)

    def _warn_of_cuts(self) -> None:
        maxima = set(self._reader.maxima)
        if len(maxima) != 1 or None in maxima or not self._lengths_are_cheap():
            return
        maxlen = maxima.pop()
        cut = int(np.sum(self._lengths > maxlen))
        if cut:
            warnings.warn(
                f"{cut} of {self._num_texts} texts have more than {maxlen} tokens, and are cut: "
                "give the blocks a larger maximum, or None for the longest text of each batch",
                stacklevel=3,
            )

    def _lengths_are_cheap(self) -> bool:
        firsts = [column[0] for column in self._columns.values() if column]
        return "_lengths" in self.__dict__ or not any(isinstance(text, str) for text in firsts)
