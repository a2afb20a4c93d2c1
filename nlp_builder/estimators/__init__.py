"""Classifiers and regressors of scikit-learn that read texts: pipelines, grids, validation."""

from nlp_builder.estimators.classifier import TextClassifier
from nlp_builder.estimators.regressor import TextRegressor

__all__ = ["TextClassifier", "TextRegressor"]
