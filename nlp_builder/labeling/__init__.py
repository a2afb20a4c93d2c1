"""Tagging: ready-made taggers, from a model's output to tags, and from tags to scores."""

from nlp_builder.labeling.base_model import BaseLabelingModel
from nlp_builder.labeling.entities import Entity, entities_of
from nlp_builder.labeling.highlight import Highlighted, highlight
from nlp_builder.labeling.ready_made import (
    READY_MADE,
    BiGRU_CRF_Model,
    BiGRU_Model,
    BiLSTM_CRF_Model,
    BiLSTM_Model,
    CNN_LSTM_Model,
)
from nlp_builder.labeling.scores import EntityReport, entity_report, token_report
from nlp_builder.labeling.tagging import predict_tags, stream_tags

# The names that Kashgari had at other times.
ABCLabelingModel = BaseLabelingModel
BLSTMModel = BiLSTM_Model

__all__ = [
    "READY_MADE",
    "ABCLabelingModel",
    "BLSTMModel",
    "BaseLabelingModel",
    "BiGRU_CRF_Model",
    "BiGRU_Model",
    "BiLSTM_CRF_Model",
    "BiLSTM_Model",
    "CNN_LSTM_Model",
    "Entity",
    "EntityReport",
    "Highlighted",
    "entities_of",
    "entity_report",
    "highlight",
    "predict_tags",
    "stream_tags",
    "token_report",
]
