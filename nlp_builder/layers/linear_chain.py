"""Linear-chain conditional random fields: scores, likelihoods and best sequences.

Pure functions on tensors of any Keras backend, float32 inside (float64 for float64 potentials);
NumPy arrays alone give NumPy arrays. The score of tags y_1 .. y_n is start[y_1] + sum of
potentials[t, y_t] + sum of transitions[y_t, y_(t+1)] + end[y_n]. Source: J. Lafferty, A. McCallum
and F. Pereira, "Conditional random fields", ICML 2001.

Masks are right-padded: words first, padding behind. Potentials and tags at padding may be anything.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from nlp_builder.layers.backends import at_least, compiled, extreme, taken
from nlp_builder.layers.forward_backward import (
    LOWEST,
    Beliefs,
    forward_backward,
    last_words,
    pair_sums,
)


class Scores(NamedTuple):
    """The parts of a chain, of one float type, with every default filled in.

    Attributes:
        potentials: `(batch, words, tags)`.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)`.
        end: `(tags,)`.
        mask: `(batch, words)`, 1.0 for words.
    """

    potentials: Any
    transitions: Any
    start: Any
    end: Any
    mask: Any


def scores(
    potentials: Any, transitions: Any, *, start: Any = None, end: Any = None, mask: Any = None
) -> Scores:
    """Checks the parts of a chain and fills in zeros and an all-True mask.

    Args:
        potentials: `(batch, words, tags)`.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)` or None for no padding.

    Returns:
        The parts, float32, or float64 if the potentials are; NumPy arrays if all that is given is
        arrays or lists, else tensors, so that a variable takes its gradient.

    Raises:
        ValueError: If the shapes do not fit each other, or an array has padding before a word
            (tensors are not looked into).

    Example:
        >>> tuple(scores(ops.zeros((2, 5, 3)), ops.zeros((3, 3))).mask.shape)
        (2, 5)
    """
    arrays = all(_is_array(part) for part in (potentials, transitions, start, end, mask))
    make = np.asarray if arrays else ops.convert_to_tensor
    potentials = make(potentials)
    if len(potentials.shape) != 3:
        raise ValueError(
            f"Expected potentials of shape (batch, words, tags), got {tuple(potentials.shape)}."
        )
    exact = keras.backend.standardize_dtype(potentials.dtype) == "float64"
    kind = "float64" if exact else "float32"
    tags = potentials.shape[-1]
    transitions = make(transitions, dtype=kind)
    if tuple(transitions.shape) != (tags, tags):
        raise ValueError(
            f"Expected transitions of shape {(tags, tags)} for potentials with {tags} tags, "
            f"got {tuple(transitions.shape)}."
        )
    zeros = np.zeros(tags)
    start, end = (make(zeros if edge is None else edge, dtype=kind) for edge in (start, end))
    potentials = make(potentials, dtype=kind)
    xp = arrays_of(potentials)
    mask = xp.ones_like(potentials[..., 0]) if mask is None else make(mask, dtype=kind)
    for name, edge in (("start", start), ("end", end)):
        _check_shape(name, edge, (tags,))
    _check_shape("mask", mask, tuple(potentials.shape[:2]))
    if arrays and np.any(mask[:, 1:] > mask[:, :-1]):
        raise ValueError(
            "Expected masks with words first and padding behind, got one with padding before a "
            "word. Pad texts at the end."
        )
    return Scores(potentials, transitions, start, end, mask)


def check_tags(tags: Any, potentials: Any) -> None:
    """Checks that there is a tag for each word.

    Args:
        tags: int, `(batch, words)` if right.
        potentials: `(batch, words, tags)`.

    Raises:
        ValueError: If the shapes do not fit; sizes that a graph does not know yet do fit.

    Example:
        >>> check_tags([[0, 1]], np.zeros((1, 2, 3)))
    """
    _check_shape("tags", tags, tuple(potentials.shape[:2]))


def _check_shape(name: str, part: Any, expected: tuple[int | None, ...]) -> None:
    given = tuple(np.shape(part))
    pairs = zip(given, expected, strict=False)
    if len(given) != len(expected) or any(None not in pair and len({*pair}) > 1 for pair in pairs):
        axes = "(batch, words) = " if len(expected) == 2 else ""
        raise ValueError(
            f"Expected {name} of shape {axes}{expected}, as the potentials have it, got {given}."
        )


def _is_array(part: Any) -> bool:
    return part is None or isinstance(part, np.ndarray | list | tuple)


def arrays_of(values: Any) -> Any:
    """Returns `numpy` for a NumPy array, else `keras.ops`; both know the names used here.

    Args:
        values: An array or a tensor.

    Returns:
        The module.

    Example:
        >>> arrays_of(np.zeros(2)).__name__
        'numpy'
    """
    return np if isinstance(values, np.ndarray) else ops


def like(values: Any, result: Any) -> Any:
    """Returns `result` as a NumPy array if `values` is one.

    Args:
        values: An array or a tensor.
        result: A tensor.

    Returns:
        An array or the tensor.

    Example:
        >>> like(np.zeros(2), ops.ones(2)).tolist()
        [1.0, 1.0]
    """
    return ops.convert_to_numpy(result) if isinstance(values, np.ndarray) else result


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

    Args:
        potentials: `(batch, words, tags)`.
        tags: int `(batch, words)`; anything at padding.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded, or None.

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
    differentiated again.

    Args:
        potentials: `(batch, words, tags)`.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded, or None.

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
    return like(given.potentials, _log_partition(*chain) + offset)


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

    Scores are shifted before they are summed, so that large potentials cost no precision.

    Args:
        potentials: `(batch, words, tags)`.
        tags: int `(batch, words)`; anything at padding.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded, or None.

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
    given = scores(potentials, transitions, start=start, end=end, mask=mask)
    if arrays_of(given.potentials) is np:
        _known(given, np.asarray(tags))
    chain, _ = shifted(given)
    return like(given.potentials, _sequence_score(chain, tags) - _log_partition(*chain))


def _sequence_score(chain: Scores, tags: Any) -> Any:
    check_tags(tags, chain.potentials)
    xp = arrays_of(chain.potentials)
    tags = np.asarray(tags, "int32") if xp is np else ops.cast(tags, "int32")
    batch, words, size = xp.shape(chain.potentials)
    # (batch,)
    known = _known(chain, tags)
    # (batch, words): one flat look-up is faster than one along an axis
    tags = xp.where(chain.mask > 0, xp.clip(tags, 0, size - 1), 0)
    cells = xp.reshape(xp.arange(batch * words, dtype="int32") * size, (-1, words)) + tags
    chosen = taken(xp.reshape(chain.potentials, (-1,)), cells)
    # (batch, words - 1)
    pairs = taken(xp.reshape(chain.transitions, (-1,)), tags[:, :-1] * size + tags[:, 1:])
    # (batch,)
    length = xp.sum(chain.mask, axis=1)
    final = xp.sum(xp.where(last_words(chain.mask) > 0, tags, 0), axis=1)
    edges = taken(chain.start, tags[:, 0]) + taken(chain.end, final)
    total = (
        xp.sum(_kept(chosen, chain.mask), axis=1)
        + xp.sum(_kept(pairs, chain.mask[:, 1:]), axis=1)
        + _kept(edges, length)
    )
    # A graph cannot raise: NaN shows where a wrong number would not.
    return xp.where(known, total, float("nan"))


def _known(chain: Scores, tags: Any) -> Any:
    """Tells of each text whether its words have tags that there are; arrays must have."""
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
@ops.custom_gradient
def _log_partition(potentials: Any, transitions: Any, start: Any, end: Any, mask: Any) -> Any:
    beliefs = forward_backward(potentials, transitions, start, end, mask)

    def grad(*args: Any, upstream: Any = None) -> tuple[Any, ...]:
        weights = (args[-1] if upstream is None else upstream)[:, None] * mask
        return (*_gradients(beliefs, transitions, mask, weights), ops.zeros_like(mask))

    return beliefs.log_partition, grad


def _gradients(beliefs: Beliefs, transitions: Any, mask: Any, weights: Any) -> tuple[Any, ...]:
    """Returns the expected counts of each potential, transition, start and end."""
    # (batch, words, tags)
    factors = ops.where(mask > 0, weights / beliefs.norm, 0.0)
    counts = beliefs.joint * factors[..., None]
    ends = ops.einsum("bwt,bw->t", counts, last_words(mask))
    pairs = pair_sums(beliefs, transitions, weights)
    return counts, pairs, ops.sum(counts[:, 0], axis=0), ends
