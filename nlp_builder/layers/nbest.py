"""The best tag sequences of a linear chain, several for each text."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from nlp_builder.layers.backends import at_least, compiled, first_slice, scan
from nlp_builder.layers.forward_backward import LOWEST
from nlp_builder.layers.linear_chain import shifted
from nlp_builder.layers.scores import Scores, like, scores


def nbest(
    potentials: Any,
    transitions: Any,
    count: int,
    *,
    start: Any = None,
    end: Any = None,
    mask: Any = None,
) -> tuple[Any, Any]:
    """Finds the tag sequences with the highest scores.

    Each tag keeps its `count` best beginnings. Source: R. Schwartz and Y.-L. Chow, "The N-best
    algorithms", 1990.

    Args:
        potentials: `(batch, words, tags)`.
        transitions: `(tags, tags)`, from row to column.
        count: How many sequences, n.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded; or lengths `(batch,)`; or None.

    Returns:
        Tags, int32 `(batch, n, words)`, 0 at padding; and scores `(batch, n)`, best first. Where a
        text has fewer sequences the rest has the score minus infinity and tags 0. NumPy arrays if
        `potentials` is one.

    Raises:
        ValueError: If `count` is not positive or the shapes do not fit each other.

    Example:
        >>> tags, score = nbest(np.array([[[1.0, 0.0], [0.0, 2.0]]]), np.zeros((2, 2)), 2)
        >>> tags.tolist(), score.tolist()
        ([[[0, 1], [1, 1]]], [[3.0, 2.0]])
    """
    if not isinstance(count, int | np.integer) or count < 1:
        raise ValueError(f"count must be a positive integer, got {count!r}.")
    chain, offset = shifted(scores(potentials, transitions, start=start, end=end, mask=mask))
    chain = Scores(*(at_least(part, LOWEST) for part in chain))
    final, states = _onward(chain, count=int(count))
    tags, best = _way_back(chain, final, states, count=int(count))
    exists = best > LOWEST / 2
    score = ops.where(exists, best + offset[:, None], -float("inf"))
    tags = ops.where(exists[..., None], tags, 0)
    return like(potentials, tags), like(potentials, score)


@compiled("count")
def _onward(chain: Scores, count: int) -> tuple[Any, Any]:
    """Returns final scores `(batch, tags, n)` and where each came from, at each word but the last.

    A state is a tag and a rank, `tag * n + rank`.
    """
    size = chain.transitions.shape[0]
    # (1, tags, n): each state came from itself where a word is padding
    same = ops.reshape(ops.arange(size * count, dtype=chain.mask.dtype), (1, size, count))
    # (tags to, tags from, 1)
    arriving = ops.transpose(chain.transitions)[:, :, None]
    words = ops.concatenate([chain.potentials, chain.mask[..., None]], axis=-1)
    # (words, batch, tags + 1)
    words = ops.transpose(words, (1, 0, 2))

    def step(state: tuple[Any, Any], word: Any) -> tuple[Any, Any]:
        best, came = state
        # (batch, tags to, tags from * n)
        offers = ops.reshape(best[:, None] + arriving, (-1, size, size * count))
        # (batch, tags, n)
        values, origins = ops.top_k(offers, count)
        counts = word[:, -1:, None] > 0
        best = ops.where(counts, values + word[:, :-1, None], best)
        return (best, ops.where(counts, ops.cast(origins, best.dtype), same)), (best, came)

    first = (chain.start + first_slice(words, axis=0)[:, :-1])[..., None]
    # (batch, tags, n): one beginning, and ranks that are still free
    best = ops.pad(first, ((0, 0), (0, 0), (0, count - 1)), constant_values=LOWEST)
    came = ops.zeros_like(best)
    (final, last), (_, states) = scan(step, (best, came), words[1:])
    return final, ops.concatenate([states, last[None]], axis=0)[1:]


@compiled("count")
def _way_back(chain: Scores, final: Any, states: Any, count: int) -> tuple[Any, Any]:
    size = chain.transitions.shape[0]
    ends = ops.reshape(final + chain.end[:, None], (-1, size * count))
    # (batch, n)
    best, state = ops.top_k(ends, count)
    # (words - 1, batch, tags * n)
    states = ops.cast(ops.reshape(states, (*ops.shape(states)[:2], size * count)), "int32")

    def back(state: Any, came: Any) -> tuple[Any, Any]:
        return ops.take_along_axis(came, state, axis=-1), state

    first, later = scan(back, ops.cast(state, "int32"), states, reverse=True)
    # (words, batch, n) -> (batch, n, words)
    tags = ops.concatenate([first[None], later], axis=0) // count
    tags = ops.transpose(tags, (1, 2, 0))
    return ops.where(chain.mask[:, None, :] > 0, tags, 0), best
