"""Outputs of a block that digests words, with each distinct word of a batch digested once."""

from __future__ import annotations

from typing import Any, final

import keras
import numpy as np
from keras import ops

from nlp_builder.features import tree
from nlp_builder.features.characters import CharPerWordEmbeddingSequence
from nlp_builder.features.composition import Composition
from nlp_builder.features.feature import Feature
from nlp_builder.features.rnn_digest import RNNDigest
from nlp_builder.features.shapes import Connection, Slot, TextSlot


@final
class DistinctWords:
    """Computes the output of a block from the ids of a batch.

    Where the block reads an `RNNDigest` of the characters of words, each distinct word of the batch
    is digested once, and not at each of its places: most of the time of a tagger goes there. The
    weights are those of the block, at any time.

    Args:
        block: built, with one output.

    Example:
        >>> from nlp_builder.features import KerasWrapper
        >>> digest = RNNDigest(CharPerWordEmbeddingSequence(None, 4, None), 2, "gru")
        >>> words = keras.Input((None, 2))
        >>> block = KerasWrapper(digest, keras.Model(words, words * 2.0)).build([["a", "b"]])
        >>> ids = block.preprocess_texts([["a", "b", "a"], ["b"]])
        >>> bool(np.allclose(DistinctWords(block)(ids), block(ids), atol=1e-6))
        True
    """

    def __init__(self, block: Composition) -> None:
        digests = [source for source in block.reads if _digests_words(source.block)]
        others = {s for source in block.reads if source not in digests for s in _slots(source)}
        digests = [source for source in digests if not others & {*_slots(source)}]
        self.graph: keras.Model = block._built()
        """The graph that is computed otherwise."""
        self._numbers: set[int] = set()
        self._by_word = self.graph
        # On JAX each number of distinct words would be compiled anew.
        if digests and keras.backend.backend() != "jax":
            of_digests = {slot for source in digests for slot in _slots(source)}
            self._numbers = {n for n, slot in enumerate(block.slots) if slot in of_digests}
            self._by_word = _by_word(block, digests, of_digests)

    def __call__(self, ids: Any) -> np.ndarray:
        """Compute the output.

        Args:
            ids: int32, the inputs of the block, for a batch.

        Returns:
            float32, what the graph of the block returns for them.
        """
        arrays: list[np.ndarray] = []
        for number, array in enumerate(keras.tree.flatten(ids)):
            arrays += _distinct(array) if number in self._numbers else [array]
        return np.asarray(self._by_word.predict_on_batch(arrays))


def _digests_words(block: Feature) -> bool:
    return (
        isinstance(block, RNNDigest)
        and not block.return_sequences
        and all(type(part) is CharPerWordEmbeddingSequence for part in block.blocks)
        and len(block.slots) == 1
    )


def _slots(source: Slot) -> list[TextSlot]:
    return [
        TextSlot(slot.text if slot.text is not None else source.text, slot.block)
        for slot in source.block.slots
    ]


def _by_word(block: Composition, digests: list[Slot], of_digests: set[TextSlot]) -> keras.Model:
    inputs: list[Any] = []
    ids: dict[TextSlot, Any] = {}
    places: dict[TextSlot, Any] = {}
    for slot in block.slots:
        words, *chars = slot.block._ids_shape()
        # (batch, words), or (distinct words, 1, chars) and where they stand, (batch, words)
        ids[slot] = keras.Input(
            (1, *chars) if slot in of_digests else (words, *chars), dtype="int32"
        )
        inputs.append(ids[slot])
        if slot in of_digests:
            places[slot] = keras.Input((words,), dtype="int32")
            inputs.append(places[slot])
    done: dict[Any, list[Connection]] = {
        (source.text, source.block): _placed(source, ids, places) for source in digests
    }
    (output,) = tree.connect(block, ids, done)
    return keras.Model(inputs, output.outputs)


def _placed(
    source: Slot, ids: dict[TextSlot, Any], places: dict[TextSlot, Any]
) -> list[Connection]:
    """Digest distinct words, and put the results where the words stand."""
    (slot,) = _slots(source)
    (inner,) = source.block.slots
    (found,) = tree.connect(source.block, {inner: ids[slot]})
    # (batch, words, units) and (batch, words)
    outputs = ops.take(ops.squeeze(found.outputs, 1), places[slot], axis=0)
    return [Connection(outputs, ops.take(ops.squeeze(found.mask, 1), places[slot], axis=0))]


def _distinct(ids: np.ndarray) -> list[np.ndarray]:
    """Return the distinct words, (distinct, 1, chars), and where they stand, (batch, words)."""
    *places, chars = ids.shape
    # (batch * words, chars)
    rows = np.ascontiguousarray(ids).reshape(-1, chars)
    # Rows as single values of so many bytes.
    whole = rows.view(np.dtype((np.void, rows.dtype.itemsize * chars)))[:, 0]
    _, first, inverse = np.unique(whole, return_index=True, return_inverse=True)
    return [rows[first][:, None], inverse.reshape(places).astype("int32")]
