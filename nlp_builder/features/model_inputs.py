"""How blocks fit the inputs of a Keras model, and what is wrong where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras

from nlp_builder.features.shapes import ModelIOShape
from nlp_builder.text.checks import preview

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature
    from nlp_builder.layers import Folded

_Shape = tuple[int | None, ...]


def checked_model(model: Any) -> keras.Model:
    """Refuse what is no Keras model with a defined input.

    Args:
        model: what was given.

    Returns:
        The model.

    Raises:
        TypeError: if it is none of Keras.
        ValueError: if its input is not defined.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(
            "KerasWrapper expects a Keras model, got "
            f"{preview(model)} ({type(model).__name__}): to put blocks on blocks, list them as "
            "inputs; a layer goes into keras.Sequential([keras.Input(shape), layer])"
        )
    try:
        defined = bool(model.inputs)
    except (AttributeError, ValueError):
        defined = False
    if not defined:
        raise ValueError(
            f"KerasWrapper expects a model with a defined input, got {model.name!r} without: begin "
            "it with keras.Input(shape), or make a functional model, keras.Model(inputs, outputs)"
        )
    return model


def fitted(
    sources: Sequence[tuple[Feature, ModelIOShape]], model: keras.Model
) -> tuple[list[_Shape], int]:
    """Find out which shapes go into a model, and along how many axes it is applied.

    Args:
        sources: each output that is read, with the block that it comes from.
        model: functional or sequential.

    Returns:
        A shape without the batch axis for each input of the model, and the number of axes that the
        blocks have before those that the model expects.

    Raises:
        ValueError: if numbers or shapes do not fit.
    """
    expected = [tuple(tensor.shape)[1:] for tensor in model.inputs]
    if len(expected) == 1 and len(sources) > 1:
        shapes = [_joined(sources)]
        owners = [" and ".join(repr(block) for block, _ in sources)]
    else:
        shapes = [shape.shape for _, shape in sources]
        owners = [repr(block) for block, _ in sources]
    if len(shapes) != len(expected):
        raise ValueError(
            f"KerasWrapper got {len(shapes)} outputs of blocks for the {len(expected)} inputs "
            f"{expected} of {model.name!r}: {owners}; give a block for each input, or a model of "
            "one input, which reads all of them concatenated"
        )
    leading = [len(shape) - len(wanted) for shape, wanted in zip(shapes, expected, strict=True)]
    if len(set(leading)) > 1 or min(leading) < 0:
        raise ValueError(
            f"KerasWrapper cannot apply {model.name!r}, which reads {expected}, to {owners}: every "
            "input must have as many axes as the model expects, or all of them the same number "
            "more"
        )
    for owner, shape, wanted in zip(owners, shapes, expected, strict=True):
        _require_fit(owner, shape, wanted, leading[0], model.name)
    if len({shape[: leading[0]] for shape in shapes}) > 1:
        raise ValueError(
            f"KerasWrapper cannot go along {[shape[: leading[0]] for shape in shapes]} at once: "
            f"give {owners} the same lengths"
        )
    return shapes, leading[0]


def _joined(sources: Sequence[tuple[Feature, ModelIOShape]]) -> _Shape:
    shapes = [shape.shape for _, shape in sources]
    if len({shape[:-1] for shape in shapes}) > 1 or not all(shapes):
        raise ValueError(
            "KerasWrapper concatenates blocks for a model of one input, which needs all axes but "
            f"the last to be equal: got {[block for block, _ in sources]!r}; give them the same "
            "lengths, digest the deeper one first, or take a model with an input for each"
        )
    return (*shapes[0][:-1], sum(int(shape[-1] or 0) for shape in shapes))


def _require_fit(owner: str, shape: _Shape, wanted: _Shape, leading: int, model: str) -> None:
    for size, expected in zip(shape[leading:], wanted, strict=True):
        if expected is not None and size != expected:
            remedy = (
                "give the block a maximum length"
                if size is None
                else "give the model a keras.Input of the block's shape, or None where any will do"
            )
            raise ValueError(
                f"{model!r} expects {wanted}, and {owner} gives {shape[leading:]}: {remedy}"
            )


def outputs_of(folded: Folded, shapes: Sequence[_Shape], model: keras.Model) -> list[ModelIOShape]:
    """Find out what a model makes of its inputs.

    Args:
        folded: the model, applied along leading axes.
        shapes: of its inputs, without the batch axis.
        model: the model itself.

    Returns:
        A shape for each output.
    """
    tensors = [
        keras.KerasTensor((None, *shape), tensor.dtype)
        for shape, tensor in zip(shapes, model.inputs, strict=True)
    ]
    outputs = folded.compute_output_spec(arranged(tensors, model))
    return [
        ModelIOShape(tuple(output.shape)[1:], str(output.dtype))
        for output in keras.tree.flatten(outputs)
    ]


def arranged(tensors: list[Any], model: keras.Model) -> Any:
    """Put tensors into the structure in which a model takes its inputs.

    Args:
        tensors: one for each input, in the order of `model.inputs`.
        model: functional or sequential.

    Returns:
        One tensor, a list or a dict of them.
    """
    if isinstance(model, keras.Sequential):
        return tensors[0]
    return keras.tree.pack_sequence_as(model.input, tensors)


def output_names(model: keras.Model) -> list[str]:
    """Name the outputs of a model, each by another name.

    Args:
        model: functional or sequential.

    Returns:
        The keys of a dict of outputs; else Keras' names, with a number where one comes again.
    """
    if isinstance(model, keras.Sequential):
        return [model.name]
    if isinstance(model.output, dict):
        return sorted(model.output)
    names: list[str] = []
    for name in model.output_names:
        times = sum(known.rpartition("_")[0] == name or known == name for known in names)
        names.append(name if name not in names else f"{name}_{times + 1}")
    return names


def ends_linear(model: keras.Model) -> bool:
    """Tell whether the first output of a model may be any numbers.

    Args:
        model: functional or sequential.

    Returns:
        True if the activation of the last layer is linear.
    """
    last = model.outputs[0]._keras_history.operation
    inner = last.layer if isinstance(last, keras.layers.TimeDistributed) else last
    return getattr(inner, "activation", None) is keras.activations.linear
