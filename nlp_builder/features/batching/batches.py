"""Batches of texts for Keras, made one at a time and padded no further than they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any, final

import numpy as np

from nlp_builder.features.batching.blocks import Reader, ReadsTexts, as_inputs
from nlp_builder.features.batching.bucket_lengths import read_bucket_lengths
from nlp_builder.features.batching.counted_texts import CountedTexts, read_counted
from nlp_builder.features.batching.labels import ByOutput, read_labels
from nlp_builder.features.batching.padding import FirstTwo
from nlp_builder.features.batching.planned import PlannedBatches
from nlp_builder.features.batching.plans import read_batch_size, to_predict, to_train
from nlp_builder.features.batching.rest import RestOfEpoch
from nlp_builder.text.checks import positive_int


@final
class Batches(PlannedBatches):
    """Texts and their targets as padded batches, for `fit`, `evaluate` and prediction.

    A batch is as long as its longest text, if the blocks' maxima are None, and what is padded is
    computed in vain. So when shuffled, texts of about the same number of tokens share a batch;
    which ones meet, and the order of the batches, change with each epoch. (Keras takes a length
    that the first two have in common for the only one, so the second is one of another length, or
    is padded further, if there are any such.) With fixed maxima nothing is to be saved, and
    `shuffle` is a plain permutation.

    Keras' `class_weight` works where there is one output with one target for each text. It refuses
    `sample_weight` beside it, and takes lists of tags for one-hot targets: weigh tokens by
    `sample_weight`.

    Of two texts that share one of 439 batches of 32 (CoNLL-2003, of 14.5 tokens on average) 4 in
    100 share one in the next epoch, too, where 0.2 would by chance alone; 4.5 percent are padded in
    vain, where 195 percent would be. `benchmarks/batching.py` has the figures.

    The order is a function of the seed and of `epoch`, the number of the present one, which goes up
    by one where Keras has read all batches, also to evaluate: make other `Batches` for that. Keras
    shuffles the batches once more: `fit(batches, shuffle=False)` leaves them in their order.
    Training that was stopped goes on by `rest`, and between two epochs by `epoch`: Keras tells a
    dataset no number of an epoch, so `fit(batches, initial_epoch=3)` alone takes the order of the
    epoch 0; set `batches.epoch = 3` before.

    With more than one worker Keras on JAX and PyTorch trains on some batches twice, and counts one
    epoch too many: it looks at a batch if no loss was computed yet, and hands what the workers made
    ahead for that look to the first epoch. Call `model.test_on_batch(*batches[0])` before `fit`,
    and it need not look.

    Args:
        blocks: a block or a list of blocks; their ids are the model's inputs, in this order. (Of
            another one Keras says that "as_list() is not defined on an unknown TensorShape", or
            nothing where the shapes are alike.)
        texts: strings or lists of tokens, in any collection; a dict, a DataFrame or a table of
            Arrow of such if the blocks name their texts. Kept as they are, turned into ids batch by
            batch. Of `LazyRows`, as `MappedColumns` has, and of columns of Arrow nothing is kept.
        targets: an array with a row for each text, taken as it is; or a list, Series, column of
            Arrow or `LazyRows` with a number for each text, or with a list of ids for the tokens of
            each text, as `lazy_map(alphabet.ids, tags)` has (padded with 0
            to the width of the first input that has as many: let a mask decide); or a dict or
            tuple of these for several outputs, as the model has them. By position, whatever an
            index says. None to predict: Keras' `fit` says of it "None values not supported."
        sample_weight: a number for each text or for each token, as `targets`; or a dict or tuple
            of these like that of the targets. Padding has the weight 0.
        by_token: False if a list of numbers for a text is one vector, and has none for each of its
            tokens; of several outputs a dict or tuple, as the targets.
        batch_size: texts in a batch; one may be smaller. 32 if there are no `batch_tokens`.
        batch_tokens: instead of `batch_size`, the most tokens in a batch, those of its longest text
            times its texts; a text that is longer is a batch of its own.
        bucket_lengths: pad to these lengths, in ascending order, so that JAX and XLA compile few
            shapes: each free axis of a batch to the least of them that holds it, or to a multiple
            of the last. Or a number of lengths, to be chosen so that texts are padded least. None
            for the length of the longest text.
        shuffle: texts in a new order for each epoch, the same ones for the same seed; False for
            the order of the texts. None to shuffle where there are targets: Keras' `predict` gives
            results in the order of the batches. (`in_order`, `stream` and `predict_tags` let texts
            of like lengths share a batch in any case, and restore the order.)
        bucketing: False to shuffle without regard to lengths.
        random_seed: the seed of the order, at least 0.
        copy: keep lists of texts as they are now. Without a copy they take no more memory, and must
            not be changed as long as the batches are used.
        **kwargs: `workers`, `use_multiprocessing`, `max_queue_size` of Keras' data machinery. With
            several workers an epoch must be read whole (no `steps_per_epoch`, `validation_steps`):
            Keras else goes on with batches that they made ahead, and leaves their threads.

    Raises:
        TypeError: if a text is not a text, a block not a block, or a target no number.
        ValueError: if there are not as many targets or weights as texts, or as tokens, or if
            there are some by token and the blocks read different numbers of words; if there are
            `batch_size` and `batch_tokens`, or the latter are to be shuffled without bucketing.

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
        >>> Batches(block, texts, batch_tokens=4, bucket_lengths=(2, 4), shuffle=True)
        <Batches of 3 texts, 2 batches, padding waste 1.33>
    """

    def __init__(
        self,
        blocks: ReadsTexts | Sequence[ReadsTexts],
        texts: Any,
        targets: Any = None,
        *,
        sample_weight: Any = None,
        by_token: ByOutput = True,
        batch_size: int | None = None,
        batch_tokens: int | None = None,
        bucket_lengths: int | Sequence[int] | None = None,
        shuffle: bool | None = None,
        bucketing: bool = True,
        random_seed: int = 42,
        copy: bool = True,
        **kwargs: Any,
    ) -> None:
        # Keras returns predictions in the order of the batches.
        shuffle = targets is not None if shuffle is None else shuffle
        self._size = read_batch_size(batch_size, batch_tokens)
        self._texts = read_counted(Reader(blocks), texts, copy=copy)
        inputs = self._texts.inputs_with_steps()
        labels = read_labels(targets, sample_weight, len(self._texts), inputs, by_token=by_token)
        self._texts.warn_of_cuts()
        self._buckets = read_bucket_lengths(bucket_lengths, lambda: self._texts.lengths)
        self._plan = to_train(
            self._texts,
            self._size,
            self._buckets,
            shuffle=shuffle,
            bucketing=bucketing,
            seed=random_seed,
        )
        # Without bucketing another epoch may have other widths.
        mixes = shuffle and not bucketing
        self._steps_vary = mixes or self._texts.steps_vary(self._plan.batches(0), self._buckets)
        super().__init__(self._texts.arrays, labels, self._new_first_two(), **kwargs)
        self.batch_size, self.batch_tokens = self._size.texts, self._size.tokens
        self.shuffle, self.bucketing = shuffle, bucketing
        self.epoch = 0

    @property
    def epoch(self) -> int:
        """The number of the epoch whose batches these are, counted from 0.

        Set it to train on the order of another one: `fit(batches, initial_epoch=3)` of Keras wants
        3, and cannot say so. (The `fit` of blocks and of ready-made models sets it.)
        """
        return self._epoch

    @epoch.setter
    def epoch(self, number: int) -> None:
        self._epoch = positive_int("epoch", number, least=0)
        self._take(self._plan.batches(self._epoch))

    def rest(self, epoch: int, batch: int) -> RestOfEpoch:
        """Return the batches that are left of an epoch, to go on with training that was stopped.

        A model that was kept with its optimizer knows where it was, if it was trained on nothing
        else and by `fit(..., shuffle=False)`, since Keras takes the batches in any order else:
        `epoch, batch = divmod(int(model.optimizer.iterations), len(batches))`. When the rest was
        read, these batches are those of the epoch after it.

        Args:
            epoch: the number of the epoch, counted from 0.
            batch: how many of its batches were trained on.

        Returns:
            A `keras.utils.PyDataset`, for one epoch.

        Raises:
            TypeError: if one of them is no whole number.
            ValueError: if there is no such batch, or Keras was seen to shuffle them.

        Example:
            >>> from nlp_builder.features import CharPerWordEmbeddingSequence
            >>> block = CharPerWordEmbeddingSequence(None, 4, word_maxlen=None).build([["a"]])
            >>> batches = Batches(block, [["a"]] * 5, [[0]] * 5, batch_size=2)
            >>> batches.rest(epoch=3, batch=1)
            <The last 2 batches of epoch 3>

            Then `fit(rest, initial_epoch=3, epochs=4, shuffle=False)` and `fit(batches,
            initial_epoch=4, shuffle=False, ...)`.
        """
        epoch = positive_int("epoch", epoch, least=0)
        done = positive_int("batch", batch, least=0)
        if done >= len(self):
            raise ValueError(
                f"expected batch below {len(self)}, the number of batches of an epoch, got {batch}:"
                f" set batches.epoch = {epoch + 1} if epoch {epoch} is over"
            )
        if done and self._is_shuffled:
            raise ValueError(
                f"expected the first {done} batches to be trained on first, got them in another "
                "order: Keras shuffles the batches: pass shuffle=False to fit"
            )

        return RestOfEpoch(
            self._texts.arrays,
            self._labels,
            self._new_first_two(),
            whole=self._plan.batches(epoch),
            done=done,
            epoch=epoch,
            looked_at=self._new_first_two(),
            go_on=partial(self._start, epoch + 1),
            workers=self.workers,
            use_multiprocessing=self.use_multiprocessing,
            max_queue_size=self.max_queue_size,
        )

    def in_order(self, function: Callable[[Any], Sequence[Any]]) -> list[Any]:
        """Apply a function to batches of like lengths; put the results in the order of the texts.

        Args:
            function: gets a batch's inputs and returns one result for each of its texts.

        Returns:
            A result for each text.

        Raises:
            ValueError: if the function returns more or fewer results than the batch has texts.
        """
        return self._results(self._texts, function)

    def stream(
        self, function: Callable[[Any], Sequence[Any]], *, texts_at_once: int = 4096
    ) -> Iterator[Any]:
        """Apply a function to batches, and yield the results while they come: none of them is kept.

        Args:
            function: as for `in_order`.
            texts_at_once: among so many are those found that share a batch.

        Yields:
            A result for each text, in the order of the texts.

        Raises:
            ValueError: as `in_order`.

        Example:
            >>> from nlp_builder.features import CharPerWordEmbeddingSequence
            >>> block = CharPerWordEmbeddingSequence(None, 4, word_maxlen=None).build([["a"]])
            >>> batches = Batches(block, [["a", "a"], ["a"]], shuffle=False)
            >>> list(batches.stream(lambda ids: (ids != 0).any(axis=2).sum(axis=1).tolist()))
            [2, 1]
        """
        size = positive_int("texts_at_once", texts_at_once)
        for start in range(0, len(self._texts), size):
            yield from self._results(self._texts.part(start, start + size), function)

    def _results(self, texts: CountedTexts, function: Callable[[Any], Sequence[Any]]) -> list[Any]:
        results: list[Any] = [None] * len(texts)
        for rows in to_predict(texts, self._size, self._buckets).batches(0):
            inputs = as_inputs(self._first_two.padded(texts.arrays(rows)))
            found = list(function(inputs))
            if len(found) != len(rows):
                raise ValueError(
                    f"expected a result for each of the {len(rows)} texts of a batch, got "
                    f"{len(found)} from the function"
                )
            for row, result in zip(rows, found, strict=True):
                results[row] = result
        return results

    @cached_property
    def num_steps(self) -> np.ndarray:
        """Int (inputs, texts), the steps of each text before any cut, as each input counts them."""
        inputs = self._texts.inputs_with_steps()
        return np.stack([one.lengths for one in inputs] or [self._texts.lengths])

    @property
    def num_tokens(self) -> np.ndarray:
        """Int (texts,), the tokens of each text before any cut, the most of its inputs."""
        return self.num_steps.max(axis=0)

    @property
    def padding_waste(self) -> float:
        """Padded tokens over real ones in this epoch, 1.0 if nothing is padded."""
        return self._texts.padding_waste(self._batches, self._buckets, steps_vary=self._steps_vary)

    def __repr__(self) -> str:
        waste = f", padding waste {self.padding_waste:.2f}" if self._texts.are_counted else ""
        return f"<Batches of {len(self._texts):,} texts, {len(self):,} batches{waste}>"

    def _new_first_two(self) -> FirstTwo:
        return FirstTwo(self._texts.shapes, self._buckets, steps_vary=self._steps_vary)

    def _go_on(self) -> None:
        self._start(self.epoch + 1)

    def _start(self, epoch: int) -> None:
        self.epoch = epoch
