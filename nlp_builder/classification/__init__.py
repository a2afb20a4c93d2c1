"""Classification: ready-made classifiers of texts."""

from nlp_builder.classification.base_model import BaseClassificationModel
from nlp_builder.classification.ready_made import (
    READY_MADE,
    BiGRU_Model,
    BiLSTM_Model,
    CNN_Attention_Model,
    CNN_Model,
)

# The names that Kashgari had at other times.
ABCClassificationModel = BaseClassificationModel
BLSTMModel = BiLSTM_Model

__all__ = [
    "READY_MADE",
    "ABCClassificationModel",
    "BLSTMModel",
    "BaseClassificationModel",
    "BiGRU_Model",
    "BiLSTM_Model",
    "CNN_Attention_Model",
    "CNN_Model",
]
