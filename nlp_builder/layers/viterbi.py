"""The best tag sequence of a linear chain, on NumPy arrays and on tensors.

Only the scores of the best beginnings are kept; the way back is found by asking again which tag led
to the chosen one. Source: A. J. Viterbi, "Error bounds for convolutional codes and an
asymptotically optimum decoding algorithm", 1967; L. R. Rabiner, "A tutorial on hidden Markov
models", 1989, section III.B.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from nlp_builder.layers.backends import at_least, compiled, extreme, first_slice, scan
from nlp_builder.layers.forward_backward import LOWEST
from nlp_builder.layers.linear_chain import sequence_score
from nlp_builder.layers.scores import Scores, arrays_of, scores

_TEXTS_AT_ONCE = 512  # the candidates of so many texts stay in the processor's cache


def viterbi(
    potentials: Any, transitions: Any, *, start: Any = None, end: Any = None, mask: Any = None
) -> tuple[Any, Any]:
    """Finds the tag sequence with the highest score.

    A transition, start or end of minus infinity is never taken while another way exists. Source:
    Viterbi 1967; Rabiner 1989, section III.B.

    Args:
        potentials: `(batch, words, tags)`; a NumPy array is decoded by NumPy.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded; or lengths `(batch,)`; or None.

    Returns:
        Tags, int32 `(batch, words)`, 0 at padding; and their scores, float `(batch,)`. NumPy arrays
        if `potentials` is one. Of equal sequences one is chosen.

    Raises:
        ValueError: If the shapes do not fit each other.

    Example:
        >>> tags, score = viterbi(np.array([[[1.0, 0.0], [0.0, 2.0]]]), np.zeros((2, 2)))
        >>> tags.tolist(), score.tolist()
        ([[0, 1]], [3.0])
    """
    if isinstance(potentials, np.ndarray):
        transitions, start, end, mask = map(_array, (transitions, start, end, mask))
    chain = scores(potentials, transitions, start=start, end=end, mask=mask)
    xp = arrays_of(chain.potentials)
    # Kept finite, so that no sum of potentials equals a forbidden transition.
    chain = chain._replace(potentials=xp.clip(chain.potentials, LOWEST, -LOWEST))
    tags = _decode_arrays(chain) if xp is np else _decode_tensors(chain)
    edges = {"start": chain.start, "end": chain.end, "mask": chain.mask}
    return tags, sequence_score(chain.potentials, tags, chain.transitions, **edges)


def _array(part: Any) -> Any:
    if part is None or isinstance(part, np.ndarray | list | tuple):
        return part
    # PyTorch gives the values of a variable only by way of a tensor.
    return ops.convert_to_numpy(ops.convert_to_tensor(part))


def _decode_arrays(chain: Scores) -> Any:
    """Decodes with NumPy, texts of like length together; returns `(batch, words)`."""
    # (batch,)
    lengths = chain.mask.sum(axis=1).astype(np.int64)
    tags = np.zeros(chain.mask.shape, dtype=np.int32)
    longest_first = np.argsort(-lengths, kind="stable")
    for first in range(0, len(lengths), _TEXTS_AT_ONCE):
        texts = longest_first[first : first + _TEXTS_AT_ONCE]
        words = int(lengths[texts[0]])
        if words:
            part = chain._replace(potentials=chain.potentials[texts, :words])
            tags[texts, :words] = _decode_sorted(part, lengths[texts])
    return tags


def _decode_sorted(chain: Scores, lengths: Any) -> Any:
    """Decodes texts, the longest first; at each word only those that reach it take part."""
    # (words, tags, texts): the texts innermost, where NumPy is fast
    potentials = np.ascontiguousarray(chain.potentials.transpose(1, 2, 0))
    words = len(potentials)
    # (words,): texts that have this word
    active = np.searchsorted(-lengths, -np.arange(words), side="left")
    best = np.empty_like(potentials)
    best[0] = chain.start[:, None] + potentials[0]
    # (tags from, tags to, 1)
    transitions = chain.transitions[:, :, None]
    for word in range(1, words):
        texts = active[word]
        before = best[word - 1, :, :texts]
        before = before - at_least(before.max(axis=0), LOWEST)
        # (tags, texts)
        arrived = (before[:, None, :] + transitions).max(axis=0)
        best[word, :, :texts] = arrived + potentials[word, :, :texts]
        best[word, :, texts:] = best[word - 1, :, texts:]
    return _way_back(chain, best, active)


def _way_back(chain: Scores, best: Any, active: Any) -> Any:
    words, _, texts = best.shape
    tags = np.zeros((words, texts), dtype=np.int32)
    # (texts,)
    tag = (best[-1] + chain.end[:, None]).argmax(axis=0)
    for word in range(words - 1, 0, -1):
        reached = active[word]
        tags[word, :reached] = tag[:reached]
        before = best[word - 1, :, :reached]
        before = before - at_least(before.max(axis=0), LOWEST)
        # (texts, tags)
        arrived = before.T + chain.transitions.T[tag[:reached]]
        tag[:reached] = arrived.argmax(axis=1)
    tags[0, : active[0]] = tag[: active[0]]
    return tags.T


@compiled()
def _decode_tensors(chain: Scores) -> Any:
    """Decodes with `keras.ops`; returns `(batch, words)`."""
    # (words, batch, tags + 1): one tensor, since Keras' scan over several wants a known length
    words = ops.concatenate([chain.potentials, chain.mask[..., None]], axis=-1)
    words = ops.transpose(words, (1, 0, 2))
    # (tags to, tags from)
    arriving = ops.transpose(chain.transitions)

    def onward(best: Any, word: Any) -> tuple[Any, Any]:
        best = best - at_least(extreme(ops.max, best, axis=-1, keepdims=True), LOWEST)
        # (batch, tags)
        arrived = extreme(ops.max, best[:, None, :] + arriving, axis=-1) + word[:, :-1]
        # Handed on as they came in, so that the way back compares the same numbers.
        return ops.where(word[:, -1:] > 0, arrived, best), best

    def back(tag: Any, word: Any) -> tuple[Any, Any]:
        came = ops.argmax(word[:, :-1] + ops.take(arriving, tag, axis=0), axis=-1)
        return ops.where(word[:, -1] > 0, ops.cast(came, "int32"), tag), tag

    # (words - 1, batch, tags)
    begun = chain.start + first_slice(words, axis=0)[:, :-1]
    last, best = scan(onward, begun, words[1:])
    tag = ops.cast(ops.argmax(last + chain.end, axis=-1), "int32")
    best = ops.concatenate([best, words[1:, :, -1:]], axis=-1)
    first, later = scan(back, tag, best, reverse=True)
    tags = ops.transpose(ops.concatenate([first[None], later], axis=0))
    return ops.where(chain.mask > 0, tags, 0)
