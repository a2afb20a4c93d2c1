"""Taggers of our own that are quick: scores of each word by itself, and what they learn from."""

from typing import Any

import keras
import numpy as np

from nlp_builder.labeling import BaseLabelingModel
from nlp_builder.layers import CRF
from tests.layers.reference import Chain
from tests.models.table import TAGS, TEXTS


class WordTagger(BaseLabelingModel):
    """A softmax over the tags of each word, which learns `TEXTS` by heart."""

    @classmethod
    def get_default_hyper_parameters(cls) -> dict[str, dict[str, Any]]:
        return {"layer_scores": {}}

    def build_model_arc(self) -> None:
        words = self.embedding.embed_model
        size = len(self.processor)
        scores = self.layer(keras.layers.Dense, "layer_scores", units=size, activation="softmax")
        self.tf_model = keras.Model(words.inputs, scores(words.output))


class WordCRF(BaseLabelingModel):
    """The same with a CRF."""

    @classmethod
    def get_default_hyper_parameters(cls) -> dict[str, dict[str, Any]]:
        return {"layer_scores": {}, "layer_crf": {"transitions_initializer": "random_normal"}}

    def build_model_arc(self) -> None:
        words = self.embedding.embed_model
        size = len(self.processor)
        scores = self.layer(keras.layers.Dense, "layer_scores", units=size)(words.output)
        crf = self.layer(CRF, "layer_crf", num_tags=size, constraints=self.constraints)
        self.tf_model = keras.Model(words.inputs, crf(scores))


def built(
    cls: type[BaseLabelingModel],
    texts: Any = TEXTS,
    tags: Any = TAGS,
    embedding: Any = None,
    optimizer: Any = None,
    **arguments: Any,
) -> Any:
    """A model that is compiled for training without the graph of TensorFlow."""
    model = cls(embedding, **arguments)
    model.build_model(texts, tags)
    model.compile_model(optimizer=optimizer or keras.optimizers.Adam(0.1), run_eagerly=True)
    return model


def learnt(cls: type[BaseLabelingModel], epochs: int = 12, **arguments: Any) -> Any:
    """A model that has learnt `TEXTS` by heart."""
    model = built(cls, **arguments)
    model.fit(TEXTS, TAGS, epochs=epochs, verbose=0)
    return model


def chain_of(model: BaseLabelingModel, texts: Any, tags: Any) -> Chain:
    """What a CRF says of texts, as one large table, from the weights of its layers."""
    maxlen = max(map(len, texts))
    names = {layer.name: layer for layer in model._head().layers}
    crf = names["layer_crf"]
    inner = keras.Model(model._head().inputs, crf.input)
    words = model.embedding.blocks[0]
    vectors = np.zeros((len(texts), maxlen, model.embedding.dimension), "float32")
    for row, text in enumerate(texts):
        if len(text):
            vectors[row, : len(text)] = np.asarray(words(words.preprocess_texts([text])))[0]
    lengths = np.array([len(text) for text in texts])
    mask = np.arange(maxlen) < lengths[:, None]
    numbers = np.full((len(texts), maxlen), -1)
    for row, of_text in enumerate(tags):
        numbers[row, : len(of_text)] = model.processor.numbers(of_text)
    weights = {weight.name: np.asarray(weight) for weight in crf.weights}
    parts = (weights["transitions"], weights["start"], weights["end"])
    return Chain(np.asarray(inner([vectors])), *parts, mask, numbers)
