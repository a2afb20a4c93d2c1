"""Batches of texts for Keras, made one at a time and padded no further than they need."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from nlp_builder.features import Feature, ModelIOShape
from nlp_builder.text import Text, iterate_texts, pad_ids, tokenize
from nlp_builder.text.checks import positive_int, preview

__all__ = ["Batches"]

# Lengths are jittered by up to this many tokens before texts are sorted, so that batches differ
# from epoch to epoch while texts of a batch stay about as long as each other.
_JITTER = 2.0


class Batches(keras.utils.PyDataset):
    """Texts and their targets as padded batches, for `fit`, `evaluate` and prediction.

    A batch is as long as its longest text, if the blocks' maxima are None, and what is padded is
    computed in vain. So with `shuffle` texts of about the same number of tokens share a batch;
    which ones meet, and the order of the batches, change with each epoch. Without it the batches
    are in the order of the texts. (The second batch may be one step longer than its texts: Keras
    takes a length that the first two have in common for the only one.)

    Args:
        blocks: a block or a list of blocks; their ids are the model's inputs, in this order.
        texts: strings or lists of tokens; kept as they are, turned into ids batch by batch.
        targets: an array with a row for each text, taken as it is; or a list with a number for
            each text, or with a list of ids for the tokens of each text (padded with 0 to the
            width of the first input: let a mask decide). None to predict.
        batch_size: texts in a batch; the last one may be smaller.
        shuffle: texts of like length together, in a new order for each epoch, the same ones for the
            same seed; False for the order of the texts.
        random_seed: the seed of the order.
        **kwargs: `workers`, `use_multiprocessing`, `max_queue_size` of Keras' data machinery.

    Raises:
        TypeError: if a text is not a text, or a block not a block.
        ValueError: if there are not as many targets as texts, or as many tags as tokens, or if the
            blocks read different numbers of words.

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
        blocks: Feature | Sequence[Feature],
        texts: Sequence[Text],
        targets: Sequence[Any] | np.ndarray | None = None,
        *,
        batch_size: int = 32,
        shuffle: bool = True,
        random_seed: int = 42,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.blocks = [blocks] if isinstance(blocks, Feature) else list(blocks)
        _check_blocks(self.blocks)
        self.texts = list(iterate_texts(texts))
        self.targets = None if targets is None else list(targets)
        self._by_token = _are_by_token(targets)
        self.batch_size = positive_int("batch_size", batch_size)
        self.shuffle = shuffle
        self._lengths = np.array(self._count_tokens(), "int64")
        self._shapes = [shape.shape for block in self.blocks for shape in _input_shapes(block)]
        self._random = np.random.default_rng(random_seed)
        self._check_targets()
        self._warn_of_cuts()
        self._plan()

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self._batches)

    def __getitem__(self, index: int) -> Any:
        """Return batch `index`: inputs, and targets if there are any."""
        rows = self._batches[index]
        arrays = self._arrays(rows)
        if index == 1:
            arrays = self._unlike(self._arrays(self._batches[0]), arrays)
        inputs = _as_inputs(arrays)
        if self.targets is None:
            return (inputs,)
        targets = [self.targets[row] for row in rows]
        if self._by_token:
            return inputs, pad_ids(targets, maxlen=arrays[0].shape[1])
        return inputs, np.asarray(targets)

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
        results: list[Any] = [None] * len(self.texts)
        for rows in self._parted(np.argsort(self._lengths, kind="stable")):
            inputs = _as_inputs(self._arrays(rows))
            for row, result in zip(rows, function(inputs), strict=True):
                results[row] = result
        return results

    @property
    def padding_waste(self) -> float:
        """Padded tokens over real ones, 1.0 if nothing is padded."""
        padded = sum(int(self._lengths[rows].max()) * len(rows) for rows in self._batches)
        real = int(self._lengths.sum())
        return padded / real if real else 1.0

    def _arrays(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        texts = [self.texts[row] for row in rows]
        return tuple(array for block in self.blocks for array in _listed(block, texts))

    def _unlike(
        self, first: tuple[np.ndarray, ...], second: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, ...]:
        # Keras on TensorFlow takes an axis for fixed if it is the same in the first two batches.
        free = [(0, *(size is None for size in shape)) for shape in self._shapes]
        widths = [
            [(0, int(axis and a == b)) for axis, a, b in zip(axes, x.shape, y.shape, strict=True)]
            for axes, x, y in zip(free, first, second, strict=True)
        ]
        return tuple(np.pad(array, width) for array, width in zip(second, widths, strict=True))

    def _plan(self) -> None:
        if not self.shuffle:
            self._batches = self._parted(np.arange(len(self.texts)))
            return
        jitter = self._random.uniform(0, _JITTER, len(self.texts))
        self._batches = self._parted(np.argsort(self._lengths + jitter, kind="stable"))
        self._random.shuffle(self._batches)

    def _parted(self, order: np.ndarray) -> list[np.ndarray]:
        return [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]

    def _warn_of_cuts(self) -> None:
        maxlen = self._shapes[0][0]
        cut = 0 if maxlen is None else int(np.sum(self._lengths > maxlen))
        if cut:
            warnings.warn(
                f"{cut} of {len(self.texts)} texts have more than {maxlen} tokens, and are cut: "
                "give the blocks a larger maximum, or None for the longest text of each batch",
                stacklevel=3,
            )

    def _count_tokens(self) -> list[int]:
        if not self.texts or not isinstance(self.texts[0], str):
            return [len(text) for text in self.texts]
        tokenizer = self.blocks[0].leaves[0]._tokenizer
        return [len(tokens) for tokens in tokenize(self.texts, tokenizer)]

    def _check_targets(self) -> None:
        if self.targets is None:
            return
        if len(self.targets) != len(self.texts):
            raise ValueError(
                f"expected a target for each of {len(self.texts)} texts, got {len(self.targets)}"
            )
        if not self._by_token:
            return
        for position, (tags, length) in enumerate(zip(self.targets, self._lengths, strict=True)):
            if np.ndim(tags) != 1 or len(tags) != length or np.min(tags, initial=0) < 0:
                raise ValueError(
                    f"expected {length} tag ids for the {length} tokens of text {position}, got "
                    f"{preview(tags)}: give each token the id of one tag, or pass an array if "
                    "targets are for whole texts"
                )


def _as_inputs(arrays: tuple[np.ndarray, ...]) -> Any:
    return arrays if len(arrays) > 1 else arrays[0]


def _check_blocks(blocks: list[Any]) -> None:
    for block in blocks:
        if not isinstance(block, Feature):
            raise TypeError(
                f"expected a block or a list of blocks, got {preview(block)} "
                f"({type(block).__name__})"
            )
    lengths = [shape.shape[0] for block in blocks for shape in _input_shapes(block)]
    if not lengths or len(set(lengths)) > 1:
        raise ValueError(
            f"expected blocks that read the same number of words, got the maxima {lengths} of "
            f"{[type(block).__name__ for block in blocks]}: give them the same maximum, or None"
        )


def _listed(block: Feature, texts: Sequence[Text]) -> list[np.ndarray]:
    arrays = block.preprocess_texts(texts)
    return arrays if isinstance(arrays, list) else [arrays]


def _input_shapes(block: Feature) -> list[ModelIOShape]:
    return block.inputs_shape if isinstance(block.inputs_shape, list) else [block.inputs_shape]


def _are_by_token(targets: Any) -> bool:
    if targets is None or isinstance(targets, np.ndarray):
        return False
    return any(np.ndim(target) == 1 for target in targets)
