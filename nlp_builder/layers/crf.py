"""The CRF as a Keras layer whose output carries the whole chain."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nlp_builder.layers.chain import (
    Constraints,
    call_on,
    constraints_of,
    lengths,
    log_likelihood,
    split_chain,
)
from nlp_builder.layers.linear_chain import log_partition
from nlp_builder.layers.nbest import nbest
from nlp_builder.layers.posterior import marginals
from nlp_builder.layers.scores import Scores
from nlp_builder.layers.viterbi import viterbi

__all__ = ["CRF", "CRFDecoder"]

FORBIDDEN = -1e6  # what a constraint scores in training: exp of it is 0, sums of it stay finite


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
        constraints: Which tags may follow each other, begin and end a text: three boolean arrays,
            `(num_tags, num_tags)` from row to column, `(num_tags,)` and `(num_tags,)`, as
            `TagAlphabet.allowed_transitions` gives them. Decoding and marginals obey them.
        constrain_training: Whether the log-likelihood also knows only what is allowed. It then
            costs about 1e6 for each forbidden step of a text's own tags.
        transitions_initializer: Of the `(num_tags, num_tags)` scores, from row to column.
        boundaries_initializer: Of the start and the end scores, `(num_tags,)` each.
        transitions_regularizer: Of the transition scores.
        boundaries_regularizer: Of the start and of the end scores.
        **kwargs: `name`, `trainable` of a Keras layer; `dtype="float64"` computes in that.

    Call arguments: potentials `(batch, words, num_tags)` and a bool mask `(batch, words)`, which is
    taken from the potentials if they carry one.

    Output shape: `(batch, words + num_tags + 2, num_tags + 1)`.

    Raises:
        ValueError: If `num_tags` is not a positive integer, or constraints or potentials do not
            fit.

    Example:
        >>> from nlp_builder.layers import CRFLoss
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
        constraints: Any = None,
        constrain_training: bool = False,
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
        self.constraints = constraints_of(constraints, self.num_tags)
        if constrain_training and self.constraints is None:
            raise ValueError("constrain_training needs constraints; got constraints=None.")
        self.constrain_training = constrain_training
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
        mask = ops.cast(mask, inputs.dtype)
        transitions, start, end = map(
            ops.convert_to_tensor, (self.transitions, self.start, self.end)
        )
        parts = Scores(inputs, transitions, start, end, mask)
        if self.constraints is not None and self.constrain_training:
            parts = self.constraints.apply(parts, FORBIDDEN)
        # (batch, words, num_tags + 1)
        words = ops.concatenate([inputs, mask[..., None]], axis=-1)
        # (num_tags + 2, num_tags + 1)
        rows = ops.concatenate([parts.transitions, parts.start[None], parts.end[None]], axis=0)
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

        Raises:
            ValueError: If `chain` cannot be the output of a CRF layer, or `tags` do not fit it.
        """
        return log_likelihood(chain, tags)

    def decode(self, chain: Any) -> tuple[Any, Any]:
        """Finds the best tags that the constraints allow, and their score.

        Args:
            chain: The layer's output: a tensor, an array, or a symbolic tensor, which gives
                symbolic ones, so that a model can predict tags.

        Returns:
            Tags, int32 `(batch, words)`, 0 at padding; scores `(batch,)`.

        Raises:
            ValueError: If `chain` cannot be the output of a CRF layer, or has other tags.
        """
        if isinstance(chain, keras.KerasTensor):
            return CRFDecoder(self.num_tags, constraints=self.constraints)(chain)
        return call_on(viterbi, _allowed(chain, self.constraints))

    def decode_nbest(self, chain: Any, n: int) -> tuple[Any, Any]:
        """Finds the n best sequences of tags that the constraints allow, and their scores.

        Args:
            chain: The layer's output, a tensor or an array.
            n: How many sequences of each text.

        Returns:
            Tags, int32 `(batch, n, words)`, 0 at padding; scores `(batch, n)`, best first, minus
            infinity where a text has fewer sequences.

        Raises:
            ValueError: If `chain` cannot be the output of a CRF layer, or has other tags, or `n`
                is not a positive integer.
        """
        return call_on(nbest, _allowed(chain, self.constraints), n)

    def marginals(self, chain: Any) -> Any:
        """Computes the probability of each tag among the sequences that the constraints allow.

        Args:
            chain: The layer's output, a tensor or an array.

        Returns:
            `(batch, words, num_tags)`; each word sums to 1, padding is zeros.

        Raises:
            ValueError: If `chain` cannot be the output of a CRF layer, or has other tags.
        """
        return call_on(marginals, _allowed(chain, self.constraints))

    def log_partition(self, chain: Any) -> Any:
        """Computes the logarithm of the sum over all sequences that the constraints allow.

        Args:
            chain: The layer's output, a tensor or an array.

        Returns:
            `(batch,)`: a score of `decode` minus this is the logarithm of a probability.

        Raises:
            ValueError: If `chain` cannot be the output of a CRF layer, or has other tags.
        """
        return call_on(log_partition, _allowed(chain, self.constraints))

    def lengths(self, chain: Any) -> Any:
        """Counts the words of each text, for cutting decoded tags.

        Args:
            chain: The layer's output, a tensor or an array.

        Returns:
            int32 `(batch,)`.

        Raises:
            ValueError: If `chain` cannot be the output of a CRF layer.
        """
        return lengths(chain)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON can hold them."""
        return {
            **super().get_config(),
            "num_tags": self.num_tags,
            "constraints": _listed(self.constraints),
            "constrain_training": self.constrain_training,
            "transitions_initializer": keras.initializers.serialize(self.transitions_initializer),
            "boundaries_initializer": keras.initializers.serialize(self.boundaries_initializer),
            "transitions_regularizer": keras.regularizers.serialize(self.transitions_regularizer),
            "boundaries_regularizer": keras.regularizers.serialize(self.boundaries_regularizer),
        }


@keras.saving.register_keras_serializable(package="nlp_builder")
class CRFDecoder(keras.layers.Layer):
    """Turns a chain into its best tags and their score; `CRF.decode` makes it in a graph.

    Args:
        num_tags: Number of tags.
        constraints: As of `CRF`.
        **kwargs: `name` of a Keras layer.

    Input shape: a chain, `(batch, words + num_tags + 2, num_tags + 1)`. Output shapes: int32
    `(batch, words)`, 0 at padding, and float `(batch,)`.

    Example:
        >>> words = keras.Input((None, 3))
        >>> crf = CRF(3)
        >>> tags, score = crf.decode(crf(words))
        >>> keras.Model(words, tags).predict(np.ones((1, 2, 3)), verbose=0).tolist()
        [[0, 0]]
    """

    def __init__(self, num_tags: int, *, constraints: Any = None, **kwargs: Any) -> None:
        """Checks and stores the arguments; see the class."""
        super().__init__(**{**kwargs, "dtype": _exact_dtype(kwargs.get("dtype"))})
        self.num_tags = num_tags
        self.constraints = constraints_of(constraints, num_tags)
        self.built = True

    def call(self, inputs: Any) -> tuple[Any, Any]:
        """Decodes; see the class for shapes."""
        return call_on(viterbi, _allowed(inputs, self.constraints))

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Returns the symbolic tags and score for a symbolic chain."""
        batch, rows = inputs.shape[:2]
        words = None if rows is None else rows - self.num_tags - 2
        return (
            keras.KerasTensor((batch, words), "int32"),
            keras.KerasTensor((batch,), self.compute_dtype),
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON can hold them."""
        constraints = _listed(self.constraints)
        return {**super().get_config(), "num_tags": self.num_tags, "constraints": constraints}


def _allowed(chain: Any, constraints: Constraints | None) -> Scores:
    parts = split_chain(chain)
    return parts if constraints is None else constraints.apply(parts, -float("inf"))


def _listed(constraints: Constraints | None) -> list[Any] | None:
    return None if constraints is None else [part.tolist() for part in constraints]


def _exact_dtype(dtype: Any) -> str:
    policy = keras.dtype_policies.get(dtype) if dtype is not None else keras.config.dtype_policy()
    return "float64" if policy.compute_dtype == "float64" else "float32"
