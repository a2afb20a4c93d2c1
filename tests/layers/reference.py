"""The slow truth: every tag sequence of a chain, one by one, in float64."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from scipy.special import logsumexp


class Chain(NamedTuple):
    potentials: Any  # (batch, words, tags)
    transitions: Any  # (tags, tags)
    start: Any  # (tags,)
    end: Any  # (tags,)
    mask: Any  # (batch, words), bool
    tags: Any  # (batch, words), -1 at padding

    @property
    def lengths(self):
        return self.mask.sum(axis=1)

    @property
    def rest(self):
        """What the functions take by name."""
        return {"start": self.start, "end": self.end, "mask": self.mask}

    def padded_by(self, words):
        """The same texts with more padding, full of values that must not matter."""
        pad = ((0, 0), (0, words))
        return self._replace(
            potentials=np.pad(self.potentials, (*pad, (0, 0)), constant_values=7e3),
            mask=np.pad(self.mask, pad),
            tags=np.pad(self.tags, pad, constant_values=99),
        )


def random_chain(seed, batch=7, words=6, tags=4, scale=1.0, padding=True):
    rng = np.random.default_rng(seed)

    def normal(*shape):
        return (rng.standard_normal(shape) * scale).astype("float32")

    lengths = rng.integers(1, words + 1, batch) if padding else np.full(batch, words)
    mask = np.arange(words) < lengths[:, None]
    gold = np.where(mask, rng.integers(0, tags, (batch, words)), -1)
    parts = (normal(tags, tags), normal(tags), normal(tags))
    return Chain(normal(batch, words, tags), *parts, mask, gold)


chains = st.builds(
    random_chain,
    st.integers(0, 2**32 - 1),
    batch=st.sampled_from([1, 7]),
    words=st.integers(1, 6),
    tags=st.integers(1, 4),
    scale=st.sampled_from([0.1, 1.0, 5.0]),
)


def all_paths(chain, text):
    """The score of each tag sequence of one text."""
    length = chain.lengths[text]
    potentials = chain.potentials[text, :length].astype("float64")
    return {
        path: path_score(chain, potentials, path)
        for path in itertools.product(range(potentials.shape[1]), repeat=length)
        if path
    } or {(): 0.0}


def path_score(chain, potentials, path):
    return (
        float(chain.start[path[0]])
        + sum(float(potentials[word, tag]) for word, tag in enumerate(path))
        + sum(float(chain.transitions[pair]) for pair in itertools.pairwise(path))
        + float(chain.end[path[-1]])
    )


def true_log_partition(chain):
    texts = range(len(chain.potentials))
    return np.array([logsumexp(list(all_paths(chain, text).values())) for text in texts])


def true_score(chain):
    golds = [tuple(tags[tags >= 0]) for tags in np.where(chain.mask, chain.tags, -1)]
    return np.array([all_paths(chain, text)[gold] for text, gold in enumerate(golds)])


def log_partition_recursion(potentials, transitions, start, end, mask):
    """Forward algorithm in float64 logarithms: checks chains too long for `all_paths`."""
    potentials, transitions = np.asarray(potentials, "float64"), np.asarray(transitions, "float64")
    alpha = np.asarray(start, "float64") + potentials[:, 0]
    for word in range(1, potentials.shape[1]):
        arrived = logsumexp(alpha[:, :, None] + transitions, axis=1) + potentials[:, word]
        alpha = np.where(mask[:, word, None], arrived, alpha)
    return np.where(mask.any(axis=1), logsumexp(alpha + np.asarray(end, "float64"), axis=1), 0.0)


def numeric_gradient(function, values, step=1e-5):
    """Central differences of a scalar function of a float64 array."""
    gradient = np.zeros_like(values)
    for index in np.ndindex(values.shape):
        up, down = values.copy(), values.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (function(up) - function(down)) / (2 * step)
    return gradient
