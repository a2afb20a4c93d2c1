"""The forward-backward algorithm for a linear chain, and the gradient that comes with it.

Both directions run in one loop: `messages[t]` holds what the words before word t say about its tag,
and, for the sequence read from its last word, what the words after it say. Sources: L. R. Rabiner,
"A tutorial on hidden Markov models", 1989, section V.A (scaling); C. Sutton and A. McCallum, "An
introduction to conditional random fields", 2012, section 4.1 and 5.1 (marginals, gradient).

Scaled probabilities are fast and lose what is below 1e-38 of the whole. `_exact` holds where the
loss cannot matter; elsewhere the same loop runs on logarithms.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from keras import ops

from nlp_builder.layers.backends import at_least, compiled, extreme, scan, taken

LOWEST = -1e30  # stands for minus infinity: sums of it stay finite and differences are not NaN
SAFE = 1e-28  # least product of normaliser and message at which 1e-38 is a rounding error
NARROW = -32.0  # transitions, starts and ends above this keep every such product above SAFE


class Beliefs(NamedTuple):
    """What one run of forward-backward knows, for each word of each text.

    The parts are not yet normalised, which saves passes over memory. The probability of a tag is
    `joint / norm`; that of a pair of tags is
    `left[t, i] * exp(transition[i, j]) * right[t + 1, j] / (total[t] * norm[t + 1])`. All are
    finite and mean nothing at padding.

    Attributes:
        log_partition: `(batch,)`.
        joint: `(batch, words, tags)`, weight of all sequences with this tag.
        left: `(batch, words, tags)`, weight of all beginnings up to this tag.
        right: `(batch, words, tags)`, weight of all ends from this tag on.
        total: `(batch, words)`, sum of `left`.
        norm: `(batch, words)`, sum of `joint`.
        exact: bool scalar; if False, `left` and `right` are logarithms.
    """

    log_partition: Any
    joint: Any
    left: Any
    right: Any
    total: Any
    norm: Any
    exact: Any


@compiled()
def forward_backward(potentials: Any, transitions: Any, start: Any, end: Any, mask: Any) -> Beliefs:
    """Sums over all tag sequences, in both directions.

    Args:
        potentials: `(batch, words, tags)`, at most 0 with the largest of each word near 0.
        transitions: `(tags, tags)`, from row to column, at most 0.
        start: `(tags,)`, at most 0.
        end: `(tags,)`, at most 0.
        mask: `(batch, words)`, 1.0 for words and 0.0 for padding behind them.

    Returns:
        The beliefs; `log_partition` is 0 for a text without words.

    Example:
        >>> edge = ops.zeros(3)
        >>> beliefs = forward_backward(
        ...     ops.zeros((1, 2, 3)), ops.zeros((3, 3)), edge, edge, ops.ones((1, 2))
        ... )
        >>> round(float(ops.exp(beliefs.log_partition[0])), 3)  # sequences of 2 words with 3 tags
        9.0
    """
    scaled = _scaled(potentials, transitions, start, end, mask)
    return Beliefs(
        *ops.cond(
            scaled.exact,
            lambda: tuple(scaled),
            lambda: tuple(_logarithmic(potentials, transitions, start, end, mask)),
        )
    )


@compiled()
def pair_sums(beliefs: Beliefs, transitions: Any, weights: Any) -> Any:
    """Adds up the probabilities of neighbouring tags.

    Args:
        beliefs: Of the same texts.
        transitions: `(tags, tags)`, as they went into `forward_backward`.
        weights: `(batch, words)`, weight of the pair of a word and the word before; 0 at
            padding.

    Returns:
        `(tags, tags)`: sum over words of weight times probability.
    """
    # (batch, words - 1)
    factors = weights[:, 1:] / (beliefs.total[:, :-1] * beliefs.norm[:, 1:])
    factors = ops.where(weights[:, 1:] == 0, 0.0, factors)
    return ops.cond(
        beliefs.exact,
        lambda: _scaled_pair_sums(beliefs, transitions, factors),
        lambda: _logarithmic_pair_sums(beliefs, transitions, weights),
    )


def _scaled(potentials: Any, transitions: Any, start: Any, end: Any, mask: Any) -> Beliefs:
    # (tags, tags)
    forward = ops.exp(transitions)
    # (2 * tags, 2 * tags): both directions in one matrix product
    both = _block_diagonal(forward, ops.transpose(forward))
    # (batch, words, tags)
    weights = ops.exp(potentials)
    tags = weights.shape[-1]

    def step(message: Any, weight: Any) -> tuple[Any, Any]:
        # (batch, 2, tags)
        scores = message * weight
        scores = scores / ops.sum(scores, axis=-1, keepdims=True)
        # `keras.ops.matmul` makes float32 of float64 on PyTorch, the operator does not.
        passed = ops.reshape(scores, (-1, 2 * tags)) @ both
        return ops.reshape(passed, (-1, 2, tags)), message

    before, after = _run(step, weights, ops.exp(start), ops.exp(end), mask)
    # (batch, words, tags)
    left, right = before * weights, after * weights
    joint = before * right
    # (batch, words)
    total, norm = ops.sum(left, axis=-1), ops.sum(joint, axis=-1)
    logs = _chain(ops.log(total), ops.log(norm), mask)
    lowest = ops.minimum(ops.min(transitions), ops.min(ops.minimum(start, end)))
    exact = ops.cond(
        lowest >= NARROW,
        lambda: ops.ones((), dtype="bool"),
        lambda: _exact(before, after, total, ops.sum(right, axis=-1), norm, mask),
    )
    return Beliefs(logs, joint, left, right, total, norm, exact)


def _logarithmic(potentials: Any, transitions: Any, start: Any, end: Any, mask: Any) -> Beliefs:
    potentials, transitions, start, end = (
        at_least(scores, LOWEST) for scores in (potentials, transitions, start, end)
    )
    # (2, tags, tags): score of arriving at the row from the column
    both = ops.stack([ops.transpose(transitions), transitions])

    def step(message: Any, potential: Any) -> tuple[Any, Any]:
        # (batch, 2, tags)
        scores = message + potential
        scores = scores - ops.logsumexp(scores, axis=-1, keepdims=True)
        return ops.logsumexp(scores[..., None, :] + both, axis=-1), message

    before, after = _run(step, potentials, start, end, mask)
    # (batch, words, tags)
    left, right = before + potentials, after + potentials
    joint = before + right
    # (batch, words)
    total, norm = ops.logsumexp(left, axis=-1), ops.logsumexp(joint, axis=-1)
    logs = _chain(total, norm, mask)
    left, right = left - total[..., None], right - norm[..., None]
    joint, ones = ops.exp(joint - norm[..., None]), ops.ones_like(norm)
    return Beliefs(logs, joint, left, right, ones, ones, ops.zeros((), dtype="bool"))


def _run(step: Any, values: Any, start: Any, end: Any, mask: Any) -> tuple[Any, Any]:
    """Returns the forward and the backward messages, each `(batch, words, tags)`."""
    batch, words, tags = ops.shape(values)
    # (batch, 1), (1, words)
    last = ops.maximum(ops.cast(ops.sum(mask, axis=1, keepdims=True), "int32") - 1, 0)
    time = ops.arange(words, dtype="int32")[None, :]
    text = ops.arange(batch, dtype="int32")[:, None]
    # (batch, words); past the last word both repeat a word, so that nothing of padding is read
    onward = ops.minimum(time, last)
    back = ops.maximum(last - time, 0)
    # (words, batch, 2)
    order = ops.transpose(ops.stack([text * words + onward, text * words + back]), (2, 1, 0))
    # (words, batch, 2, tags)
    inputs = taken(ops.reshape(values, (-1, tags)), order)
    # (batch, 2, tags)
    first = ops.broadcast_to(ops.stack([start, end]), (batch, 2, tags))
    # (words * batch * 2, tags)
    messages = ops.reshape(scan(step, first, inputs)[1], (-1, tags))
    before = taken(messages, (onward * batch + text) * 2)
    after = taken(messages, (back * batch + text) * 2 + 1)
    return before, after


def last_words(mask: Any) -> Any:
    """Marks the last word of each text.

    Args:
        mask: `(batch, words)`, 1.0 for words, right-padded; a tensor or an array.

    Returns:
        `(batch, words)`: 1.0 at the last word; all 0.0 for a text without words.

    Example:
        >>> last_words(np.array([[1.0, 1.0, 0.0]])).tolist()
        [[0.0, 1.0, 0.0]]
    """
    xp = np if isinstance(mask, np.ndarray) else ops
    return mask - xp.concatenate([mask[:, 1:], xp.zeros_like(mask[:, :1])], axis=1)


def _chain(total: Any, norm: Any, mask: Any) -> Any:
    """Adds logarithms `(batch, words)`: those of totals, and at the last word that of the norm."""
    logs = ops.where(last_words(mask) > 0, norm, total)
    return ops.sum(ops.where(mask > 0, logs, 0.0), axis=1)


def _exact(before: Any, after: Any, total: Any, total_after: Any, norm: Any, mask: Any) -> Any:
    """Tells whether no number that underflowed can have mattered.

    Numbers below 1e-38 vanish. One that vanishes beside the normaliser `total` of a word is an
    error of 1e-38 / total in the normalised scores, and relative to a message of the next word at
    most that, divided by the message. NaN counts as not exact.
    """
    # (batch, words - 1): the normaliser at one word times the least message that it sends
    onward = total[:, :-1] * extreme(ops.min, before, axis=-1)[:, 1:]
    backward = total_after[:, 1:] * extreme(ops.min, after, axis=-1)[:, :-1]
    pairs = ops.where(mask[:, 1:] > 0, ops.minimum(onward, backward), 1.0)
    words = ops.where(mask > 0, norm, 1.0)
    return ops.logical_and(ops.all(pairs >= SAFE), ops.all(words >= SAFE))


def _scaled_pair_sums(beliefs: Beliefs, transitions: Any, factors: Any) -> Any:
    tags = transitions.shape[-1]
    # (batch * (words - 1), tags)
    left = ops.reshape(beliefs.left[:, :-1], (-1, tags))
    right = ops.reshape(beliefs.right[:, 1:] * factors[..., None], (-1, tags))
    return ops.exp(transitions) * (ops.transpose(left) @ right)


def _logarithmic_pair_sums(beliefs: Beliefs, transitions: Any, weights: Any) -> Any:
    transitions = at_least(transitions, LOWEST)
    # (words, batch, tags), (words, batch)
    left, right = (ops.transpose(part, (1, 0, 2)) for part in (beliefs.left, beliefs.right))
    weights = ops.transpose(weights)
    if left.shape[0] == 0:  # JAX traces the step all the same
        return ops.zeros_like(transitions)

    def add(word: Any, total: Any) -> Any:
        # The first word has none before it. XLA refuses a loop over the empty rest of one word.
        previous = ops.maximum(word - 1, 0)
        # (batch, 1, 1)
        weight = ops.where(word > 0, weights[word], 0.0)[:, None, None]
        # (batch, tags, tags)
        logs = left[previous][:, :, None] + transitions + right[word][:, None, :]
        return total + ops.sum(ops.exp(-at_least(-logs, 0.0)) * weight, axis=0)

    return ops.fori_loop(0, ops.shape(left)[0], add, ops.zeros_like(transitions))


def _block_diagonal(first: Any, second: Any) -> Any:
    zeros = ops.zeros_like(first)
    return ops.concatenate(
        [ops.concatenate([first, zeros], axis=1), ops.concatenate([zeros, second], axis=1)], axis=0
    )
