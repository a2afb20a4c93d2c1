"""Tagging: from a model's output to tags, and from tags to scores."""

from nlp_builder.labeling.scores import EntityReport, entity_report, token_report
from nlp_builder.labeling.tagging import predict_tags

__all__ = ["EntityReport", "entity_report", "predict_tags", "token_report"]
