"""How `train` makes a tagger: its blocks, its graph and its optimizer."""

from __future__ import annotations

import argparse
import math

import keras

from nlp_builder import labeling
from nlp_builder.cli.train import LEARNING_RATE
from nlp_builder.features import (
    CharPerWordEmbeddingSequence,
    Feature,
    PreTrainedWordEmbeddingSequence,
    RNNDigest,
)
from nlp_builder.labeling import BaseLabelingModel
from nlp_builder.models.embedding import default_embedding

_CHARACTERS, _WORD_MAXLEN = 25, 20
_LAST_RATE, _CLIPNORM = 0.02, 5.0


def new_model(
    options: argparse.Namespace, texts: list[list[str]], tags: list[list[str]]
) -> BaseLabelingModel:
    """Make a tagger, ready for `fit`.

    Args:
        options: of `train`.
        texts: the tokens of each text.
        tags: the tags of each text.

    Returns:
        The model, compiled.
    """
    kind: type[BaseLabelingModel] = getattr(labeling, options.model)
    model = kind(
        blocks_of(options),
        hyper_parameters=_hyper_parameters(kind, options),
        random_seed=options.seed,
    )
    model.build_model(texts, tags)
    model.compile_model(optimizer=optimizer_of(options, len(texts)))
    return model


def blocks_of(options: argparse.Namespace) -> list[Feature]:
    """Make the blocks that read words, and their characters.

    Args:
        options: of `train`.

    Returns:
        One or two blocks.

    Raises:
        OSError: if vectors cannot be read.
        ValueError: likewise.
    """
    seed = options.seed
    words: Feature
    if options.vectors is None:
        (words,) = default_embedding(None, seed).blocks
    else:
        words = PreTrainedWordEmbeddingSequence(
            options.vectors, None, None, lowercase=not options.cased
        )
    if options.no_characters:
        return [words]
    characters = CharPerWordEmbeddingSequence(
        None, _CHARACTERS, None, _WORD_MAXLEN, random_state=seed
    )
    return [words, RNNDigest(characters, _CHARACTERS, "lstm", bidirectional=True, random_seed=seed)]


def optimizer_of(options: argparse.Namespace, num_texts: int) -> keras.optimizers.Optimizer:
    """Make Adam with a rate that falls along a cosine, and averaged weights.

    Args:
        options: of `train`.
        num_texts: to train on.

    Returns:
        The optimizer.
    """
    steps = math.ceil(num_texts / options.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(
        options.learning_rate or LEARNING_RATE, steps * options.epochs, alpha=_LAST_RATE
    )
    return keras.optimizers.Adam(
        rate, clipnorm=_CLIPNORM, use_ema=True, ema_momentum=max(1 - 2 / steps, 0.0)
    )


def _hyper_parameters(
    kind: type[BaseLabelingModel], options: argparse.Namespace
) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name, arguments in kind.get_default_hyper_parameters().items():
        if "rate" in arguments:
            found[name] = {"rate": options.dropout}
        elif "return_sequences" in arguments:
            found[name] = {"units": options.units}
    return found
