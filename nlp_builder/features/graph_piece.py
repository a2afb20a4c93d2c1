"""The Keras side of a block: a graph from ids to outputs, its masks and its weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

import keras
import numpy as np

from nlp_builder.features import checks, tree
from nlp_builder.features.frozen import freeze, thaw
from nlp_builder.features.layer_order import order_layers
from nlp_builder.features.shapes import Connection, ModelIOShape, Slot, TextSlot

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature


class GraphPiece(ABC):
    """A piece of a Keras graph whose shapes are known before it is built."""

    def __init__(self) -> None:
        self._graph: keras.Model | None = None
        self._connections: list[Connection] = []
        self._frozen = False
        # Of Keras' policy now, as with a Keras layer; a file keeps it.
        self._policy = str(keras.config.dtype_policy().name)

    @property
    @abstractmethod
    def outputs_shape(self) -> ModelIOShape | list[ModelIOShape]:
        """Shape and dtype of the output, without the batch axis; a list if there are several."""

    @property
    @abstractmethod
    def blocks(self) -> tuple[Feature, ...]:
        """The blocks that this one is made of, each once."""

    @property
    @abstractmethod
    def reads(self) -> tuple[Slot, ...]:
        """The blocks whose outputs this one reads, in order; none if it reads texts itself."""

    @property
    @abstractmethod
    def slots(self) -> tuple[TextSlot, ...]:
        """What reads texts, with their names: one entry for each input tensor, in their order."""

    @abstractmethod
    def _make_layers(self) -> list[keras.layers.Layer]:
        """Return the layers, with their weights, for what was learnt."""

    @abstractmethod
    def _connect(self, inputs: list[Any]) -> list[Connection]:
        """Apply the layers to the outputs of what is read, or, if it reads texts, to ids."""

    def _looks_at_rows(self, *, training: bool) -> bool:
        """Tell whether each row of ids, such as a word of characters, decides its outputs alone.

        Then equal rows of a batch have equal outputs.

        Args:
            training: whether that is asked for training, where dropout tells them apart.
        """
        return False

    def _assemble(self) -> None:
        for block in self.blocks:
            if block._graph is None:
                block._assemble()
        self._make_graph()
        self._set_given()

    def _make_graph(self) -> None:
        self._layers = self._make_layers()
        if self._frozen:
            freeze(self._layers)
        inputs = {slot: keras.Input(slot.block._ids_shape(), dtype="int32") for slot in self.slots}
        self._connections = tree.connect(self, inputs)
        outputs = [connection.outputs for connection in self._connections]
        self._graph = keras.Model(list(inputs.values()), self._named_outputs(outputs))
        order_layers(self._graph)
        # Keras scales losses where a model's policy asks for it.
        self._graph.dtype_policy = self._policy

    def _set_given(self) -> None:
        """Set the weights that are given, and not drawn."""
        return None

    def _settle(self) -> None:
        """Let go of what was only needed to make the layers."""
        return None

    def _named_outputs(self, outputs: list[Any]) -> Any:
        """Return the outputs as the graph has them: one tensor, or several by name."""
        return outputs[0]

    def _built(self) -> keras.Model:
        if self._graph is None:
            raise self._not_built()
        return self._graph

    def _not_built(self) -> ValueError:
        name = type(self).__name__
        return ValueError(f"{name} is not built: call build(texts), or load a saved one")

    @property
    def _output_dtype(self) -> str:
        return str(keras.dtype_policies.get(self._policy).compute_dtype)

    @property
    def inputs_shape(self) -> ModelIOShape | list[ModelIOShape]:
        """Shape and dtype of what `preprocess_texts` returns, without the batch axis."""
        shapes = [ModelIOShape(slot.block._ids_shape(), "int32") for slot in self.slots]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def inputs(self) -> Any:
        """The symbolic input (batch, *inputs_shape), or a list of them; after `build`."""
        return _one_or_all(self._built().inputs)

    @property
    def outputs(self) -> Any:
        """The symbolic output (batch, *outputs_shape), or a list of them; after `build`."""
        self._built()
        return _one_or_all([connection.outputs for connection in self._connections])

    @property
    def mask(self) -> Any:
        """The symbolic mask, boolean (batch, words), True for words; None if there are none.

        A list if there are several outputs.
        """
        self._built()
        return _one_or_all([tree.words_of(connection.mask) for connection in self._connections])

    def __call__(self, inputs: Any) -> Any:
        """Apply the block to ids.

        Args:
            inputs: a Keras tensor, or a NumPy integer array, (batch, *inputs_shape); a list of
                them if the block reads several inputs.

        Returns:
            (batch, *outputs_shape), or a list of them if there are several outputs: Keras tensors
            of the same graph, through which gradients flow, or NumPy float32 arrays, computed in
            batches.

        Raises:
            TypeError: if `inputs` is neither.
            ValueError: if the block is not built, or number, shapes, type or range of ids are not
                what it reads.
        """
        self._built()
        tensors = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        checks.check_inputs(self, tensors)
        if not all(isinstance(tensor, np.ndarray) for tensor in tensors):
            found = tree.connect(self, dict(zip(self.slots, tensors, strict=True)))
            return _one_or_all([connection.outputs for connection in found])
        return _one_or_all(self._computed(tensors))

    def _computed(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        if len(arrays[0]) == 0:
            shapes = [shape.shape for shape in tree.output_shapes(self)]
            return [np.zeros((0, *(size or 0 for size in shape)), "float32") for shape in shapes]
        outputs = keras.tree.flatten(self._built().predict(arrays, batch_size=256, verbose=0))
        return self._in_order([output.astype("float32", copy=False) for output in outputs])

    def _in_order(self, outputs: list[Any]) -> list[Any]:
        """Return outputs as the graph has them in the order of `outputs_shape`."""
        return outputs

    # Weights.

    @property
    def weights_amount(self) -> int | None:
        """The number of weights, those of its blocks included; None before `build`."""
        return None if self._graph is None else self._graph.count_params()

    @property
    def trainable_weights_amount(self) -> int | None:
        """The number of weights that training may move; None before `build`."""
        if self._graph is None:
            return None
        return sum(int(np.prod(weight.shape)) for weight in self.trainable_weights)

    @property
    def trainable_weights(self) -> list[Any]:
        """The Keras variables that training may move; after `build`."""
        return list(self._built().trainable_weights)

    def freeze(self) -> Self:
        """Keep training from moving any weight, those of its blocks included.

        A Keras model that was compiled before has to be compiled again.

        Returns:
            The block itself.
        """
        return self._set_frozen(True)

    def unfreeze(self) -> Self:
        """Let training move all that is trained, in the blocks that it is made of as well.

        Given vectors are not among that: they stay as they are.

        Returns:
            The block itself.
        """
        return self._set_frozen(False)

    def _set_frozen(self, frozen: bool) -> Self:
        for block in self.blocks:
            block._set_frozen(frozen)
        self._frozen = frozen
        if self._graph is not None:
            (freeze if frozen else thaw)(self._layers)
        return self


def _one_or_all(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items
