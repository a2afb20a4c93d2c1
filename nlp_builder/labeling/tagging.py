"""From a model that ends in a CRF to the tags of texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras

from nlp_builder.batching import Batches
from nlp_builder.features import KerasWrapper
from nlp_builder.layers import CRF
from nlp_builder.text import TagAlphabet
from nlp_builder.text.checks import preview


def predict_tags(
    model: keras.Model | KerasWrapper, batches: Batches, alphabet: TagAlphabet
) -> list[list[str]]:
    """Predict the best tags of each text by Viterbi's algorithm, batch by batch.

    Args:
        model: a Keras model whose output is the chain that a `CRF` layer returns,
            (batch, words + tags + 2, tags + 1); or a `KerasWrapper` of such a model. The
            constraints of that layer are obeyed.
        batches: the texts; their targets, if they have any, are not looked at.
        alphabet: the tags by their ids.

    Returns:
        A list of tags for each text, in the order of the texts. It is as long as the text, or as
        the blocks' maximum if that is less.

    Raises:
        TypeError: if `batches` is something else.
        ValueError: if the model does not end in a CRF, its tags are not as many as the alphabet's,
            or it tags padding, since its CRF has no mask.

    Example:
        >>> from nlp_builder import CRF, CharPerWordEmbeddingSequence, RNNDigest
        >>> texts, alphabet = [["Ada", "wrote"], ["Ada"]], TagAlphabet(["O", "B-PER"])
        >>> characters = CharPerWordEmbeddingSequence(None, 4, word_maxlen=None)
        >>> words = RNNDigest(characters, 4, "gru").build(texts)
        >>> chain = CRF(2)(keras.layers.Dense(2)(words.outputs), mask=words.mask)
        >>> tags = predict_tags(keras.Model(words.inputs, chain), Batches(words, texts), alphabet)
        >>> [len(row) for row in tags]
        [2, 1]
    """
    tags = _batches(batches).in_order(_tags_of(model, alphabet))
    return list(_of_tokens(tags, batches))


def stream_tags(
    model: keras.Model | KerasWrapper, batches: Batches, alphabet: TagAlphabet
) -> Iterator[list[str]]:
    """Predict the best tags of each text as `predict_tags` does, and keep none of them.

    Args:
        model: as for `predict_tags`.
        batches: as for `predict_tags`.
        alphabet: as for `predict_tags`.

    Returns:
        An iterator over a list of tags for each text, in the order of the texts.

    Raises:
        TypeError: as `predict_tags`.
        ValueError: as `predict_tags`.

    Example:
        >>> from nlp_builder import CRF, CharPerWordEmbeddingSequence, RNNDigest
        >>> texts, alphabet = [["Ada", "wrote"], ["Ada"]], TagAlphabet(["O", "B-PER"])
        >>> characters = CharPerWordEmbeddingSequence(None, 4, word_maxlen=None)
        >>> words = RNNDigest(characters, 4, "gru").build(texts)
        >>> chain = CRF(2)(keras.layers.Dense(2)(words.outputs), mask=words.mask)
        >>> batches = Batches(words, texts, shuffle=False)
        >>> tags = stream_tags(keras.Model(words.inputs, chain), batches, alphabet)
        >>> [len(row) for row in tags]
        [2, 1]
    """
    tags = _batches(batches).stream(_tags_of(model, alphabet))
    return _of_tokens(tags, batches)


def _of_tokens(tags: Iterable[list[str]], batches: Batches) -> Iterator[list[str]]:
    """Refuse tags of padding, which a CRF without a mask takes for words."""
    for number, row in enumerate(tags):
        if len(row) > batches.num_tokens[number]:
            raise ValueError(
                f"expected no more tags than tokens, got {len(row)} for text {number}, which has "
                f"{batches.num_tokens[number]}: the CRF has no mask, so that padding changes what "
                "it finds; hand it in, CRF(num_tags)(scores, mask=block.mask)"
            )
        yield row


def _batches(batches: Any) -> Batches:
    if not isinstance(batches, Batches):
        raise TypeError(
            f"expected Batches(blocks, texts), got {preview(batches)} ({type(batches).__name__})"
        )
    return batches


def _tags_of(
    model: keras.Model | KerasWrapper, alphabet: TagAlphabet
) -> Callable[[Any], list[list[str]]]:
    if isinstance(model, KerasWrapper):
        crf, chain_of = _crf_of(model.wrapped_model), model
    else:
        crf, chain_of = _crf_of(model), model.predict_on_batch
    if crf.num_tags != len(alphabet):
        raise ValueError(
            f"the model knows {crf.num_tags} tags and the alphabet {len(alphabet)}: hand in the "
            "alphabet that the model was trained with"
        )

    def tags_of(inputs: Any) -> list[list[str]]:
        chain = chain_of(inputs)
        tags, _ = crf.decode(chain)
        lengths = crf.lengths(chain)
        return [alphabet.tags_of(row[:length]) for row, length in zip(tags, lengths, strict=True)]

    return tags_of


def _crf_of(model: keras.Model) -> CRF:
    outputs = getattr(model, "outputs", None) or []
    layer = outputs[0]._keras_history.operation if len(outputs) == 1 else None
    if not isinstance(layer, CRF):
        raise ValueError(
            f"expected a model whose only output is that of a CRF layer, got {model.name!r} with "
            f"the outputs {[output.shape for output in outputs]}: make one, "
            "keras.Model(inputs, chain)"
        )
    return layer
