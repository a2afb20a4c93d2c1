"""Linear-chain conditional random fields: scores, likelihoods and best sequences.

Pure functions on tensors of any Keras backend, float32 inside (float64 for float64 potentials);
NumPy arrays alone give NumPy arrays. The score of tags y_1 .. y_n is start[y_1] + sum of
potentials[t, y_t] + sum of transitions[y_t, y_(t+1)] + end[y_n]. Source: J. Lafferty, A. McCallum
and F. Pereira, "Conditional random fields", ICML 2001.

Masks are right-padded: words first, padding behind. Potentials and tags at padding may be anything.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nlp_builder.layers.backends import at_least, compiled, extreme, first_slice, taken
from nlp_builder.layers.forward_backward import (
    LOWEST,
    Beliefs,
    forward_backward,
    last_words,
    pair_sums,
)
from nlp_builder.layers.scores import Scores, arrays_of, check_tags, like, scores


def sequence_score(
    potentials: Any,
    tags: Any,
    transitions: Any,
    *,
    start: Any = None,
    end: Any = None,
    mask: Any = None,
) -> Any:
    """Scores given tag sequences.

    Source: Lafferty et al. 2001, section 3.

    Args:
        potentials: `(batch, words, tags)`.
        tags: int `(batch, words)`; anything at padding.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded; or lengths `(batch,)`; or None.

    Returns:
        `(batch,)`; 0 for a text without words, NaN for tensors with a tag that is none at a word.

    Raises:
        ValueError: If the shapes do not fit each other, or an array has a tag that is none.

    Example:
        >>> potentials = ops.convert_to_tensor([[[1.0, 0.0], [0.0, 2.0]]])
        >>> float(sequence_score(potentials, [[0, 1]], [[0.0, 10.0], [0.0, 0.0]])[0])
        13.0
    """
    return _sequence_score(scores(potentials, transitions, start=start, end=end, mask=mask), tags)


def log_partition(
    potentials: Any, transitions: Any, *, start: Any = None, end: Any = None, mask: Any = None
) -> Any:
    """Computes the logarithm of the sum of exp(score) over all tag sequences.

    The gradient comes from forward-backward and is the marginal probabilities; it cannot be
    differentiated again. Source: Sutton and McCallum 2012, section 4.1.

    Args:
        potentials: `(batch, words, tags)`.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded; or lengths `(batch,)`; or None.

    Returns:
        `(batch,)`; 0 for a text without words.

    Raises:
        ValueError: If the shapes do not fit each other.

    Example:
        >>> round(float(ops.exp(log_partition(ops.zeros((1, 4, 3)), ops.zeros((3, 3)))[0])))
        81
    """
    given = scores(potentials, transitions, start=start, end=end, mask=mask)
    chain, offset = shifted(given)
    return like(given.potentials, _log_partition(*chain)[0] + offset)


def log_likelihood(
    potentials: Any,
    tags: Any,
    transitions: Any,
    *,
    start: Any = None,
    end: Any = None,
    mask: Any = None,
) -> Any:
    """Computes the logarithm of the probability of given tag sequences.

    Scores are shifted before they are summed, so that large potentials cost no precision. Source:
    Lafferty et al. 2001; Sutton and McCallum 2012, section 5.1.

    Args:
        potentials: `(batch, words, tags)`.
        tags: int `(batch, words)`; anything at padding.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded; or lengths `(batch,)`; or None.

    Returns:
        `(batch,)`, at most 0; 0 for a text without words, NaN for tensors with a tag that is none
        at a word.

    Raises:
        ValueError: If the shapes do not fit each other, or an array has a tag that is none.

    Example:
        >>> value = log_likelihood(ops.zeros((1, 2, 2)), [[0, 1]], ops.zeros((2, 2)))
        >>> round(float(ops.exp(value[0])), 3)
        0.25
    """
    edges = {"start": start, "end": end, "mask": mask}
    return log_likelihood_and_beliefs(potentials, tags, transitions, **edges)[0]


def log_likelihood_and_beliefs(
    potentials: Any,
    tags: Any,
    transitions: Any,
    *,
    start: Any = None,
    end: Any = None,
    mask: Any = None,
) -> tuple[Any, Any]:
    """Computes what `log_likelihood` does, and hands out what else its loop has found.

    Args:
        potentials: `(batch, words, tags)`.
        tags: int `(batch, words)`; anything at padding.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded; or lengths `(batch,)`; or None.

    Returns:
        The log-likelihood, `(batch,)`, and how probable each tag of a word is beside its others,
        `(batch, words, tags)`, which is not normalised, has no gradient, and means nothing at
        padding; None on other backends than TensorFlow.

    Raises:
        ValueError: If the shapes do not fit each other, or an array has a tag that is none.

    Example:
        >>> potentials = ops.convert_to_tensor([[[1.0, 0.0], [0.0, 2.0]]])
        >>> _, joint = log_likelihood_and_beliefs(potentials, [[0, 0]], ops.zeros((2, 2)))
        >>> ops.convert_to_numpy(ops.argmax(joint, axis=-1)).tolist()
        [[0, 1]]
    """
    given = scores(potentials, transitions, start=start, end=end, mask=mask)
    if arrays_of(given.potentials) is np:
        known_tags(given, np.asarray(tags))
    chain, _ = shifted(given)
    log_partition, joint = _log_partition(*chain)
    likelihood = _sequence_score(chain, tags) - log_partition
    return like(given.potentials, likelihood), joint


def _sequence_score(chain: Scores, tags: Any) -> Any:
    check_tags(tags, chain.potentials)
    xp = arrays_of(chain.potentials)
    tags = np.asarray(tags, "int32") if xp is np else ops.cast(tags, "int32")
    batch, words, size = xp.shape(chain.potentials)
    # (batch,)
    known = known_tags(chain, tags)
    # (batch, words): one flat look-up is faster than one along an axis
    tags = xp.where(chain.mask > 0, xp.clip(tags, 0, size - 1), 0)
    cells = xp.reshape(xp.arange(batch * words, dtype="int32") * size, (batch, words)) + tags
    chosen = taken(xp.reshape(chain.potentials, (-1,)), cells)
    # (batch, words - 1)
    pairs = taken(xp.reshape(chain.transitions, (-1,)), tags[:, :-1] * size + tags[:, 1:])
    # (batch,)
    length = xp.sum(chain.mask, axis=1)
    final = xp.sum(xp.where(last_words(chain.mask) > 0, tags, 0), axis=1)
    edges = taken(chain.start, first_slice(tags, axis=1)) + taken(chain.end, final)
    total = (
        xp.sum(_kept(chosen, chain.mask), axis=1)
        + xp.sum(_kept(pairs, chain.mask[:, 1:]), axis=1)
        + _kept(edges, length)
    )
    # A graph cannot raise: NaN shows where a wrong number would not.
    return xp.where(known, total, float("nan"))


def known_tags(chain: Scores, tags: Any) -> Any:
    """Tells of each text whether its words have tags that there are; arrays must have.

    Args:
        chain: The parts of a chain, for their mask and number of tags.
        tags: int `(batch, words)`.

    Returns:
        bool `(batch,)`.

    Raises:
        ValueError: If the parts are arrays and a word's tag is none.

    Example:
        >>> known_tags(scores(np.zeros((1, 1, 2)), np.zeros((2, 2))), np.array([[1]])).tolist()
        [True]
    """
    xp = arrays_of(chain.potentials)
    size = chain.potentials.shape[-1]
    # (batch,)
    known = xp.all((chain.mask == 0) | ((tags >= 0) & (tags < size)), axis=1)
    if xp is np and not known.all():
        raise ValueError(
            f"Expected tags from 0 to {size - 1} at words, got others in text {known.argmin()}. "
            "Only at padding may tags be anything."
        )
    return known


def _kept(values: Any, mask: Any) -> Any:
    # Minus infinity times the zero of a mask would be NaN.
    xp = arrays_of(values)
    return xp.where(mask > 0, at_least(values, LOWEST), 0.0)


def shifted(chain: Scores) -> tuple[Scores, Any]:
    """Moves the largest of each set of scores to 0; returns what a log-partition lacks by that."""
    chain = Scores(*(ops.convert_to_tensor(part) for part in chain))
    # (batch, words, 1)
    peaks = _peak(chain.potentials, axis=-1)
    moves = [_peak(part) for part in (chain.transitions, chain.start, chain.end)]
    potentials = ops.where(chain.mask[..., None] > 0, chain.potentials - peaks, 0.0)
    scored = (chain.transitions, chain.start, chain.end)
    transitions, start, end = (part - move for part, move in zip(scored, moves, strict=True))
    # (batch,)
    lengths = ops.sum(chain.mask, axis=1)
    offset = ops.sum(_kept(peaks[..., 0], chain.mask), axis=1)
    offset = offset + at_least(lengths - 1, 0.0) * moves[0]
    offset = offset + _kept(moves[1] + moves[2], lengths)
    return Scores(potentials, transitions, start, end, chain.mask), offset


def _peak(values: Any, axis: int | None = None) -> Any:
    peaks = extreme(ops.max, values, axis=axis, keepdims=axis is not None)
    return ops.stop_gradient(at_least(peaks, LOWEST))


@compiled()
def _log_partition(
    potentials: Any, transitions: Any, start: Any, end: Any, mask: Any
) -> tuple[Any, Any]:
    """Returns log-partitions `(batch,)`, and on TensorFlow `joint` of the beliefs, else None."""
    joint = []

    @ops.custom_gradient
    def log_partition(potentials: Any, transitions: Any, start: Any, end: Any, mask: Any) -> Any:
        beliefs = forward_backward(potentials, transitions, start, end, mask)
        joint.append(beliefs.joint)

        def grad(*args: Any, upstream: Any = None) -> tuple[Any, ...]:
            weights = (args[-1] if upstream is None else upstream)[:, None] * mask
            return (*_gradients(beliefs, transitions, mask, weights), ops.zeros_like(mask))

        return beliefs.log_partition, grad

    value = log_partition(potentials, transitions, start, end, mask)
    # JAX lets nothing out of a function but its result.
    return value, ops.stop_gradient(joint[0]) if keras.backend.backend() == "tensorflow" else None


def _gradients(beliefs: Beliefs, transitions: Any, mask: Any, weights: Any) -> tuple[Any, ...]:
    """Returns the expected counts of each potential, transition, start and end."""
    # (batch, words, tags)
    factors = ops.where(mask > 0, weights / beliefs.norm, 0.0)
    counts = beliefs.joint * factors[..., None]
    ends = ops.einsum("bwt,bw->t", counts, last_words(mask))
    pairs = pair_sums(beliefs, transitions, weights)
    return counts, pairs, ops.sum(first_slice(counts, axis=1), axis=0), ends
