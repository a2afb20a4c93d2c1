"""Freezing layers as a whole, and thawing them to what they were before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import keras

# What a layer was before it was frozen stands on the layer: several blocks may share it.
_BEFORE = "_trainable_before_freeze"


def freeze(layers: Iterable[keras.layers.Layer]) -> None:
    """Keep training from moving any weight of layers.

    Args:
        layers: layers and models; what is frozen already stays so.
    """
    found = _all(layers)
    for layer in found:
        if not hasattr(layer, _BEFORE):
            setattr(layer, _BEFORE, bool(layer.trainable))
    for layer in found:
        layer.trainable = False


def thaw(layers: Iterable[keras.layers.Layer]) -> None:
    """Let layers be what they were before `freeze`: a model keeps its frozen parts.

    Args:
        layers: layers and models.
    """
    # A model hands its setting down, so that the inner layers come after it.
    for layer in _all(layers):
        if hasattr(layer, _BEFORE):
            layer.trainable = getattr(layer, _BEFORE)
            delattr(layer, _BEFORE)


def trainable_flags(layers: Iterable[keras.layers.Layer]) -> list[bool]:
    """Tell what may be trained, or might be if nothing were frozen.

    Args:
        layers: layers and models.

    Returns:
        A value for each layer, those inside others after them.
    """
    return [bool(getattr(layer, _BEFORE, layer.trainable)) for layer in _all(layers)]


def set_trainable_flags(layers: Iterable[keras.layers.Layer], flags: Sequence[bool]) -> None:
    """Let layers be trained as others were.

    Args:
        layers: layers and models; what is frozen stays so, and is thawed to this.
        flags: what `trainable_flags` returned.

    Raises:
        ValueError: if there is not a boolean for each layer.
    """
    found = _all(layers)
    if len(flags) != len(found) or not all(isinstance(flag, bool) for flag in flags):
        raise ValueError(f"expected {len(found)} times true or false, got {flags!r}")
    for layer, flag in zip(found, flags, strict=True):
        if hasattr(layer, _BEFORE):
            setattr(layer, _BEFORE, flag)
        else:
            layer.trainable = flag


def _all(layers: Iterable[keras.layers.Layer]) -> list[keras.layers.Layer]:
    return list(dict.fromkeys(layer for root in layers for layer in _outer_first(root)))


def _outer_first(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    yield layer
    for part in getattr(layer, "_layers", ()):
        yield from _outer_first(part)
