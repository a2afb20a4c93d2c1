"""The CRF functions of tensorflow-addons, which ended with Keras 2, on the present ones.

Same names, arguments and results: change `tensorflow_addons.text` to `nlp_builder.addons`. Tensors
come back, for arrays too. Tags at padding may be anything, also -1. A text of length 0 has score 0
and tags 0. Source: https://github.com/tensorflow/addons, `tensorflow_addons/text/crf.py`, 0.23.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nlp_builder.layers.backends import scan
from nlp_builder.layers.linear_chain import log_likelihood as _log_likelihood
from nlp_builder.layers.linear_chain import log_partition as _log_partition
from nlp_builder.layers.linear_chain import sequence_score as _sequence_score
from nlp_builder.layers.scores import arrays_of
from nlp_builder.layers.viterbi import viterbi as _viterbi

__all__ = [
    "crf_binary_score",
    "crf_constrained_decode",
    "crf_decode",
    "crf_filtered_inputs",
    "crf_forward",
    "crf_log_likelihood",
    "crf_log_norm",
    "crf_multitag_sequence_score",
    "crf_sequence_score",
    "crf_unary_score",
    "viterbi_decode",
]


def crf_filtered_inputs(inputs: Any, tag_bitmap: Any) -> Any:
    """Gives potentials of tags that are not in the bitmap the value minus infinity.

    Args:
        inputs: Potentials, `(batch, words, tags)`.
        tag_bitmap: bool `(batch, words, tags)`, True for active tags.

    Returns:
        `(batch, words, tags)`.

    Example:
        >>> crf_filtered_inputs(np.zeros((1, 1, 2)), np.array([[[True, False]]])).numpy().tolist()
        [[[0.0, -inf]]]
    """
    inputs = ops.convert_to_tensor(inputs)
    return ops.where(ops.cast(tag_bitmap, "bool"), inputs, -float("inf"))


def crf_sequence_score(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any
) -> Any:
    """Scores tag sequences, not normalised.

    Args:
        inputs: Potentials, `(batch, words, tags)`.
        tag_indices: int `(batch, words)`.
        sequence_lengths: int `(batch,)`.
        transition_params: `(tags, tags)`, from row to column.

    Returns:
        `(batch,)`.

    Example:
        >>> crf_sequence_score(np.eye(2)[None], [[0, 1]], [2], np.zeros((2, 2))).numpy().tolist()
        [2.0]
    """
    mask = _mask(inputs, sequence_lengths)
    score = _sequence_score(inputs, tag_indices, transition_params, mask=mask)
    return ops.convert_to_tensor(score)


def crf_multitag_sequence_score(
    inputs: Any, tag_bitmap: Any, sequence_lengths: Any, transition_params: Any
) -> Any:
    """Computes the logarithm of the sum of exp(score) over all sequences of active tags.

    Args:
        inputs: Potentials, `(batch, words, tags)`.
        tag_bitmap: bool `(batch, words, tags)`, True for active tags.
        sequence_lengths: int `(batch,)`.
        transition_params: `(tags, tags)`, from row to column.

    Returns:
        `(batch,)`.

    Example:
        >>> only = np.array([[[True, False], [False, True]]])
        >>> score = crf_multitag_sequence_score(np.eye(2)[None], only, [2], np.zeros((2, 2)))
        >>> score.numpy().tolist()
        [2.0]
    """
    filtered = crf_filtered_inputs(inputs, tag_bitmap)
    return crf_log_norm(filtered, sequence_lengths, transition_params)


def crf_log_norm(inputs: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """Computes the logarithm of the sum of exp(score) over all tag sequences.

    Args:
        inputs: Potentials, `(batch, words, tags)`.
        sequence_lengths: int `(batch,)`.
        transition_params: `(tags, tags)`, from row to column.

    Returns:
        `(batch,)`.

    Example:
        >>> norm = crf_log_norm(np.zeros((1, 3, 2)), [3], np.zeros((2, 2)))
        >>> round(float(norm[0]), 4)  # log(2 ** 3)
        2.0794
    """
    mask = _mask(inputs, sequence_lengths)
    return ops.convert_to_tensor(_log_partition(inputs, transition_params, mask=mask))


def crf_log_likelihood(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any = None
) -> tuple[Any, Any]:
    """Computes the log-likelihood of tag sequences.

    Args:
        inputs: Potentials, `(batch, words, tags)`.
        tag_indices: int `(batch, words)`.
        sequence_lengths: int `(batch,)`.
        transition_params: `(tags, tags)`, from row to column; None makes random ones.

    Returns:
        The log-likelihood `(batch,)`, and the transitions `(tags, tags)`.

    Example:
        >>> value, _ = crf_log_likelihood(np.zeros((1, 2, 2)), [[0, 1]], [2], np.zeros((2, 2)))
        >>> round(float(ops.exp(value[0])), 3)
        0.25
    """
    if transition_params is None:
        size = inputs.shape[2]
        transition_params = keras.initializers.GlorotUniform()((size, size))
    mask = _mask(inputs, sequence_lengths)
    value = ops.convert_to_tensor(
        _log_likelihood(inputs, tag_indices, transition_params, mask=mask)
    )
    return value, ops.convert_to_tensor(transition_params, dtype=value.dtype)


def crf_unary_score(tag_indices: Any, sequence_lengths: Any, inputs: Any) -> Any:
    """Adds the potentials of tag sequences.

    Args:
        tag_indices: int `(batch, words)`.
        sequence_lengths: int `(batch,)`.
        inputs: Potentials, `(batch, words, tags)`.

    Returns:
        `(batch,)`.

    Example:
        >>> crf_unary_score([[0, 1]], [2], np.eye(2)[None]).numpy().tolist()
        [2.0]
    """
    size = inputs.shape[2]
    return crf_sequence_score(inputs, tag_indices, sequence_lengths, np.zeros((size, size)))


def crf_binary_score(tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """Adds the transitions of tag sequences.

    Args:
        tag_indices: int `(batch, words)`.
        sequence_lengths: int `(batch,)`.
        transition_params: `(tags, tags)`, from row to column.

    Returns:
        `(batch,)`.

    Example:
        >>> crf_binary_score([[0, 1]], [2], np.array([[0.0, 5.0], [0.0, 0.0]])).numpy().tolist()
        [5.0]
    """
    transition_params = ops.convert_to_tensor(transition_params)
    shape = (*ops.shape(ops.convert_to_tensor(tag_indices)), transition_params.shape[0])
    zeros = ops.zeros(shape, dtype=transition_params.dtype)
    return crf_sequence_score(zeros, tag_indices, sequence_lengths, transition_params)


def crf_forward(inputs: Any, state: Any, transition_params: Any, sequence_lengths: Any) -> Any:
    """Computes the forward scores of the last word of each text.

    Args:
        inputs: Potentials from the second word on, `(batch, words - 1, tags)`.
        state: Scores of the first word, `(batch, tags)`.
        transition_params: `(tags, tags)`, from row to column.
        sequence_lengths: int `(batch,)`, the first word counted.

    Returns:
        `(batch, tags)`: logarithm of the sum of exp(score) over all sequences that end in the tag.

    Example:
        >>> end = crf_forward(np.zeros((1, 1, 2)), np.zeros((1, 2)), np.zeros((2, 2)), [2])
        >>> np.round(end, 4).tolist()  # log(2)
        [[0.6931, 0.6931]]
    """
    state = ops.convert_to_tensor(state)
    inputs = ops.transpose(ops.cast(inputs, state.dtype), (1, 0, 2))
    # (1, tags to, tags from)
    arriving = ops.transpose(ops.cast(transition_params, state.dtype))[None]

    def step(before: Any, potential: Any) -> tuple[Any, Any]:
        after = potential + ops.logsumexp(before[:, None, :] + arriving, axis=-1)
        return after, after

    # (words, batch, tags)
    scores = ops.concatenate([state[None], scan(step, state, inputs)[1]], axis=0)
    last = ops.maximum(ops.cast(sequence_lengths, "int32") - 1, 0)
    return ops.take_along_axis(scores, last[None, :, None], axis=0)[0]


def crf_decode(potentials: Any, transition_params: Any, sequence_length: Any) -> tuple[Any, Any]:
    """Finds the tag sequences with the highest scores.

    Args:
        potentials: `(batch, words, tags)`.
        transition_params: `(tags, tags)`, from row to column.
        sequence_length: int `(batch,)`.

    Returns:
        Tags, int32 `(batch, words)`, 0 at padding; and their scores `(batch,)`.

    Example:
        >>> tags, score = crf_decode(np.eye(2)[None], np.zeros((2, 2)), [2])
        >>> tags.numpy().tolist(), score.numpy().tolist()
        ([[0, 1]], [2.0])
    """
    mask = _mask(potentials, sequence_length)
    tags, score = _viterbi(potentials, transition_params, mask=mask)
    return ops.convert_to_tensor(tags), ops.convert_to_tensor(score)


def crf_constrained_decode(
    potentials: Any, tag_bitmap: Any, transition_params: Any, sequence_length: Any
) -> tuple[Any, Any]:
    """Finds the sequences of active tags with the highest scores.

    Args:
        potentials: `(batch, words, tags)`.
        tag_bitmap: bool `(batch, words, tags)`, True for active tags.
        transition_params: `(tags, tags)`, from row to column.
        sequence_length: int `(batch,)`.

    Returns:
        Tags, int32 `(batch, words)`, 0 at padding; and their scores `(batch,)`.

    Example:
        >>> only = np.array([[[False, True], [False, True]]])
        >>> tags, _ = crf_constrained_decode(np.eye(2)[None], only, np.zeros((2, 2)), [2])
        >>> tags.numpy().tolist()
        [[1, 1]]
    """
    filtered = crf_filtered_inputs(potentials, tag_bitmap)
    return crf_decode(filtered, transition_params, sequence_length)


def viterbi_decode(score: Any, transition_params: Any) -> tuple[list[int], float]:
    """Finds the best tag sequence of one text.

    Args:
        score: Potentials, `(words, tags)`.
        transition_params: `(tags, tags)`, from row to column.

    Returns:
        The tags as a list, and their score.

    Example:
        >>> viterbi_decode(np.eye(2), np.zeros((2, 2)))
        ([0, 1], 2.0)
    """
    tags, best = _viterbi(
        ops.convert_to_numpy(score)[None], ops.convert_to_numpy(transition_params)
    )
    return tags[0].tolist(), float(best[0])


def _mask(inputs: Any, sequence_lengths: Any) -> Any:
    xp = arrays_of(inputs)
    lengths = np.asarray(sequence_lengths) if xp is np else ops.cast(sequence_lengths, "int32")
    return xp.arange(xp.shape(inputs)[1], dtype="int32")[None, :] < lengths[:, None]
