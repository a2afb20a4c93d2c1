"""The ready-made classifiers."""

from __future__ import annotations

from typing import Any, ClassVar, final

import keras

from nlp_builder.classification.base_model import BaseClassificationModel
from nlp_builder.layers import (
    GRU,
    LSTM,
    AttentionPooling,
    MaskedConcatenate,
    MaskedConv1D,
    MaskedMaxPooling,
)
from nlp_builder.models.graphs import (
    EMBEDDING_DROPOUT,
    bidirectional,
    embedded,
    known_layer,
    model_to,
    recurrent_defaults,
    recurrent_kinds,
)
from nlp_builder.models.hyper_parameters import HyperParameters, LayerKind, LayerKinds

_WIDTHS = (3, 4, 5)
_CONVOLUTION, _DROPOUT = LayerKind(MaskedConv1D), LayerKind(keras.layers.Dropout)
_OUTPUT = LayerKind(keras.layers.Dense, decided=("activation", "dtype", "units"))


@final
class BiLSTM_Model(BaseClassificationModel):
    """The last states of a bidirectional LSTM: see `BaseClassificationModel`.

    Example:
        >>> BiLSTM_Model.get_default_hyper_parameters()["layer_bi_lstm"]["units"]
        128
    """

    layer_kinds: ClassVar[LayerKinds] = {
        **recurrent_kinds("layer_bi_lstm", LSTM),
        "layer_output": _OUTPUT,
    }

    @classmethod
    def get_default_hyper_parameters(cls) -> HyperParameters:
        """Return arguments of Dropout, LSTM, Dropout and Dense."""
        return {**recurrent_defaults("layer_bi_lstm", return_sequences=False), "layer_output": {}}

    def build_model_arc(self) -> None:
        """Stitch the graph."""
        text = bidirectional(self, "layer_bi_lstm")(embedded(self))
        self.tf_model = _softmax(self, text)


@final
class BiGRU_Model(BaseClassificationModel):
    """The last states of a bidirectional GRU: see `BaseClassificationModel`.

    Example:
        >>> BiGRU_Model.get_default_hyper_parameters()["layer_bi_gru"]["units"]
        128
    """

    layer_kinds: ClassVar[LayerKinds] = {
        **recurrent_kinds("layer_bi_gru", GRU),
        "layer_output": _OUTPUT,
    }

    @classmethod
    def get_default_hyper_parameters(cls) -> HyperParameters:
        """Return arguments of Dropout, GRU, Dropout and Dense."""
        return {**recurrent_defaults("layer_bi_gru", return_sequences=False), "layer_output": {}}

    def build_model_arc(self) -> None:
        """Stitch the graph."""
        text = bidirectional(self, "layer_bi_gru")(embedded(self))
        self.tf_model = _softmax(self, text)


@final
class CNN_Model(BaseClassificationModel):
    """A convolution, its largest values, and a hidden layer: see `BaseClassificationModel`.

    Source: Y. Kim, "Convolutional neural networks for sentence classification", EMNLP 2014,
    https://aclanthology.org/D14-1181.

    Example:
        >>> CNN_Model.get_default_hyper_parameters()["conv1d_layer"]["filters"]
        128
    """

    layer_kinds: ClassVar[LayerKinds] = {
        EMBEDDING_DROPOUT: _DROPOUT,
        "conv1d_layer": _CONVOLUTION,
        "max_pool_layer": LayerKind(MaskedMaxPooling),
        "dense_layer": LayerKind(keras.layers.Dense),
        "layer_dropout": _DROPOUT,
        "layer_output": _OUTPUT,
    }

    @classmethod
    def get_default_hyper_parameters(cls) -> HyperParameters:
        """Return arguments of Dropout, Conv1D, pooling, Dense, Dropout and Dense."""
        return {
            EMBEDDING_DROPOUT: {"rate": 0.0},
            "conv1d_layer": _convolution(5),
            "max_pool_layer": {},
            "dense_layer": {"units": 64, "activation": "relu"},
            "layer_dropout": {"rate": 0.4},
            "layer_output": {},
        }

    def build_model_arc(self) -> None:
        """Stitch the graph."""
        # (batch, words, filters)
        features = known_layer(self, "conv1d_layer")(embedded(self))
        text = known_layer(self, "max_pool_layer")(features)
        self.tf_model = _softmax(self, known_layer(self, "dense_layer")(text))


@final
class CNN_Attention_Model(BaseClassificationModel):
    """Convolutions of several widths, and attention over the words: see `BaseClassificationModel`.

    Example:
        >>> CNN_Attention_Model.get_default_hyper_parameters()["cnn_4_layer"]["kernel_size"]
        4
    """

    layer_kinds: ClassVar[LayerKinds] = {
        EMBEDDING_DROPOUT: _DROPOUT,
        **{f"cnn_{width}_layer": _CONVOLUTION for width in _WIDTHS},
        "attention_layer": LayerKind(AttentionPooling),
        "layer_dropout": _DROPOUT,
        "layer_output": _OUTPUT,
    }

    @classmethod
    def get_default_hyper_parameters(cls) -> HyperParameters:
        """Return arguments of Dropout, three Conv1D, attention, Dropout and Dense."""
        return {
            EMBEDDING_DROPOUT: {"rate": 0.0},
            **{f"cnn_{width}_layer": _convolution(width) for width in _WIDTHS},
            "attention_layer": {"units": 64},
            "layer_dropout": {"rate": 0.4},
            "layer_output": {},
        }

    def build_model_arc(self) -> None:
        """Stitch the graph."""
        words = embedded(self)
        features = [known_layer(self, f"cnn_{width}_layer")(words) for width in _WIDTHS]
        # (batch, words, 3 filters)
        joined = MaskedConcatenate(name="joined")(features)
        self.tf_model = _softmax(self, known_layer(self, "attention_layer")(joined))


READY_MADE: tuple[type[BaseClassificationModel], ...] = (
    BiGRU_Model,
    BiLSTM_Model,
    CNN_Attention_Model,
    CNN_Model,
)
"""All of them: the classes that a file may name."""


def _convolution(width: int) -> dict[str, Any]:
    return {"filters": 128, "kernel_size": width, "padding": "same", "activation": "relu"}


def _softmax(model: BaseClassificationModel, text: Any) -> keras.Model:
    dropped = known_layer(model, "layer_dropout")(text)
    output = known_layer(
        model,
        "layer_output",
        units=len(model.processor),
        activation="softmax",
        dtype="float32",
    )
    return model_to(model, output(dropped))
