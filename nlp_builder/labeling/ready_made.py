"""The ready-made taggers."""

from __future__ import annotations

from typing import Any, ClassVar, final

import keras

from nlp_builder.labeling.base_model import BaseLabelingModel
from nlp_builder.layers import CRF, GRU, LSTM, MaskedConv1D
from nlp_builder.models.graphs import (
    bidirectional,
    embedded,
    known_layer,
    model_to,
    recurrent_defaults,
    recurrent_kinds,
)
from nlp_builder.models.hyper_parameters import HyperParameters, LayerKind, LayerKinds

_SCORES = LayerKind(keras.layers.Dense, decided=("units",))
_SOFTMAX_KINDS = {
    "layer_time_distributed": _SCORES,
    "layer_activation": LayerKind(keras.layers.Activation, decided=("dtype",)),
}
_CRF_KINDS = {
    "layer_time_distributed": _SCORES,
    "layer_crf": LayerKind(CRF, decided=("constraints", "num_tags")),
}


@final
class BiLSTM_Model(BaseLabelingModel):
    """A bidirectional LSTM, and a softmax over the tags of each word: see `BaseLabelingModel`.

    Example:
        >>> list(BiLSTM_Model.get_default_hyper_parameters()["layer_blstm"].items())
        [('units', 128), ('return_sequences', True)]
    """

    layer_kinds: ClassVar[LayerKinds] = {**recurrent_kinds("layer_blstm", LSTM), **_SOFTMAX_KINDS}

    @classmethod
    def get_default_hyper_parameters(cls) -> HyperParameters:
        """Return arguments of Dropout, LSTM, Dropout, Dense and Activation."""
        return {**recurrent_defaults("layer_blstm", return_sequences=True), **_softmax_defaults()}

    def build_model_arc(self) -> None:
        """Stitch the graph."""
        self.tf_model = _softmax(self, _both_ways(self, "layer_blstm"))


@final
class BiLSTM_CRF_Model(BaseLabelingModel):
    """A bidirectional LSTM and a CRF: see `BaseLabelingModel`.

    Source: Z. Huang, W. Xu and K. Yu, "Bidirectional LSTM-CRF models for sequence tagging", 2015,
    https://arxiv.org/abs/1508.01991.

    Example:
        >>> list(BiLSTM_CRF_Model.get_default_hyper_parameters())[-1]
        'layer_crf'
    """

    layer_kinds: ClassVar[LayerKinds] = {**recurrent_kinds("layer_blstm", LSTM), **_CRF_KINDS}

    @classmethod
    def get_default_hyper_parameters(cls) -> HyperParameters:
        """Return arguments of Dropout, LSTM, Dropout, Dense and CRF."""
        return {**recurrent_defaults("layer_blstm", return_sequences=True), **_crf_defaults()}

    def build_model_arc(self) -> None:
        """Stitch the graph."""
        self.tf_model = _crf(self, _both_ways(self, "layer_blstm"))


@final
class BiGRU_Model(BaseLabelingModel):
    """A bidirectional GRU, and a softmax over the tags of each word: see `BaseLabelingModel`.

    Example:
        >>> BiGRU_Model.get_default_hyper_parameters()["layer_bgru"]["units"]
        128
    """

    layer_kinds: ClassVar[LayerKinds] = {**recurrent_kinds("layer_bgru", GRU), **_SOFTMAX_KINDS}

    @classmethod
    def get_default_hyper_parameters(cls) -> HyperParameters:
        """Return arguments of Dropout, GRU, Dropout, Dense and Activation."""
        return {**recurrent_defaults("layer_bgru", return_sequences=True), **_softmax_defaults()}

    def build_model_arc(self) -> None:
        """Stitch the graph."""
        self.tf_model = _softmax(self, _both_ways(self, "layer_bgru"))


@final
class BiGRU_CRF_Model(BaseLabelingModel):
    """A bidirectional GRU and a CRF: see `BaseLabelingModel`.

    Example:
        >>> BiGRU_CRF_Model.get_default_hyper_parameters()["layer_dropout"]
        {'rate': 0.4}
    """

    layer_kinds: ClassVar[LayerKinds] = {**recurrent_kinds("layer_bgru", GRU), **_CRF_KINDS}

    @classmethod
    def get_default_hyper_parameters(cls) -> HyperParameters:
        """Return arguments of Dropout, GRU, Dropout, Dense and CRF."""
        return {**recurrent_defaults("layer_bgru", return_sequences=True), **_crf_defaults()}

    def build_model_arc(self) -> None:
        """Stitch the graph."""
        self.tf_model = _crf(self, _both_ways(self, "layer_bgru"))


@final
class CNN_LSTM_Model(BaseLabelingModel):
    """A convolution over the words, an LSTM, and a softmax: see `BaseLabelingModel`.

    Example:
        >>> CNN_LSTM_Model.get_default_hyper_parameters()["layer_conv"]["kernel_size"]
        3
    """

    layer_kinds: ClassVar[LayerKinds] = {
        "layer_conv": LayerKind(MaskedConv1D),
        **recurrent_kinds("layer_lstm", LSTM),
        **_SOFTMAX_KINDS,
    }

    @classmethod
    def get_default_hyper_parameters(cls) -> HyperParameters:
        """Return arguments of Dropout, Conv1D, LSTM, Dropout, Dense and Activation."""
        convolution = {"filters": 32, "kernel_size": 3, "padding": "same", "activation": "relu"}
        recurrent = recurrent_defaults("layer_lstm", return_sequences=True)
        return {"layer_conv": convolution, **recurrent, **_softmax_defaults()}

    def build_model_arc(self) -> None:
        """Stitch the graph."""
        # (batch, words, filters)
        features = known_layer(self, "layer_conv")(embedded(self))
        # (batch, words, units)
        words = known_layer(self, "layer_lstm")(features)
        self.tf_model = _softmax(self, known_layer(self, "layer_dropout")(words))


READY_MADE: tuple[type[BaseLabelingModel], ...] = (
    BiGRU_CRF_Model,
    BiGRU_Model,
    BiLSTM_CRF_Model,
    BiLSTM_Model,
    CNN_LSTM_Model,
)
"""All of them: the classes that a file may name."""


def _softmax_defaults() -> HyperParameters:
    return {"layer_time_distributed": {}, "layer_activation": {"activation": "softmax"}}


def _crf_defaults() -> HyperParameters:
    return {"layer_time_distributed": {}, "layer_crf": {}}


def _both_ways(model: BaseLabelingModel, name: str) -> Any:
    # (batch, words, 2 units)
    words = bidirectional(model, name)(embedded(model))
    return known_layer(model, "layer_dropout")(words)


def _scores(model: BaseLabelingModel, words: Any) -> Any:
    # (batch, words, tags)
    return known_layer(model, "layer_time_distributed", units=len(model.processor))(words)


def _softmax(model: BaseLabelingModel, words: Any) -> keras.Model:
    activation = known_layer(model, "layer_activation", dtype="float32")
    return model_to(model, activation(_scores(model, words)))


def _crf(model: BaseLabelingModel, words: Any) -> keras.Model:
    crf = known_layer(
        model, "layer_crf", num_tags=len(model.processor), constraints=model.constraints
    )
    return model_to(model, crf(_scores(model, words)))
