"""Streams of texts for `fit_generator` of ready-made models."""

from nlp_builder.models.streams import CorpusGenerator

__all__ = ["CorpusGenerator"]
