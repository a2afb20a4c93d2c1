"""Blocks: corpus-fitted doors from texts to Keras tensors."""

from nlp_builder.features.archive import deserialize, load
from nlp_builder.features.characters import CharPerWordEmbeddingSequence
from nlp_builder.features.feature import Feature
from nlp_builder.features.rnn_digest import RNNDigest
from nlp_builder.features.shapes import ModelIOShape
from nlp_builder.features.words import PreTrainedWordEmbeddingSequence

__all__ = [
    "CharPerWordEmbeddingSequence",
    "Feature",
    "ModelIOShape",
    "PreTrainedWordEmbeddingSequence",
    "RNNDigest",
    "deserialize",
    "load",
]
