"""The chain: one tensor that carries potentials, mask and scores, and its functions.

Its shape is `(batch, words + tags + 2, tags + 1)`: rows of potentials with the mask as their last
column, then the transitions, the start and the end scores, the same for each text.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from keras import ops

from nlp_builder.layers import linear_chain, token_likelihood
from nlp_builder.layers.scores import Scores, arrays_of, like

OF_A_CRF = "Tags are ids, not one-hot vectors, and a chain is what a CRF layer returns."


class Constraints(NamedTuple):
    """Which tags may follow each other, begin and end a text.

    Attributes:
        transitions: bool `(tags, tags)`, from row to column.
        start: bool `(tags,)`.
        end: bool `(tags,)`.
    """

    transitions: np.ndarray
    start: np.ndarray
    end: np.ndarray

    def apply(self, parts: Scores, forbidden: float) -> Scores:
        """Gives each transition, start and end that is not allowed the score `forbidden`.

        Args:
            parts: A chain taken apart.
            forbidden: The score, for example minus infinity.

        Returns:
            The parts with the new scores.

        Raises:
            ValueError: If the parts have another number of tags.

        Example:
            >>> only_first = Constraints(np.eye(2) > 0, np.array([1, 0]) > 0, np.array([1, 1]) > 0)
            >>> parts = split_chain(np.zeros((1, 5, 3)))
            >>> only_first.apply(parts, -9.0).start.tolist()
            [0.0, -9.0]
        """
        expected, given = len(self.start), parts.potentials.shape[-1]
        if given != expected:
            raise ValueError(
                f"Expected a chain with {expected} tags, as the constraints have, got one with "
                f"{given}. Pass what the layer with these constraints returned."
            )
        xp = arrays_of(parts.transitions)
        transitions, start, end = (
            xp.where(allowed, score, forbidden)
            for allowed, score in zip(
                self, (parts.transitions, parts.start, parts.end), strict=True
            )
        )
        return parts._replace(transitions=transitions, start=start, end=end)


def constraints_of(constraints: Any, num_tags: int) -> Constraints | None:
    """Checks constraints.

    Args:
        constraints: Three boolean arrays or lists: transitions `(tags, tags)`, start `(tags,)`, end
            `(tags,)`; or None.
        num_tags: Number of tags.

    Returns:
        The constraints as arrays, or None.

    Raises:
        ValueError: If the shapes do not fit, or no tag may begin or end a text.

    Example:
        >>> constraints_of(([[1, 0], [1, 1]], [1, 1], [1, 1]), 2).transitions.tolist()
        [[True, False], [True, True]]
    """
    if constraints is None:
        return None
    arrays = [np.asarray(part, dtype=bool) for part in constraints]
    expected = [(num_tags, num_tags), (num_tags,), (num_tags,)]
    shapes = [part.shape for part in arrays]
    if shapes != expected:
        raise ValueError(
            f"Expected constraints (transitions, start, end) of shapes {expected}, got {shapes}. "
            "TagAlphabet.allowed_transitions gives them."
        )
    if not (arrays[1].any() and arrays[2].any()):
        raise ValueError("No tag is allowed to begin or to end a text; allow at least one of each.")
    return Constraints(*arrays)


def split_chain(chain: Any) -> Scores:
    """Takes a chain apart.

    Args:
        chain: `(batch, words + tags + 2, tags + 1)`, tensor or array.

    Returns:
        Potentials `(batch, words, tags)`, transitions, start, end and mask.

    Raises:
        TypeError: If `chain` is no tensor, or a ragged one.
        ValueError: If `chain` cannot be one.

    Example:
        >>> tuple(split_chain(np.zeros((2, 8, 4))).potentials.shape)
        (2, 3, 3)
    """
    if hasattr(chain, "row_splits") or not hasattr(chain, "shape"):
        raise TypeError(
            f"Expected a tensor or an array, got {type(chain).__name__}. Texts of different "
            "lengths make model.predict return a ragged tensor: predict them batch by batch, with "
            "predict_tags or Batches.in_order, or on arrays of one length."
        )
    shape = tuple(chain.shape)
    if len(shape) != 3 or shape[2] < 2 or (shape[1] is not None and shape[1] <= shape[2]):
        raise ValueError(
            "Expected the output of a CRF layer, (batch, words + tags + 2, tags + 1), got shape "
            f"{shape}. Pass what the layer or model.predict returned, not potentials."
        )
    tags = shape[2] - 1
    xp = arrays_of(chain)
    # The sum takes the rows of the first text, or zeros where there is no text. A slice from an
    # unknown end has no known length; the reshape says it.
    rows = xp.sum(chain[:1, -(tags + 2) :, :tags], axis=0)
    rows = xp.reshape(rows, (tags + 2, tags))
    words = chain[:, : -(tags + 2)]
    return Scores(words[..., :tags], rows[:tags], rows[tags], rows[tags + 1], words[..., tags])


def call_on(function: Any, parts: Scores, *arguments: Any, **named: Any) -> Any:
    """Calls a function of `linear_chain`'s kind on a chain that was taken apart.

    Args:
        function: Takes potentials, transitions, start, end, mask, and what follows.
        parts: The parts.
        *arguments: Positional arguments after the transitions.
        **named: Further named arguments.

    Returns:
        What the function returns.

    Example:
        >>> float(call_on(linear_chain.log_partition, split_chain(np.zeros((1, 4, 2))))[0])
        0.0
    """
    edges = {"start": parts.start, "end": parts.end, "mask": parts.mask}
    return function(parts.potentials, parts.transitions, *arguments, **edges, **named)


def log_likelihood(chain: Any, tags: Any) -> Any:
    """Computes the log-likelihood of tags under a chain.

    Args:
        chain: The output of a CRF layer, a tensor or an array.
        tags: int `(batch, words)`; anything at padding.

    Returns:
        `(batch,)`; an array if `chain` is one.

    Raises:
        ValueError: If `chain` cannot be the output of a CRF layer, or has other words than `tags`.

    Example:
        >>> log_likelihood(np.zeros((1, 4, 2)), np.zeros((1, 1), int)).tolist()
        [0.0]
    """
    return _of_tags(linear_chain.log_likelihood, chain, tags)


def log_likelihood_and_beliefs(chain: Any, tags: Any) -> tuple[Any, Any]:
    """Computes the log-likelihood of tags under a chain, and hands out what else was found.

    Args:
        chain: The output of a CRF layer, a tensor or an array.
        tags: int `(batch, words)`; anything at padding.

    Returns:
        `(batch,)` and a tensor `(batch, words, tags)` or None, as of
        `linear_chain.log_likelihood_and_beliefs`.

    Raises:
        ValueError: If `chain` cannot be the output of a CRF layer, or has other words than `tags`.

    Example:
        >>> log_likelihood_and_beliefs(np.zeros((1, 4, 2)), np.zeros((1, 1), int))[0].tolist()
        [0.0]
    """
    return _of_tags(linear_chain.log_likelihood_and_beliefs, chain, tags)


def token_log_likelihood(chain: Any, tags: Any) -> Any:
    """Computes the log-likelihood of each word's tag, after the tags before it, under a chain.

    Args:
        chain: The output of a CRF layer, a tensor or an array.
        tags: int `(batch, words)`; anything at padding.

    Returns:
        `(batch, words)`, 0 at padding; an array if `chain` is one.

    Raises:
        ValueError: If `chain` cannot be the output of a CRF layer, or has other words than `tags`.

    Example:
        >>> token_log_likelihood(np.ones((1, 5, 2)), np.zeros((1, 2), int)).tolist()
        [[0.0, 0.0]]
    """
    return _of_tags(token_likelihood.token_log_likelihood, chain, tags)


def _of_tags(function: Any, chain: Any, tags: Any) -> Any:
    parts = split_chain(chain)
    check_words(parts, tags)
    edges = {"start": parts.start, "end": parts.end, "mask": parts.mask}
    return function(parts.potentials, tags, parts.transitions, **edges)


def check_words(parts: Scores, tags: Any) -> None:
    """Checks that there is a tag for each word of a chain; see `check_tags` for potentials.

    Args:
        parts: A chain taken apart.
        tags: int `(batch, words)` if right.

    Raises:
        ValueError: If the shapes do not fit; lengths that a graph does not know yet do fit.

    Example:
        >>> check_words(split_chain(np.zeros((1, 5, 2))), [[0, 0]])
    """
    expected, given = tuple(parts.potentials.shape[:2]), _shape(tags)
    if len(given) != 2 or (None not in (expected[1], given[1]) and expected[1] != given[1]):
        raise ValueError(
            f"Expected tags of shape (batch, words) = {expected}, as the chain has it, got "
            f"{given}. {OF_A_CRF}"
        )


def _shape(tags: Any) -> tuple[int | None, ...]:
    try:
        return tuple(np.shape(tags))
    except ValueError:  # TensorFlow, where the number of axes is not known
        return ()


def lengths(chain: Any) -> Any:
    """Counts the words of each text, for cutting decoded tags.

    Args:
        chain: The output of a CRF layer, a tensor or an array.

    Returns:
        int32 `(batch,)`; an array if `chain` is one.

    Raises:
        ValueError: If `chain` cannot be the output of a CRF layer.

    Example:
        >>> lengths(np.ones((1, 7, 3))).tolist()
        [3]
    """
    return like(chain, ops.cast(ops.sum(split_chain(chain).mask, axis=1), "int32"))
