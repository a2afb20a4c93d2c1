"""From a model that ends in a CRF to the tags of texts."""

from __future__ import annotations

from typing import Any

import keras

from nlp_builder.batching import Batches
from nlp_builder.layers.crf import decode
from nlp_builder.text import TagAlphabet


def predict_tags(model: keras.Model, batches: Batches, alphabet: TagAlphabet) -> list[list[str]]:
    """Predict the best tags of each text by Viterbi's algorithm, batch by batch.

    Args:
        model: a Keras model whose output is the chain that a `CRF` layer returns,
            (batch, words + tags + 2, tags + 1).
        batches: the texts; their targets, if they have any, are not looked at.
        alphabet: the tags by their ids.

    Returns:
        A list of tags for each text, in the order of the texts. It is as long as the text, or as
        the blocks' maximum if that is less.

    Raises:
        ValueError: if the model's tags are not as many as the alphabet's.
    """

    def tags_of(inputs: Any) -> list[list[str]]:
        chain = model.predict_on_batch(inputs)
        _check(chain.shape[-1] - 1, alphabet)
        tags, lengths = decode(chain)
        return [alphabet.tags_of(row[:length]) for row, length in zip(tags, lengths, strict=True)]

    return batches.in_order(tags_of)


def _check(num_tags: int, alphabet: TagAlphabet) -> None:
    if num_tags != len(alphabet):
        raise ValueError(
            f"the model knows {num_tags} tags and the alphabet {len(alphabet)}: hand in the "
            "alphabet that the model was trained with"
        )
