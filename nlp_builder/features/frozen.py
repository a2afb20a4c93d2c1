"""Which layers of a block training may move, frozen and thawed as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import keras


class Trainability:
    """What was trainable before anything was frozen: whole models keep their frozen parts.

    Args:
        layers: layers and models, with their weights.
    """

    def __init__(self, layers: Iterable[keras.layers.Layer]) -> None:
        self._layers = [layer for root in layers for layer in _outer_first(root)]
        self._flags = [bool(layer.trainable) for layer in self._layers]

    @property
    def flags(self) -> list[bool]:
        """Whether each layer was trainable, in the order in which models hold their layers."""
        return self._flags

    @flags.setter
    def flags(self, flags: Sequence[bool]) -> None:
        if len(flags) != len(self._layers) or not all(isinstance(flag, bool) for flag in flags):
            raise ValueError(f"expected {len(self._layers)} times true or false, got {flags!r}")
        self._flags = list(flags)

    def apply(self, *, frozen: bool) -> None:
        """Freeze all layers, or let them be as they were.

        Args:
            frozen: whether no weight may be moved.
        """
        # A model hands its setting down, so that the inner layers come after it.
        for layer, trainable in zip(self._layers, self._flags, strict=True):
            layer.trainable = trainable and not frozen


def _outer_first(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    yield layer
    for part in getattr(layer, "_layers", ()):
        yield from _outer_first(part)
