"""Keras layers for texts that are tensors already; no layer here knows of words."""

from nlp_builder.layers.digest import Digest
from nlp_builder.layers.masked_embedding import MaskedEmbedding
from nlp_builder.layers.masking import MaskedConcatenate, PaddingMask, first_step_open

__all__ = [
    "Digest",
    "MaskedConcatenate",
    "MaskedEmbedding",
    "PaddingMask",
    "first_step_open",
]
