"""Batches of texts for Keras' own fit, evaluate and predict; one is in memory at a time."""

from nlp_builder.features.batching.batches import Batches
from nlp_builder.features.batching.blocks import ReadsTexts, count_rows
from nlp_builder.features.batching.buffered import (
    StreamBatches,
    examples_of,
    require_again,
    without_end,
)
from nlp_builder.features.batching.labels import require_count
from nlp_builder.features.batching.planned import PlannedBatches
from nlp_builder.features.batching.predicting import predict_texts
from nlp_builder.features.batching.streams import is_stream, quiet_end, require_steps, stream

__all__ = [
    "Batches",
    "PlannedBatches",
    "ReadsTexts",
    "StreamBatches",
    "count_rows",
    "examples_of",
    "is_stream",
    "predict_texts",
    "quiet_end",
    "require_again",
    "require_count",
    "require_steps",
    "stream",
    "without_end",
]
