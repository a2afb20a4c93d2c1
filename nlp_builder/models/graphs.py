"""Pieces of graphs that ready-made models of both families are stitched of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from nlp_builder.features.checks import TRAIN_ANEW
from nlp_builder.features.model_inputs import ends_linear
from nlp_builder.layers import OpenFirstStep
from nlp_builder.models.hyper_parameters import HyperParameters, LayerKind, LayerKinds, layer_of
from nlp_builder.text.checks import preview

if TYPE_CHECKING:
    from nlp_builder.models.text_model import TextModel

EMBEDDING_DROPOUT = "layer_embedding_dropout"


def embedded(model: TextModel) -> Any:
    """Return the vectors of the words, with dropout.

    Args:
        model: one with a layer "layer_embedding_dropout" among its `layer_kinds`.

    Returns:
        (batch, words, dim), with a mask of which each row has a step, as cuDNN wants it.
    """
    vectors = OpenFirstStep(name="safe_mask")(model.embedding.embed_model.output)
    return known_layer(model, EMBEDDING_DROPOUT)(vectors)


def known_layer(model: TextModel, name: str, **decided: Any) -> Any:
    """Make a layer of the class that a model says.

    Args:
        model: one with a layer of that name among its `layer_kinds`.
        name: of the layer.
        **decided: arguments that are no hyper-parameters: those that its kind says.

    Returns:
        The layer.
    """
    return model.layer(model.layer_kinds[name].layer, name, **decided)


def bidirectional(model: TextModel, name: str) -> keras.layers.Layer:
    """Make a recurrent layer that reads both ways, with first weights of its own for each.

    Args:
        model: one with a recurrent layer of that name among its `layer_kinds`.
        name: of the layer.

    Returns:
        The layer.
    """
    forward = known_layer(model, name)
    turned = {**model.hyper_parameters[name], "go_backwards": not forward.go_backwards}
    seed = model.random_seed + len(model.hyper_parameters)
    backward = layer_of(type(forward), f"{name}_backward", turned, seed=seed)
    return keras.layers.Bidirectional(forward, backward_layer=backward, name=f"{name}_both_ways")


def model_to(model: TextModel, output: Any) -> keras.Model:
    """Return the Keras model from the vectors of words to an output.

    Args:
        model: what it belongs to.
        output: a Keras tensor.

    Returns:
        A functional model.
    """
    return keras.Model(model.embedding.embed_model.inputs, output, name=type(model).__name__)


def recurrent_defaults(name: str, *, return_sequences: bool) -> HyperParameters:
    """Return the hyper-parameters of dropout and a recurrent layer.

    Args:
        name: of the recurrent layer.
        return_sequences: a vector for each word.

    Returns:
        Arguments by layer.
    """
    return {
        EMBEDDING_DROPOUT: {"rate": 0.0},
        name: {"units": 128, "return_sequences": return_sequences},
        "layer_dropout": {"rate": 0.4},
    }


def recurrent_kinds(name: str, kind: type[keras.layers.Layer]) -> LayerKinds:
    """Return the classes of the layers of `recurrent_defaults`.

    Args:
        name: of the recurrent layer.
        kind: `LSTM` or `GRU`, ours or Keras' own.

    Returns:
        Classes by layer.
    """
    dropout = LayerKind(keras.layers.Dropout)
    return {EMBEDDING_DROPOUT: dropout, name: LayerKind(kind), "layer_dropout": dropout}


def require_probabilities(model: keras.Model) -> None:
    """Refuse a model whose outputs are any numbers.

    Args:
        model: with one output.

    Raises:
        ValueError: if the activation of its last layer is linear.
    """
    if ends_linear(model):
        name = model.outputs[0]._keras_history.operation.name
        raise ValueError(
            f"expected a model that ends in probabilities, got the linear layer {name!r}: give it "
            'activation="softmax"'
        )


def require_numbers(model: keras.Model, output: np.ndarray) -> np.ndarray:
    """Refuse what a model says whose weights are no numbers.

    Args:
        model: what computed the output.
        output: of a batch. What is not a number in it is looked into alone: at padding it may stand
            in that of a sound model.

    Returns:
        The output.

    Raises:
        ValueError: if the output has what is not a number, and so have the weights.
    """
    if np.isnan(output).any():
        odd = [weight.path for weight in model.weights if not _is_finite(weight)]
        if odd:
            raise ValueError(
                f"the weights {preview(odd, 200)} of the model are not finite, so that it predicts "
                f"nothing: {TRAIN_ANEW}, and look for inputs that are not finite"
            )
    return output


def _is_finite(weight: Any) -> bool:
    values = keras.ops.convert_to_numpy(weight)
    return values.dtype.kind in "iub" or bool(np.isfinite(values.astype("float32")).all())
