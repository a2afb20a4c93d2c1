"""The likelihood of a tag sequence word by word, so that single words can be weighed.

By the chain rule of probability a sequence's likelihood is the product of that of each word's tag
after the tags before it. In a linear chain these are softmaxes of potential, transition and what
the words behind say, the backward message: C. Sutton and A. McCallum, "An introduction to
conditional random fields", 2012, section 4.1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from nlp_builder.layers.backends import at_least, compiled, extreme, first_slice, scan, taken
from nlp_builder.layers.forward_backward import LOWEST
from nlp_builder.layers.linear_chain import known_tags, shifted
from nlp_builder.layers.scores import Scores, arrays_of, check_tags, like, scores


def token_log_likelihood(
    potentials: Any,
    tags: Any,
    transitions: Any,
    *,
    start: Any = None,
    end: Any = None,
    mask: Any = None,
) -> Any:
    """Computes the logarithm of the probability of each word's tag after the tags before it.

    The sum over the words of a text is its `log_likelihood`. Sums run on logarithms, so nothing
    underflows; the gradient cannot be differentiated again. Source: the chain rule of probability,
    with the backward messages of Sutton and McCallum 2012, section 4.1.

    Args:
        potentials: `(batch, words, tags)`.
        tags: int `(batch, words)`; anything at padding.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded; or lengths `(batch,)`; or None.

    Returns:
        `(batch, words)`, at most 0; 0 at padding, NaN for tensors at the words of a text with a
        tag that is none.

    Raises:
        ValueError: If the shapes do not fit each other, or an array has a tag that is none.

    Example:
        >>> potentials = np.log([[[1.0, 3.0], [1.0, 1.0]]])
        >>> values = token_log_likelihood(potentials, [[1, 0]], np.zeros((2, 2)))
        >>> np.exp(values).round(3).tolist()
        [[0.75, 0.5]]
    """
    given = scores(potentials, transitions, start=start, end=end, mask=mask)
    check_tags(tags, given.potentials)
    if arrays_of(given.potentials) is np:
        tags = np.asarray(tags)
        known_tags(given, tags)
    chain, _ = shifted(given)
    chain = Scores(*(at_least(part, LOWEST) for part in chain))
    return like(given.potentials, _by_word(chain, ops.cast(tags, "int32")))


@compiled()
def _by_word(chain: Scores, tags: Any) -> Any:
    size = chain.potentials.shape[-1]
    known = known_tags(chain, tags)[:, None]
    # (batch, words)
    tags = ops.where(chain.mask > 0, ops.clip(tags, 0, size - 1), 0)
    # (batch, 1, tags)
    start = ops.broadcast_to(chain.start, (ops.shape(tags)[0], 1, size))
    # (batch, words, tags): what leads to each tag from the true one before
    arrived = ops.concatenate([start, taken(chain.transitions, tags[:, :-1])], axis=1)
    messages = _messages(chain.potentials, chain.transitions, chain.end, chain.mask)
    offers = arrived + chain.potentials + messages
    logs = offers - ops.logsumexp(offers, axis=-1, keepdims=True)
    chosen = ops.sum(logs * ops.one_hot(tags, size, dtype=logs.dtype), axis=-1)
    # A graph cannot raise: NaN shows where a wrong number would not.
    return ops.where(chain.mask > 0, ops.where(known, chosen, float("nan")), 0.0)


@compiled()
@ops.custom_gradient
def _messages(potentials: Any, transitions: Any, end: Any, mask: Any) -> Any:
    """Returns what the words behind each word say of its tag, `(batch, words, tags)`."""
    # (batch, tags)
    last = ops.broadcast_to(end, ops.shape(first_slice(potentials, axis=1)))

    def step(message: Any, word: Any) -> tuple[Any, Any]:
        onward = ops.logsumexp(transitions + (word[:, :-1] + message)[:, None], axis=-1)
        # A constant changes no probability; without it large scores would add up.
        onward = onward - extreme(ops.max, onward, axis=-1, keepdims=True)
        return ops.where(word[:, -1:] > 0, onward, message), message

    messages = _turned(scan(step, last, _turned(potentials, mask), reverse=True)[1])

    # XLA cannot differentiate a loop of TensorFlow that may have any number of steps.
    def grad(*args: Any, upstream: Any = None) -> tuple[Any, ...]:
        upstream = args[-1] if upstream is None else upstream
        behind = potentials + messages
        return (*_gradients(behind, upstream, transitions, mask), ops.zeros_like(mask))

    return messages, grad


def _gradients(behind: Any, upstream: Any, transitions: Any, mask: Any) -> tuple[Any, ...]:
    """Returns the gradients by potentials, transitions and end.

    A message is a mean of what stands behind it, with the probabilities of the next tag after each
    tag as weights; its gradient flows on to the next word by the same weights.
    """
    tags = transitions.shape[0]

    def step(state: tuple[Any, Any], word: Any) -> tuple[Any, Any]:
        # (batch, tags), (tags, tags)
        gradient, pairs = state
        counts = word[:, -1:] > 0
        # (batch, tags from, tags to)
        chances = ops.softmax(transitions + word[:, None, :tags], axis=-1)
        flow = ops.where(counts[..., None], gradient[..., None] * chances, 0.0)
        arrived, pairs = ops.sum(flow, axis=1), pairs + ops.sum(flow, axis=0)
        gradient = word[:, tags:-1] + ops.where(counts, arrived, gradient)
        return (gradient, pairs), (arrived, pairs)

    first = ops.zeros_like(first_slice(behind, axis=1)), ops.zeros_like(transitions)
    (ends, pairs), (arrived, _) = scan(step, first, _turned(behind, upstream, mask))
    return _turned(arrived), pairs, ops.sum(ends, axis=0)


def _turned(*parts: Any) -> Any:
    """Joins parts `(batch, words, ...)` to `(words, batch, ...)`, or the other way round."""
    parts = tuple(part if len(part.shape) == 3 else part[..., None] for part in parts)
    return ops.transpose(ops.concatenate(parts, axis=-1), (1, 0, 2))
