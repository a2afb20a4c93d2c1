"""The CRF as a Keras layer whose output carries the whole chain, and its loss and metric."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nlp_builder.layers import linear_chain
from nlp_builder.layers.linear_chain import Scores, like
from nlp_builder.layers.viterbi import viterbi


@keras.saving.register_keras_serializable(package="nlp_builder")
class CRF(keras.layers.Layer):
    """A linear-chain conditional random field on top of potentials.

    The output is one tensor, the chain: rows of potentials with the mask as their last column, then
    the transitions, the start and the end scores, the same for each text. Loss, decoding and
    marginals need nothing else, so they also work on what `model.predict` returned.

    Masks are right-padded: words first, padding behind. Computes in float32 whatever the policy.
    Source: J. Lafferty, A. McCallum and F. Pereira, "Conditional random fields", ICML 2001.

    Args:
        num_tags: Number of tags, the last axis of the potentials.
        transitions_initializer: Of the `(num_tags, num_tags)` scores, from row to column.
        boundaries_initializer: Of the start and the end scores, `(num_tags,)` each.
        transitions_regularizer: Of the transition scores.
        boundaries_regularizer: Of the start and of the end scores.
        **kwargs: `name`, `trainable` of a Keras layer; `dtype="float64"` computes in that.

    Call arguments: potentials `(batch, words, num_tags)` and a bool mask `(batch, words)`, which is
    taken from the potentials if they carry one.

    Output shape: `(batch, words + num_tags + 2, num_tags + 1)`.

    Raises:
        ValueError: If `num_tags` is not a positive integer or the potentials do not fit it.

    Example:
        >>> words = keras.Input((None, 8))
        >>> crf = CRF(3)
        >>> chain = crf(keras.layers.Dense(3)(words))
        >>> model = keras.Model(words, chain)
        >>> model.compile("adam", loss=CRFLoss())
        >>> tags, score = crf.decode(model.predict(np.zeros((2, 5, 8)), verbose=0))
        >>> tags.shape, score.shape
        ((2, 5), (2,))
    """

    def __init__(
        self,
        num_tags: int,
        *,
        transitions_initializer: Any = "zeros",
        boundaries_initializer: Any = "zeros",
        transitions_regularizer: Any = None,
        boundaries_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        """Checks and stores the arguments; see the class."""
        super().__init__(**{**kwargs, "dtype": _exact_dtype(kwargs.get("dtype"))})
        if not isinstance(num_tags, int | np.integer) or num_tags < 1:
            raise ValueError(f"num_tags must be a positive integer, got {num_tags!r}.")
        self.num_tags = int(num_tags)
        self.transitions_initializer = keras.initializers.get(transitions_initializer)
        self.boundaries_initializer = keras.initializers.get(boundaries_initializer)
        self.transitions_regularizer = keras.regularizers.get(transitions_regularizer)
        self.boundaries_regularizer = keras.regularizers.get(boundaries_regularizer)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Makes the transition, start and end scores."""
        if input_shape[-1] != self.num_tags or len(input_shape) != 3:
            raise ValueError(
                f"Expected potentials of shape (batch, words, {self.num_tags}), got "
                f"{tuple(input_shape)}. Put a Dense({self.num_tags}) before the CRF."
            )
        self.transitions = self.add_weight(
            shape=(self.num_tags, self.num_tags),
            initializer=self.transitions_initializer,
            regularizer=self.transitions_regularizer,
            name="transitions",
        )
        self.start, self.end = (
            self.add_weight(
                shape=(self.num_tags,),
                initializer=self.boundaries_initializer,
                regularizer=self.boundaries_regularizer,
                name=name,
            )
            for name in ("start", "end")
        )
        self.built = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Joins potentials, mask and scores to the chain; see the class for shapes."""
        if mask is None:
            mask = ops.ones_like(inputs[..., 0])
        # (batch, words, num_tags + 1)
        words = ops.concatenate([inputs, ops.cast(mask, inputs.dtype)[..., None]], axis=-1)
        # (num_tags + 2, num_tags + 1)
        rows = ops.concatenate([self.transitions, self.start[None], self.end[None]], axis=0)
        rows = ops.pad(rows, ((0, 0), (0, 1)))
        shape = (ops.shape(inputs)[0], self.num_tags + 2, self.num_tags + 1)
        return ops.concatenate([words, ops.broadcast_to(rows, shape)], axis=1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Returns None: the chain has the mask as a column, and the loss is per text."""
        return None

    def compute_output_shape(self, input_shape: Any, **kwargs: Any) -> tuple[int | None, ...]:
        """Returns `(batch, words + num_tags + 2, num_tags + 1)`."""
        batch, words = input_shape[:2]
        rows = None if words is None else words + self.num_tags + 2
        return (batch, rows, self.num_tags + 1)

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> keras.KerasTensor:
        """Returns the symbolic chain for symbolic potentials."""
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), self.compute_dtype)

    def log_likelihood(self, chain: Any, tags: Any) -> Any:
        """Computes the logarithm of the probability of given tags.

        Args:
            chain: The layer's output, a tensor or an array.
            tags: int `(batch, words)`; anything at padding.

        Returns:
            `(batch,)`, an array if `chain` is one.
        """
        return log_likelihood(chain, tags)

    def decode(self, chain: Any) -> tuple[Any, Any]:
        """Finds the best tags and their score.

        Args:
            chain: The layer's output, a tensor or an array, `(batch, words + num_tags + 2, ...)`.

        Returns:
            Tags, int32 `(batch, words)`, 0 at padding; scores `(batch,)`.
        """
        return _viterbi(split_chain(chain))

    def lengths(self, chain: Any) -> Any:
        """Counts the words of each text, for cutting decoded tags.

        Args:
            chain: The layer's output, a tensor or an array.

        Returns:
            int32 `(batch,)`.
        """
        return _lengths(split_chain(chain))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON can hold them."""
        return {
            **super().get_config(),
            "num_tags": self.num_tags,
            "transitions_initializer": keras.initializers.serialize(self.transitions_initializer),
            "boundaries_initializer": keras.initializers.serialize(self.boundaries_initializer),
            "transitions_regularizer": keras.regularizers.serialize(self.transitions_regularizer),
            "boundaries_regularizer": keras.regularizers.serialize(self.boundaries_regularizer),
        }


@keras.saving.register_keras_serializable(package="nlp_builder")
class CRFLoss(keras.losses.Loss):
    """Negative log-likelihood of the tags, one value for each text.

    Stateless: the scores come with the chain, so a loaded model trains its own.

    Args:
        reduction: As of any Keras loss; the default is the mean over texts.
        name: Name of the loss.
        dtype: Left at None, the tags arrive as float32, exact up to 2**24.

    Example:
        >>> chain = CRF(2)(np.zeros((1, 3, 2), "float32"))
        >>> round(float(CRFLoss()(np.array([[0, 1, 0]]), chain)), 4)  # log(2 ** 3)
        2.0794
    """

    def __init__(
        self,
        reduction: str = "sum_over_batch_size",
        name: str = "crf_loss",
        dtype: Any = None,
    ) -> None:
        """Stores the arguments; see the class."""
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns `(batch,)` for tags `(batch, words)` and a chain."""
        return -log_likelihood(y_pred, y_true)


