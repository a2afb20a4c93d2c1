"""Outputs of a block from ids, where the digests of words that came before are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias, final

import keras
import numpy as np

from nlp_builder.features import tree
from nlp_builder.features.batch_outputs import BatchOutputs
from nlp_builder.features.composition import Composition
from nlp_builder.features.feature import Feature
from nlp_builder.features.known_rows import KnownRows
from nlp_builder.features.shapes import Connection, TextSlot

# The name of the text that a part reads, and the part.
_Part: TypeAlias = tuple[str | None, Feature]


@final
class DigestedWords:
    """Computes the output of a block from the ids of a batch, and keeps the digests of its words.

    Texts have the same words again and again. What the block makes of each word alone, such as an
    `RNNDigest` of its characters, is computed when the word comes for the first time, and once more
    when a weight that it depends on has changed: all of them are compared at each call. On JAX,
    where each number of new words would be compiled anew, nothing is kept.

    Args:
        block: built, with one output.
        most: the largest number of words that are kept; when there are more, all are forgotten.

    Example:
        >>> from nlp_builder.features import CharPerWordEmbeddingSequence, KerasWrapper, RNNDigest
        >>> digest = RNNDigest(CharPerWordEmbeddingSequence(None, 4, None), 2, "gru")
        >>> words = keras.Input((None, 2))
        >>> block = KerasWrapper(digest, keras.Model(words, words * 2.0)).build([["a", "b"]])
        >>> ids = block.preprocess_texts([["a", "b", "a"], ["b"]])
        >>> bool(np.allclose(DigestedWords(block)(ids), block(ids), atol=1e-6))
        True
    """

    def __init__(self, block: Composition, most: int = 2**15) -> None:
        self.graph: keras.Model = block._built()
        """The graph that is computed otherwise."""
        parts = {} if keras.backend.backend() == "jax" else _parts_by_slot(block)
        self._known = {
            slot: KnownRows([part for _, part in its], most) for slot, its in parts.items()
        }
        self._numbers = {slot: number for number, slot in enumerate(block.slots)}
        self._whole = BatchOutputs(self.graph)
        self._rest = BatchOutputs(self._rest_of(block, parts)) if parts else self._whole

    def __call__(self, ids: Any) -> np.ndarray:
        """Compute the output.

        Args:
            ids: int32, the inputs of the block, for a batch.

        Returns:
            float32, what the graph of the block returns for them.
        """
        arrays = keras.tree.flatten(ids)
        if any(0 in array.shape for array in arrays):
            return np.asarray(self._whole(arrays))
        made = [
            array
            for slot, known in self._known.items()
            for array in known(arrays[self._numbers[slot]])
        ]
        return np.asarray(self._rest([*arrays, *made]))

    def _rest_of(self, block: Composition, parts: dict[TextSlot, list[_Part]]) -> keras.Model:
        """Return the graph from ids, and what is made of distinct rows of them, to the output."""
        ids = {slot: keras.Input(slot.block._ids_shape(), dtype="int32") for slot in block.slots}
        inputs: list[Any] = [*ids.values()]
        done: dict[Any, list[Connection]] = {}
        for slot, known in self._known.items():
            places = keras.Input(slot.block._ids_shape()[:-1], dtype="int32")
            given = [
                keras.Input(tensor.shape[1:], dtype=tensor.dtype) for tensor in known.tensors()
            ]
            inputs += [places, *given]
            for key, found in zip(parts[slot], known.made_of(given), strict=True):
                done[key] = [tree.at_places(connection, places) for connection in found]
        (output,) = tree.connect(block, ids, done)
        return keras.Model(inputs, output.outputs)


def _parts_by_slot(block: Composition) -> dict[TextSlot, list[_Part]]:
    """List the largest parts that look at rows of ids, by what reads these."""
    found: dict[TextSlot, list[_Part]] = {}
    for text, part in dict.fromkeys(_parts(None, block)):
        (slot,) = part.slots
        found.setdefault(TextSlot(tree.name_of(slot, text), slot.block), []).append((text, part))
    return found


def _parts(text: str | None, block: Feature) -> Iterator[_Part]:
    if block.reads and block._looks_at_rows(training=False):
        yield text, block
        return
    for source in block.reads:
        yield from _parts(tree.name_of(source, text), source.block)
