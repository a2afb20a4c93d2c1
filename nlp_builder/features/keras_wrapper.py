"""Keras models that read blocks."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from nlp_builder.features import model_inputs
from nlp_builder.features.archive import State, saveable
from nlp_builder.features.checks import seed
from nlp_builder.features.composition import Composition
from nlp_builder.features.frozen import set_trainable_flags, trainable_flags
from nlp_builder.features.kept_steps import kept_inputs
from nlp_builder.features.masks import connected
from nlp_builder.features.row_models import looks_at_rows
from nlp_builder.features.shapes import Connection, ModelIOShape
from nlp_builder.features.wiring import Inputs
from nlp_builder.layers import Folded, MaskedConcatenate


@saveable
class KerasWrapper(Composition):
    """A Keras model that reads blocks, and is a block itself: trained on texts, and composed on.

    A model of one input reads all blocks, their vectors concatenated; a model of several inputs
    reads one block with each. Axes that a block has and the model does not expect are gone along:
    a model of words, (chars, dim) to (units,), makes of (words, chars, dim) a vector for each word,
    (words, units), with zeros for padding. The weights are those of the model that was given.

    Masks go into the model, so that recurrent layers and averages skip padding, and come out of it
    where its layers keep steps in their places. Inside they end, as in Keras, at the first layer
    that takes none, such as a convolution or a maximum, which reads padding as zeros. All that
    stands behind a convolution counts what that made of padding, so that at free length
    (`sequence_maxlen=None`) the result of a convolution and pooling depends on how far a batch is
    padded: give such a model blocks with a maximum length. A recurrent layer behind a convolution
    skips padding in a wrapper of its own.

    Args:
        inputs: a block, or a list of blocks; or, to read several texts, blocks for each text by
            name, `[("question", [block]), ("answer", [block])]` or a dict of the kind. A block
            that is there twice is shared.
        wrapped_model: a functional or sequential model with a defined input.
        random_seed: the seed of the order of the texts in `fit`.

    Raises:
        TypeError: if an input is not a block, or the model is none of Keras.
        ValueError: if blocks and model do not fit together.

    Example:
        >>> from nlp_builder.features import CharEmbeddingSequence
        >>> characters = CharEmbeddingSequence(8, sequence_maxlen=20)
        >>> layers = [keras.Input((20, 8)), keras.layers.GRU(4), keras.layers.Dense(1)]
        >>> shouting = KerasWrapper(characters, keras.Sequential(layers))
        >>> shouting.outputs_shape
        (1,), float32
        >>> texts = ["HELP", "what a calm day", "GO AWAY", "I see"]
        >>> shouting.build(texts).compile("adam", "mse")
        >>> history = shouting.fit(texts, [1, 0, 1, 0], verbose=0)
        >>> shouting.predict(["NO", "yes", "maybe"]).shape
        (3, 1)
    """

    def __init__(self, inputs: Inputs, wrapped_model: keras.Model, random_seed: int = 42) -> None:
        super().__init__(inputs)
        self.wrapped_model = model_inputs.checked_model(wrapped_model)
        self.random_seed = seed("random_seed", random_seed)
        # Those of a copy that has learnt nothing; None if they are not known any more.
        self._first_weights: list[np.ndarray] | None = wrapped_model.get_weights()
        shapes, leading = model_inputs.fitted(self._read_shapes(), wrapped_model)
        self._folded = Folded(wrapped_model, leading)
        self._shapes = model_inputs.outputs_of(self._folded, shapes, wrapped_model)

    @property
    def outputs_shape(self) -> ModelIOShape | list[ModelIOShape]:
        """What the model makes of the blocks' shapes; a list if it has several outputs."""
        return self._shapes[0] if len(self._shapes) == 1 else list(self._shapes)

    @property
    def output_names(self) -> list[str] | None:
        """The names of the model's outputs if there are several."""
        names = model_inputs.output_names(self.wrapped_model)
        return names if len(names) > 1 else None

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments by name."""
        return {
            "inputs": self._inputs_argument,
            "wrapped_model": self.wrapped_model,
            "random_seed": self.random_seed,
        }

    def _unfitted(self, model: keras.Model) -> keras.Model:
        copied = keras.models.clone_model(model)
        # What was frozen with the block would be frozen for good in the copy.
        set_trainable_flags([copied], trainable_flags([model]))
        if self._first_weights is not None:
            copied.set_weights(self._first_weights)
        return copied

    def _looks_at_rows(self, *, training: bool) -> bool:
        return self._reads_rows(self._folded.leading, training=training) and looks_at_rows(
            self.wrapped_model, training=training
        )

    def _make_layers(self) -> list[keras.layers.Layer]:
        return [self._folded, MaskedConcatenate(dtype=self._policy)]

    def _connect(self, inputs: list[Any]) -> list[Connection]:
        folded, concatenate = self._layers
        tensors = [part.outputs for part in inputs]
        masks = [part.mask for part in inputs]
        if len(self.wrapped_model.inputs) == 1 and len(inputs) > 1:
            masks = [concatenate.compute_mask(tensors, masks)]
            tensors = [concatenate(tensors)]
        outputs = folded(
            model_inputs.arranged(tensors, self.wrapped_model),
            mask=masks[0] if len(masks) == 1 else masks,
        )
        read = [Connection(*pair) for pair in zip(tensors, masks, strict=True)]
        kept = kept_inputs(self.wrapped_model)
        return [
            connected(output, [read[number] for number in sorted(its)], self._folded.leading)
            for output, its in zip(keras.tree.flatten(outputs), kept, strict=True)
        ]

    def _last_model(self) -> keras.Model:
        return self.wrapped_model

    def _named_outputs(self, outputs: list[Any]) -> Any:
        names = self.output_names
        return outputs[0] if names is None else dict(zip(names, outputs, strict=True))

    def _in_order(self, outputs: list[Any]) -> list[Any]:
        # Keras sorts the outputs of a dict by their names.
        names = self.output_names
        if names is None:
            return outputs
        by_name = dict(zip(sorted(names), outputs, strict=True))
        return [by_name[name] for name in names]

    def _own_weights(self) -> dict[str, Any]:
        # They are kept with the model, which is an argument.
        return {}

    def _state(self) -> State:
        state = super()._state()
        state.values["trainable"] = trainable_flags([self.wrapped_model])
        state.values["trained"] = self._is_trained()
        return state

    def _is_trained(self) -> bool:
        weights = self.wrapped_model.get_weights()
        first = self._first_weights
        return first is None or not all(map(np.array_equal, first, weights))

    def _restore(self, state: State) -> None:
        # What a frozen model was before is not to be seen from the model.
        set_trainable_flags([self.wrapped_model], state.values.pop("trainable"))
        if state.values.pop("trained"):
            self._first_weights = None
        super()._restore(state)
