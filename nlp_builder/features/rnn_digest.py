"""Recurrent digests: a sequence of vectors to one vector, or to a sequence of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from nlp_builder.features.archive import saveable
from nlp_builder.features.checks import boolean, seed
from nlp_builder.features.composition import Composition
from nlp_builder.features.feature import Feature
from nlp_builder.features.shapes import Connection, ModelIOShape
from nlp_builder.features.wiring import Inputs
from nlp_builder.layers import Digest, MaskedConcatenate
from nlp_builder.text.checks import positive_int

# A file says this by a number, and each of them takes time to be made.
_MOST_LAYERS = 100
# With these a word is another one at each of its places in training.
_NOISE = ("dropout", "recurrent_dropout")


@saveable
class RNNDigest(Composition):
    """Digest the last sequence of one block, or of several side by side, by recurrent layers.

    Characters of words, (words, chars, dim), become a vector for each word, (words, units);
    vectors of words, (words, dim), become one for the text, (units,). It trains with the model
    that it is part of. The digest of padding is exactly zero. Of vectors without a mask, such as
    those that a pooling layer makes, all count. Each distinct word of a batch is digested
    once, in training as well unless dropout makes another one of it at each of its places.

    Args:
        inputs: a block, or a list of blocks of the same lengths, whose vectors are concatenated;
            also blocks of several texts by name, as for `KerasWrapper`.
        units_per_layer: the length of a layer's state; both directions together have twice that.
        rnn_type: "rnn", "gru" or "lstm".
        stacked_layers: the number of layers, each of which reads the one before.
        masking: skip padding.
        bidirectional: read from both ends.
        return_sequences: one vector for each step, not one for the whole sequence.
        random_seed: the seed of the weights.
        **kwargs: further arguments of Keras' recurrent layer, numbers and names: dropout=0.2.

    Raises:
        ValueError: if the inputs cannot be concatenated, or an argument is out of its range.
        TypeError: if an input is not a block.

    Example:
        >>> from nlp_builder.features import CharPerWordEmbeddingSequence
        >>> characters = CharPerWordEmbeddingSequence("whitespace", 8, word_maxlen=4)
        >>> digest = RNNDigest(characters, 5, "gru", bidirectional=True)
        >>> digest.outputs_shape
        (4, 10), float32
        >>> vectors = digest.build(["a few words"])(digest.preprocess_texts(["three words here"]))
        >>> vectors.shape, vectors[0, 3].any()
        ((1, 4, 10), np.False_)
    """

    def __init__(
        self,
        inputs: Inputs,
        units_per_layer: int,
        rnn_type: str,
        stacked_layers: int = 1,
        masking: bool = True,
        bidirectional: bool = False,
        return_sequences: bool = False,
        random_seed: int = 42,
        **kwargs: Any,
    ) -> None:
        super().__init__(inputs)
        self.units_per_layer = positive_int("units_per_layer", units_per_layer)
        self.rnn_type = rnn_type
        self.stacked_layers = positive_int("stacked_layers", stacked_layers)
        if self.stacked_layers > _MOST_LAYERS:
            raise ValueError(
                f"expected at most {_MOST_LAYERS} stacked_layers, got {self.stacked_layers}"
            )
        self.masking = boolean("masking", masking)
        self.bidirectional = boolean("bidirectional", bidirectional)
        self.return_sequences = boolean("return_sequences", return_sequences)
        self.random_seed = seed("random_seed", random_seed)
        self.kwargs = kwargs
        self._policy = str(kwargs.get("dtype", self._policy))
        self._sequence_shape = _joint_shape(self._read_shapes())
        self._new_digest()  # refuses what Keras refuses, now and not at build

    @property
    def outputs_shape(self) -> ModelIOShape:
        """(..., units) or, with `return_sequences`, (..., steps, units)."""
        leading = self._sequence_shape[: -1 if self.return_sequences else -2]
        units = self.units_per_layer * (2 if self.bidirectional else 1)
        return ModelIOShape((*leading, units), self._output_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments by name."""
        return {
            "inputs": self._inputs_argument,
            "units_per_layer": self.units_per_layer,
            "rnn_type": self.rnn_type,
            "stacked_layers": self.stacked_layers,
            "masking": self.masking,
            "bidirectional": self.bidirectional,
            "return_sequences": self.return_sequences,
            "random_seed": self.random_seed,
            **self.kwargs,
        }

    def _new_digest(self) -> Digest:
        return Digest(
            self.units_per_layer,
            self.rnn_type,
            stacked_layers=self.stacked_layers,
            masking=self.masking,
            bidirectional=self.bidirectional,
            return_sequences=self.return_sequences,
            random_seed=self.random_seed,
            **{"dtype": self._policy, **self.kwargs},
        )

    def _looks_at_rows(self, *, training: bool) -> bool:
        leading = len(self._sequence_shape) - 2
        # What an output costs, it costs at each place.
        differs = ["activity_regularizer", *(_NOISE if training else ())]
        return not any(map(self.kwargs.get, differs)) and self._reads_rows(
            leading, training=training
        )

    def _make_layers(self) -> list[keras.layers.Layer]:
        return [self._new_digest(), MaskedConcatenate(dtype=self._policy)]

    def _connect(self, inputs: list[Any]) -> list[Connection]:
        digest, concatenate = self._layers
        sequence, mask = inputs[0]
        if len(inputs) > 1:
            parts = [part.outputs for part in inputs]
            sequence = concatenate(parts)
            mask = concatenate.compute_mask(parts, [part.mask for part in inputs])
        outputs = digest(sequence, mask=mask)
        return [Connection(outputs, digest.compute_mask(sequence, mask))]


def _joint_shape(sources: Sequence[tuple[Feature, ModelIOShape]]) -> tuple[int | None, ...]:
    shapes = [shape.shape for _, shape in sources]
    for shape in shapes:
        if len(shape) < 2 or len(shape) != len(shapes[0]) or shape[:-1] != shapes[0][:-1]:
            raise ValueError(
                "RNNDigest digests sequences of vectors, and several only if all axes but the last "
                f"are equal: got {[block for block, _ in sources]!r}; give the blocks the same "
                "lengths, or digest the deeper one first"
            )
    return (*shapes[0][:-1], sum(int(shape[-1] or 0) for shape in shapes))
