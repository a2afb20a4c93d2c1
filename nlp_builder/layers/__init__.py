"""Keras layers for texts that are tensors already; no layer here knows of words."""

from nlp_builder.layers import keras_layers as L
from nlp_builder.layers.chain import lengths
from nlp_builder.layers.crf import CRF, CRFDecoder
from nlp_builder.layers.deferred import DeferredWeights
from nlp_builder.layers.digest import Digest
from nlp_builder.layers.distinct_rows import DistinctRows, RowsAtPlaces
from nlp_builder.layers.folding import Folded
from nlp_builder.layers.gru import GRU
from nlp_builder.layers.linear_chain import log_likelihood, log_partition, sequence_score
from nlp_builder.layers.lstm import LSTM
from nlp_builder.layers.masked_embedding import MaskedEmbedding
from nlp_builder.layers.masking import (
    MaskedConcatenate,
    OpenFirstStep,
    first_step_open,
    mask_by_vector,
)
from nlp_builder.layers.nbest import nbest
from nlp_builder.layers.objectives import CRFLoss, TagAccuracy
from nlp_builder.layers.partly_frozen import PartlyFrozenEmbedding
from nlp_builder.layers.pooling import AttentionPooling, MaskedConv1D, MaskedMaxPooling
from nlp_builder.layers.posterior import entropy, marginals, pair_marginals, sample
from nlp_builder.layers.time_distributed import TimeDistributed
from nlp_builder.layers.token_likelihood import token_log_likelihood
from nlp_builder.layers.viterbi import viterbi
from nlp_builder.layers.word_accuracy import WordAccuracy

__all__ = [
    "CRF",
    "GRU",
    "LSTM",
    "AttentionPooling",
    "CRFDecoder",
    "CRFLoss",
    "DeferredWeights",
    "Digest",
    "DistinctRows",
    "Folded",
    "L",
    "MaskedConcatenate",
    "MaskedConv1D",
    "MaskedEmbedding",
    "MaskedMaxPooling",
    "OpenFirstStep",
    "PartlyFrozenEmbedding",
    "RowsAtPlaces",
    "TagAccuracy",
    "TimeDistributed",
    "WordAccuracy",
    "entropy",
    "first_step_open",
    "lengths",
    "log_likelihood",
    "log_partition",
    "marginals",
    "mask_by_vector",
    "nbest",
    "pair_marginals",
    "sample",
    "sequence_score",
    "token_log_likelihood",
    "viterbi",
]