def split_chain(chain: Any) -> Scores:
    """Takes a chain apart.

    Args:
        chain: `(batch, words + tags + 2, tags + 1)`, tensor or array.

    Returns:
        Potentials `(batch, words, tags)`, transitions, start, end and mask.

    Raises:
        ValueError: If `chain` cannot be one.

    Example:
        >>> tuple(split_chain(np.zeros((2, 8, 4))).potentials.shape)
        (2, 3, 3)
    """
    shape = tuple(chain.shape)
    if len(shape) != 3 or shape[2] < 2 or (shape[1] is not None and shape[1] < shape[2] + 1):
        raise ValueError(
            "Expected the output of a CRF layer, (batch, words + tags + 2, tags + 1), got shape "
            f"{shape}. Pass what the layer or model.predict returned, not potentials."
        )
    tags = shape[2] - 1
    # (tags + 2, tags); a slice by an unknown length has no static shape of its own
    scores = (
        chain[0, -(tags + 2) :, :tags].reshape((tags + 2, tags))
        if isinstance(chain, np.ndarray)
        else ops.reshape(chain[0, -(tags + 2) :, :tags], (tags + 2, tags))
    )
    words = chain[:, : -(tags + 2)]
    return Scores(
        words[..., :tags], scores[:tags], scores[tags], scores[tags + 1], words[..., tags]
    )


def decode(chain: Any) -> tuple[Any, Any]:
    """Finds the best tags of each text, and how many of them are of words.

    Args:
        chain: The output of a CRF layer, a tensor or an array.

    Returns:
        Tags, int32 `(batch, words)`, 0 at padding; lengths, int32 `(batch,)`.

    Raises:
        ValueError: If `chain` cannot be the output of a CRF layer.

    Example:
        >>> chain = CRF(2)(np.eye(2, dtype="float32")[None], mask=np.array([[True, False]]))
        >>> tags, lengths = decode(ops.convert_to_numpy(chain))
        >>> tags.tolist(), lengths.tolist()
        ([[0, 0]], [1])
    """
    parts = split_chain(chain)
    return _viterbi(parts)[0], _lengths(parts)


def _viterbi(parts: Scores) -> tuple[Any, Any]:
    return viterbi(
        parts.potentials, parts.transitions, start=parts.start, end=parts.end, mask=parts.mask
    )


def _lengths(parts: Scores) -> Any:
    return like(parts.mask, ops.cast(ops.sum(parts.mask, axis=1), "int32"))


def log_likelihood(chain: Any, tags: Any) -> Any:
    """Computes the log-likelihood of tags `(batch, words)` under a chain; returns `(batch,)`."""
    parts = split_chain(chain)
    return linear_chain.log_likelihood(
        parts.potentials,
        tags,
        parts.transitions,
        start=parts.start,
        end=parts.end,
        mask=parts.mask,
    )


def _exact_dtype(dtype: Any) -> str:
    policy = keras.dtype_policies.get(dtype) if dtype is not None else keras.config.dtype_policy()
    return "float64" if policy.compute_dtype == "float64" else "float32"
