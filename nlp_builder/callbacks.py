"""Callbacks of ready-made models; all of Keras' own work beside them."""

from nlp_builder.models.callbacks import EvalCallBack, SaveBest

__all__ = ["EvalCallBack", "SaveBest"]
