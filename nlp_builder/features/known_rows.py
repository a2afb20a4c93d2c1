"""What blocks make of rows of ids, such as digests of words, kept for the next time they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import keras
import numpy as np

from nlp_builder.features import tree
from nlp_builder.features.batch_outputs import BatchOutputs
from nlp_builder.features.feature import Feature
from nlp_builder.features.shapes import Connection


@final
class KnownRows:
    """Computes what blocks make of the distinct rows of a batch, each row once as long as it can.

    Args:
        parts: built blocks that look at rows of the same ids.
        most: the largest number of rows that are kept; when there are more, all are forgotten.

    Example:
        >>> from nlp_builder.features import CharPerWordEmbeddingSequence, RNNDigest
        >>> digest = RNNDigest(CharPerWordEmbeddingSequence(None, 4, None), 2, "gru")
        >>> known = KnownRows([digest.build([["a", "b"]])])
        >>> places, digests, mask = known(digest.preprocess_texts([["a", "b", "a"], ["b"]]))
        >>> places.tolist(), digests.shape, mask[:, 0].tolist()
        ([[0, 1, 0], [1, 2, 2]], (3, 1, 2), [True, True, False])
    """

    def __init__(self, parts: Sequence[Feature], most: int = 2**15) -> None:
        *leading, size = parts[0].slots[0].block._ids_shape()
        rows = keras.Input((*_ones([None, *leading]), size), dtype="int32")
        self._parts = [
            tree.connect(part, {part.slots[0]: rows}, rows_are_distinct=True) for part in parts
        ]
        self._graph = keras.Model(rows, self.tensors())
        self._outputs = BatchOutputs(self._graph)
        self._most = most
        # Weights, and what was made with them.
        self._kept: tuple[list[np.ndarray], dict[bytes, list[np.ndarray]]] = ([], {})

    def tensors(self) -> list[Any]:
        """List what is computed, symbolically.

        Returns:
            The outputs of each part, each with its mask if there is one, (distinct, 1, ...).
        """
        return [t for found in self._parts for pair in found for t in pair if t is not None]

    def made_of(self, tensors: Sequence[Any]) -> list[list[Connection]]:
        """Tell which tensors belong together.

        Args:
            tensors: one for each of `tensors`.

        Returns:
            The outputs and masks of each part.
        """
        rest = iter(tensors)
        return [
            [Connection(next(rest), None if pair.mask is None else next(rest)) for pair in found]
            for found in self._parts
        ]

    def __call__(self, ids: np.ndarray) -> list[np.ndarray]:
        """Find distinct rows, and compute what is not known of them.

        Args:
            ids: int32 (batch, ..., ids), of which there are some.

        Returns:
            The number of the row at each place, int32 (batch, ...), and an array for each of
            `tensors`, (distinct, 1, ...).
        """
        *leading, size = ids.shape
        # (rows, ids), and each row as a single value of so many bytes
        rows = np.ascontiguousarray(ids, "int32").reshape(-1, size)
        keys = rows.view(f"V{4 * size}")[:, 0].tolist()
        made = self._made_of([*dict.fromkeys(keys)], (*_ones(leading), size))
        numbers = {key: number for number, key in enumerate(made)}
        places = np.fromiter(map(numbers.__getitem__, keys), "int32", len(keys))
        return [places.reshape(leading), *map(np.stack, zip(*made.values(), strict=True))]

    def _made_of(self, keys: list[bytes], shape: tuple[int, ...]) -> dict[bytes, list[np.ndarray]]:
        known = self._still_known()
        # Another thread may add to what is known, and never takes from it.
        found = {key: known[key] for key in keys if key in known}
        new = [key for key in keys if key not in found]
        if new:
            rows = np.frombuffer(b"".join(new), "int32").reshape(len(new), *shape)
            arrays = zip(*self._computed(rows), strict=True)
            added = {key: [*its] for key, its in zip(new, arrays, strict=True)}
            if len(known) + len(added) > self._most:
                self._kept = (self._kept[0], known := {})
            if len(added) <= self._most:
                known |= added
            found |= added
        return found

    def _still_known(self) -> dict[bytes, list[np.ndarray]]:
        # Copies, since on PyTorch an array may be the memory of a variable.
        weights = [np.array(keras.ops.convert_to_numpy(v)) for v in self._graph.variables]
        before, known = self._kept
        if len(before) != len(weights) or not all(map(np.array_equal, weights, before)):
            self._kept = (weights, known := {})
        return known

    def _computed(self, rows: np.ndarray) -> list[np.ndarray]:
        return [np.asarray(a) for a in keras.tree.flatten(self._outputs([rows]))]


def _ones(leading: Sequence[Any]) -> tuple[int, ...]:
    """Return an axis of one for each axis behind the batch."""
    return (1,) * (len(leading) - 1)
