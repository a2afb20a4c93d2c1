"""Keras layers for texts that are tensors already; no layer here knows of words."""

from nlp_builder.layers.crf import CRF, CRFLoss, decode
from nlp_builder.layers.digest import Digest
from nlp_builder.layers.linear_chain import log_likelihood, log_partition, sequence_score
from nlp_builder.layers.masked_embedding import MaskedEmbedding
from nlp_builder.layers.masking import MaskedConcatenate, PaddingMask, first_step_open
from nlp_builder.layers.viterbi import viterbi

__all__ = [
    "CRF",
    "CRFLoss",
    "Digest",
    "MaskedConcatenate",
    "MaskedEmbedding",
    "PaddingMask",
    "decode",
    "first_step_open",
    "log_likelihood",
    "log_partition",
    "sequence_score",
    "viterbi",
]
