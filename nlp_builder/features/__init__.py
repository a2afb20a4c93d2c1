"""Blocks: corpus-fitted doors from texts to Keras tensors."""

from nlp_builder.features.characters import CharEmbeddingSequence, CharPerWordEmbeddingSequence
from nlp_builder.features.chunks import PerChunkSequencer
from nlp_builder.features.fasttext_words import FasttextEmbeddingSequence
from nlp_builder.features.feature import Feature
from nlp_builder.features.keras_wrapper import KerasWrapper
from nlp_builder.features.mapping import MappingEmbedding
from nlp_builder.features.representation import TextRepresentation
from nlp_builder.features.rnn_digest import RNNDigest
from nlp_builder.features.shapes import ModelIOShape
from nlp_builder.features.trainable_words import TrainableWordEmbeddingSequence
from nlp_builder.features.words import PreTrainedWordEmbeddingSequence

__all__ = [
    "CharEmbeddingSequence",
    "CharPerWordEmbeddingSequence",
    "FasttextEmbeddingSequence",
    "Feature",
    "KerasWrapper",
    "MappingEmbedding",
    "ModelIOShape",
    "PerChunkSequencer",
    "PreTrainedWordEmbeddingSequence",
    "RNNDigest",
    "TextRepresentation",
    "TrainableWordEmbeddingSequence",
]
