"""The door to batches of texts for models that are written by hand.

They stand among the blocks, which train on them too.
"""

from nlp_builder.features.batching import Batches, StreamBatches

__all__ = ["Batches", "StreamBatches"]
