"""Batches of texts for Keras' own fit, evaluate and predict; one is in memory at a time."""

from nlp_builder.features.batching.batches import Batches
from nlp_builder.features.batching.blocks import ReadsTexts
from nlp_builder.features.batching.predicting import predict_texts
from nlp_builder.features.batching.streams import is_stream, quiet_end, require_steps, stream

__all__ = [
    "Batches",
    "ReadsTexts",
    "is_stream",
    "predict_texts",
    "quiet_end",
    "require_steps",
    "stream",
]
