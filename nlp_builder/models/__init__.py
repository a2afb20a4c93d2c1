"""What ready-made models of both families have in common."""

from nlp_builder.models.callbacks import EvalCallBack, SaveBest
from nlp_builder.models.embedding import Embedding
from nlp_builder.models.labels import Labels
from nlp_builder.models.streams import CorpusGenerator
from nlp_builder.models.text_model import TextModel

__all__ = ["CorpusGenerator", "Embedding", "EvalCallBack", "Labels", "SaveBest", "TextModel"]
