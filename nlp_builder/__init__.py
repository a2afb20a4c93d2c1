"""Composable blocks that turn texts into Keras tensors, and the CRF that Keras lacks.

Names are imported when they are first used, so that `nlp_builder.text` works without Keras.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nlp_builder import _registration

if TYPE_CHECKING:
    from nlp_builder.batching import Batches as Batches
    from nlp_builder.contents import inspect as inspect
    from nlp_builder.estimators import TextClassifier as TextClassifier
    from nlp_builder.estimators import TextRegressor as TextRegressor
    from nlp_builder.features import CharEmbeddingSequence as CharEmbeddingSequence
    from nlp_builder.features import CharPerWordEmbeddingSequence as CharPerWordEmbeddingSequence
    from nlp_builder.features import FasttextEmbeddingSequence as FasttextEmbeddingSequence
    from nlp_builder.features import Feature as Feature
    from nlp_builder.features import KerasWrapper as KerasWrapper
    from nlp_builder.features import MappingEmbedding as MappingEmbedding
    from nlp_builder.features import ModelIOShape as ModelIOShape
    from nlp_builder.features import PerChunkSequencer as PerChunkSequencer
    from nlp_builder.features import (
        PreTrainedWordEmbeddingSequence as PreTrainedWordEmbeddingSequence,
    )
    from nlp_builder.features import RNNDigest as RNNDigest
    from nlp_builder.features import TextRepresentation as TextRepresentation
    from nlp_builder.features import (
        TrainableWordEmbeddingSequence as TrainableWordEmbeddingSequence,
    )
    from nlp_builder.files import deserialize as deserialize
    from nlp_builder.files import load as load
    from nlp_builder.labeling import entity_report as entity_report
    from nlp_builder.labeling import predict_tags as predict_tags
    from nlp_builder.labeling import token_report as token_report
    from nlp_builder.layers import CRF as CRF
    from nlp_builder.layers import CRFLoss as CRFLoss
    from nlp_builder.memory import keep_freed_memory as keep_freed_memory
    from nlp_builder.saving import ArchiveError as ArchiveError
    from nlp_builder.saving import Limits as Limits
    from nlp_builder.text import ChineseDailyNerCorpus as ChineseDailyNerCorpus
    from nlp_builder.text import CONLL2003ENCorpus as CONLL2003ENCorpus
    from nlp_builder.text import SMP2018ECDTCorpus as SMP2018ECDTCorpus
    from nlp_builder.text import TagAlphabet as TagAlphabet
    from nlp_builder.text import WNUT17Corpus as WNUT17Corpus
    from nlp_builder.text import load_sample_corpus as load_sample_corpus
    from nlp_builder.text import load_vectors as load_vectors
    from nlp_builder.text import read_columns as read_columns
    from nlp_builder.text import read_json_lines as read_json_lines
    from nlp_builder.text import read_labelled_json_lines as read_labelled_json_lines
    from nlp_builder.text import register_tokenizer as register_tokenizer

__version__ = "0.1.0"

_HOMES = {
    "batching": ["Batches"],
    "contents": ["inspect"],
    "estimators": ["TextClassifier", "TextRegressor"],
    "features": [
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
    ],
    "files": ["deserialize", "load"],
    "labeling": ["entity_report", "predict_tags", "token_report"],
    "layers": ["CRF", "CRFLoss"],
    "memory": ["keep_freed_memory"],
    "saving": ["ArchiveError", "Limits"],
    "text": [
        "CONLL2003ENCorpus",
        "ChineseDailyNerCorpus",
        "SMP2018ECDTCorpus",
        "TagAlphabet",
        "WNUT17Corpus",
        "load_sample_corpus",
        "load_vectors",
        "read_columns",
        "read_json_lines",
        "read_labelled_json_lines",
        "register_tokenizer",
    ],
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)

_registration.when_keras_is_imported()


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
