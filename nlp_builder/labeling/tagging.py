"""From a model that ends in a CRF to the tags of texts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import keras

from nlp_builder.batching import Batches
from nlp_builder.features import KerasWrapper
from nlp_builder.layers import CRF
from nlp_builder.text import TagAlphabet
from nlp_builder.text.checks import preview


def predict_tags(
    model: keras.Model | KerasWrapper, batches: Batches, alphabet: TagAlphabet | Sequence[str]
) -> list[list[str]]:
    """Predict the best tags of each text by Viterbi's algorithm, batch by batch.

    Args:
        model: a Keras model whose output is the chain that a `CRF` layer returns,
            (batch, words + tags + 2, tags + 1); or a `KerasWrapper` of such a model. The
            constraints of that layer are obeyed.
        batches: the texts; their targets, if they have any, are not looked at.
        alphabet: the tags by their ids; or a list of them, in the order of their ids.

    Returns:
        A list of tags for each text, in the order of the texts. It is as long as the text, or as
        the blocks' maximum if that is less.

    Raises:
        TypeError: if `batches` or `alphabet` is something else.
        ValueError: if the model does not end in a CRF, its tags are not as many as the alphabet's,
            or it tags padding, since its CRF has no mask.

    Warns:
        UserWarning: once, if a text has fewer tags than tokens, since it is cut.

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
    return list(_of_tokens(tags, batches, stacklevel=3))


def stream_tags(
    model: keras.Model | KerasWrapper, batches: Batches, alphabet: TagAlphabet | Sequence[str]
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

    Warns:
        UserWarning: as `predict_tags`.

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
    return _of_tokens(tags, batches, stacklevel=2)


def _of_tokens(
    tags: Iterable[list[str]], batches: Batches, *, stacklevel: int
) -> Iterator[list[str]]:
    """Refuse tags of padding, which a CRF without a mask takes for words; warn of a cut."""
    is_told = False
    for number, row in enumerate(tags):
        # (inputs,), of which one may count characters where the tags are those of words
        counts = batches.num_steps[:, number].tolist()
        if len(row) > max(counts):
            raise ValueError(
                f"expected no more tags than tokens, got {len(row)} for text {number}, which has "
                f"{max(counts)}: the CRF has no mask, so that padding changes what "
                "it finds; hand it in, CRF(num_tags)(scores, mask=block.mask)"
            )
        if not is_told and len(row) not in counts:
            _warn_of_a_cut(number, len(row), counts, stacklevel + 1)
            is_told = True
        yield row


def _warn_of_a_cut(number: int, num_tags: int, counts: list[int], stacklevel: int) -> None:
    num_tokens = min(count for count in counts if count > num_tags)
    warnings.warn(
        f"expected a tag for each token, got {num_tags} for the {num_tokens} tokens of text "
        f"{number}, the first of the texts that are cut: give the blocks a larger maximum, or None",
        stacklevel=stacklevel,
    )


def _batches(batches: Any) -> Batches:
    if not isinstance(batches, Batches):
        raise TypeError(
            f"expected Batches(blocks, texts), got {preview(batches)} ({type(batches).__name__})"
        )
    return batches


def _alphabet(tags: Any) -> TagAlphabet:
    if isinstance(tags, TagAlphabet):
        return tags
    if not isinstance(tags, Sequence):
        raise TypeError(
            "expected a TagAlphabet, or a list of its tags in the order of their ids, got "
            f"{preview(tags)} ({type(tags).__name__})"
        )
    return TagAlphabet(tags)


def _tags_of(
    model: keras.Model | KerasWrapper, tags: TagAlphabet | Sequence[str]
) -> Callable[[Any], list[list[str]]]:
    alphabet = _alphabet(tags)
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
