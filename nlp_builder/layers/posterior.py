"""What a chain believes: probabilities of tags and of pairs, their entropy, and samples.

Pure functions like those of `linear_chain`, for looking and deciding; train with the
log-likelihood. Source: C. Sutton and A. McCallum, "An introduction to conditional random fields",
2012, section 4.1.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nlp_builder.layers.backends import at_least, compiled, first_slice, scan
from nlp_builder.layers.forward_backward import LOWEST, Beliefs, forward_backward, last_words
from nlp_builder.layers.linear_chain import shifted
from nlp_builder.layers.scores import Scores, like, scores


def marginals(
    potentials: Any, transitions: Any, *, start: Any = None, end: Any = None, mask: Any = None
) -> Any:
    """Computes the probability of each tag at each word.

    Source: Sutton and McCallum 2012, section 4.1.

    Args:
        potentials: `(batch, words, tags)`.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded; or lengths `(batch,)`; or None.

    Returns:
        `(batch, words, tags)`, each word sums to 1; zeros at padding.

    Raises:
        ValueError: If the shapes do not fit each other.

    Example:
        >>> import numpy as np
        >>> marginals(np.zeros((1, 2, 4)), np.zeros((4, 4)))[0, 0].tolist()
        [0.25, 0.25, 0.25, 0.25]
    """
    chain, beliefs = _believed(potentials, transitions, start, end, mask)
    return like(potentials, _tags(chain, beliefs))


def pair_marginals(
    potentials: Any, transitions: Any, *, start: Any = None, end: Any = None, mask: Any = None
) -> Any:
    """Computes the probability of each pair of tags at neighbouring words.

    Source: Sutton and McCallum 2012, section 4.1.

    Args:
        potentials: `(batch, words, tags)`.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded; or lengths `(batch,)`; or None.

    Returns:
        `(batch, words - 1, tags, tags)`: of a word (row) and the next (column); each pair of words
        sums to 1, and is zeros where the second is padding.

    Raises:
        ValueError: If the shapes do not fit each other.

    Example:
        >>> import numpy as np
        >>> pair_marginals(np.zeros((1, 2, 2)), np.zeros((2, 2)))[0, 0].tolist()
        [[0.25, 0.25], [0.25, 0.25]]
    """
    chain, beliefs = _believed(potentials, transitions, start, end, mask)
    return like(potentials, _pairs(chain, beliefs))


def entropy(
    potentials: Any, transitions: Any, *, start: Any = None, end: Any = None, mask: Any = None
) -> Any:
    """Computes the entropy of the tag sequences: how undecided the chain is.

    Args:
        potentials: `(batch, words, tags)`.
        transitions: `(tags, tags)`, from row to column.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded; or lengths `(batch,)`; or None.

    Returns:
        `(batch,)` in nats, from 0 for one certain sequence to words * log(tags).

    Raises:
        ValueError: If the shapes do not fit each other.

    Example:
        >>> import numpy as np
        >>> round(float(entropy(np.zeros((1, 3, 2)), np.zeros((2, 2)))[0]), 4)  # 3 * log(2)
        2.0794
    """
    chain, beliefs = _believed(potentials, transitions, start, end, mask)
    tags, pairs = _tags(chain, beliefs), _pairs(chain, beliefs)
    final = tags * last_words(chain.mask)[..., None]
    expected = (
        _expected(tags, chain.potentials, (1, 2))
        + _expected(pairs, chain.transitions, (1, 2, 3))
        + _expected(first_slice(tags, axis=1), chain.start, (1,))
        + _expected(final, chain.end, (1, 2))
    )
    return like(potentials, at_least(beliefs.log_partition - expected, 0.0))


def sample(
    potentials: Any,
    transitions: Any,
    *,
    seed: int | keras.random.SeedGenerator,
    start: Any = None,
    end: Any = None,
    mask: Any = None,
) -> Any:
    """Draws one tag sequence for each text, with the probability that the chain gives it.

    Forward filtering, backward sampling, each choice by the Gumbel-max method. Source: S. L. Scott,
    "Bayesian methods for hidden Markov models", 2002, section 2.

    Args:
        potentials: `(batch, words, tags)`.
        transitions: `(tags, tags)`, from row to column.
        seed: An int, which gives the same sample each time, or a generator of seeds.
        start: `(tags,)` or None for zeros.
        end: `(tags,)` or None for zeros.
        mask: bool `(batch, words)`, right-padded; or lengths `(batch,)`; or None.

    Returns:
        int32 `(batch, words)`, 0 at padding.

    Raises:
        ValueError: If the shapes do not fit each other.

    Example:
        >>> import numpy as np
        >>> certain = np.array([[[0.0, 99.0], [99.0, 0.0]]])
        >>> sample(certain, np.zeros((2, 2)), seed=1).tolist()
        [[1, 0]]
    """
    chain, beliefs = _believed(potentials, transitions, start, end, mask)
    # (batch, words, tags)
    uniform = keras.random.uniform(
        ops.shape(beliefs.left), minval=1e-7, maxval=1.0, dtype=beliefs.left.dtype, seed=seed
    )
    return like(potentials, _drawn(chain, beliefs, uniform))


@compiled()
def _drawn(chain: Scores, beliefs: Beliefs, uniform: Any) -> Any:
    """Returns tags `(batch, words)` for random numbers `(batch, words, tags)` from 0 to 1."""
    left = ops.cond(beliefs.exact, lambda: ops.log(beliefs.left), lambda: beliefs.left)
    noisy = at_least(left, LOWEST) - ops.log(-ops.log(uniform))
    final = last_words(chain.mask)[..., None]
    # (words, batch, tags + 1): one tensor, since Keras' scan over several wants a known length
    words = ops.transpose(ops.concatenate([noisy, final], axis=-1), (1, 0, 2))
    # (tags to, tags from)
    arriving = at_least(ops.transpose(chain.transitions), LOWEST)

    def back(tag: Any, word: Any) -> tuple[Any, Any]:
        onward = ops.where(word[:, -1:] > 0, chain.end, ops.take(arriving, tag, axis=0))
        return ops.cast(ops.argmax(word[:, :-1] + onward, axis=-1), "int32"), tag

    # The scan hands out the tag of the next word, so the first comes as its last state.
    nothing = ops.zeros_like(first_slice(words, axis=0)[:, 0], dtype="int32")
    first, later = scan(back, nothing, words, reverse=True)
    tags = ops.transpose(ops.concatenate([first[None], later[:-1]], axis=0))
    return ops.where(chain.mask > 0, tags, 0)


def _believed(
    potentials: Any, transitions: Any, start: Any, end: Any, mask: Any
) -> tuple[Scores, Beliefs]:
    chain, _ = shifted(scores(potentials, transitions, start=start, end=end, mask=mask))
    return chain, forward_backward(*chain)


def _tags(chain: Scores, beliefs: Beliefs) -> Any:
    mask = chain.mask[..., None]
    return ops.where(mask > 0, beliefs.joint / beliefs.norm[..., None], 0.0)


@compiled()
def _pairs(chain: Scores, beliefs: Beliefs) -> Any:
    # (batch, words - 1, tags, 1), (batch, words - 1, 1, tags)
    left, right = beliefs.left[:, :-1, :, None], beliefs.right[:, 1:, None, :]
    norm = (beliefs.total[:, :-1] * beliefs.norm[:, 1:])[..., None, None]
    transitions = at_least(chain.transitions, LOWEST)
    pairs = ops.cond(
        beliefs.exact,
        lambda: left * ops.exp(transitions) * right / norm,
        lambda: ops.exp(left + transitions + right),
    )
    return ops.where(chain.mask[:, 1:, None, None] > 0, pairs, 0.0)


def _expected(probabilities: Any, values: Any, axes: tuple[int, ...]) -> Any:
    # Zero times minus infinity is nothing lost, and not NaN.
    return ops.sum(ops.where(probabilities > 0, probabilities * values, 0.0), axis=axes)
