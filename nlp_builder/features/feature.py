"""The one abstract class of blocks: it learns from texts, makes ids, and is a piece of a graph."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Self

import keras
import numpy as np

from nlp_builder import saving
from nlp_builder.features import archive, checks, learning, summary, tree
from nlp_builder.features.shapes import Connection, ModelIOShape
from nlp_builder.text import Text, TokenCounts, Tokenizer, Vocabulary, iterate_texts


class Feature(ABC):
    """A door from texts to Keras tensors.

    A block that reads texts itself is a leaf; a block that is made of others names them in
    `blocks`. Subclasses are final.
    """

    # Whether there is something to learn from texts; only leaves are asked.
    _needs_texts = True

    def __init__(self) -> None:
        self._corpus: str | None = None
        self._graph: keras.Model | None = None
        self._words_mask: Any = None
        self._frozen = False
        self._tokenizer: Tokenizer | None = None
        self._vocabulary: Vocabulary | None = None
        # Of Keras' policy now, as with a Keras layer; a file keeps it.
        self._policy = str(keras.config.dtype_policy().name)

    # What a block has to say of itself.

    @property
    def blocks(self) -> tuple[Feature, ...]:
        """The blocks that this one reads, in order; none for a block that reads texts."""
        return ()

    @property
    @abstractmethod
    def outputs_shape(self) -> ModelIOShape:
        """Shape and dtype of the output tensor, without the batch axis; known before `build`."""

    @abstractmethod
    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments by name; blocks, functions and vectors as objects."""

    @abstractmethod
    def _make_layers(self) -> list[keras.layers.Layer]:
        """Return new layers, with their weights, for what was learnt."""

    @abstractmethod
    def _connect(self, inputs: list[Any]) -> Connection:
        """Apply the layers to the connections of `blocks`, or, in a leaf, to its ids."""

    # What only leaves do.

    def _ids_shape(self) -> tuple[int | None, ...]:
        """Return the shape of a text's ids."""
        raise NotImplementedError(f"{type(self).__name__} reads no texts itself")

    def _ids(self, texts: Sequence[Text]) -> np.ndarray:
        """Return the ids of texts, int32 (batch, *ids_shape)."""
        raise NotImplementedError(f"{type(self).__name__} reads no texts itself")

    def _symbols(self, texts: Sequence[Text]) -> Iterable[str]:
        """Return the symbols of texts, to be counted at `build`; none if there is no need."""
        return ()

    def _learn(self, counts: TokenCounts) -> None:
        """Keep what is needed of the symbols of a corpus."""
        return None

    # Learning.

    def build(self, texts: Iterable[Text] | None = None) -> Self:
        """Learn from a corpus, and make the layers.

        Args:
            texts: strings or lists of tokens, in a list, tuple, Series, array or generator, which
                is read once and never held whole. None if all that there is to learn was learnt:
                a new digest of a loaded block, say.

        Returns:
            The block itself.

        Raises:
            TypeError: if `texts` is a bare string, or holds something that is no text.
            ValueError: if the corpus is empty, or is another than the one that the block, or one
                of its blocks, was built with.
        """
        corpus = learning.learn(self.leaves, texts, owner=self)
        if self._graph is None:
            self._assemble()
        if corpus is not None:
            for leaf in self.leaves:
                leaf._corpus = corpus
        return self

    @property
    def leaves(self) -> tuple[Feature, ...]:
        """The blocks that read texts, each once, in the order of the input tensors."""
        return tuple(block for block in tree.parts_first(self) if not block.blocks)

    def _assemble(self) -> None:
        for block in self.blocks:
            if block._graph is None:
                block._assemble()
        self._layers = self._make_layers()
        self._trainable = [layer.trainable for layer in self._layers]
        self._apply_frozen()
        inputs = [keras.Input(leaf._ids_shape(), dtype="int32") for leaf in self.leaves]
        outputs, mask = tree.connect(self, dict(zip(self.leaves, inputs, strict=True)))
        self._words_mask = None if mask is None else tree.words_of(mask)
        self._graph = keras.Model(inputs, outputs)

    def _built(self) -> keras.Model:
        if self._graph is None:
            raise self._not_built()
        return self._graph

    def _not_built(self) -> ValueError:
        name = type(self).__name__
        return ValueError(f"{name} is not built: call build(texts), or load a saved one")

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The tokens or characters that have an id of their own; None if there are none yet."""
        return self._vocabulary

    def _learnt_vocabulary(self) -> Vocabulary:
        if self._vocabulary is None:
            raise self._not_built()
        return self._vocabulary

    # Using.

    def preprocess_texts(self, texts: Iterable[Text]) -> np.ndarray | list[np.ndarray]:
        """Turn texts into ids: 0 is padding, 1 is unknown, 2 and up the vocabulary.

        Args:
            texts: strings or lists of tokens, as in `build`.

        Returns:
            int32 (batch, *inputs_shape), or a list of them if the block reads several inputs.

        Raises:
            TypeError: if `texts` is a bare string, or holds something that is no text.
            ValueError: if the block has to be built first.
        """
        rows = list(iterate_texts(texts))
        arrays = [leaf._ids(rows) for leaf in self.leaves]
        return arrays[0] if len(arrays) == 1 else arrays

    @property
    def _output_dtype(self) -> str:
        return str(keras.dtype_policies.get(self._policy).compute_dtype)

    @property
    def inputs_shape(self) -> ModelIOShape | list[ModelIOShape]:
        """Shape and dtype of what `preprocess_texts` returns, without the batch axis."""
        shapes = [ModelIOShape(leaf._ids_shape(), "int32") for leaf in self.leaves]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def inputs(self) -> Any:
        """The symbolic input (batch, *inputs_shape), or a list of them; after `build`."""
        inputs = self._built().inputs
        return inputs[0] if len(inputs) == 1 else inputs

    @property
    def outputs(self) -> Any:
        """The symbolic output (batch, *outputs_shape), to go on from; after `build`."""
        return self._built().outputs[0]

    @property
    def mask(self) -> Any:
        """The symbolic mask, boolean (batch, words), True for words; None if there are none."""
        self._built()
        return self._words_mask

    def __call__(self, inputs: Any) -> Any:
        """Apply the block to ids.

        Args:
            inputs: a Keras tensor, or a NumPy integer array, (batch, *inputs_shape); a list of
                them if the block reads several inputs.

        Returns:
            (batch, *outputs_shape): a Keras tensor of the same graph, through which gradients
            flow, or a NumPy float32 array, computed in batches.

        Raises:
            TypeError: if `inputs` is neither.
            ValueError: if the block is not built, or number, shapes, type or range of ids are not
                what it reads.
        """
        graph = self._built()
        tensors = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        self._check_inputs(tensors)
        if not all(isinstance(tensor, np.ndarray) for tensor in tensors):
            return tree.connect(self, dict(zip(self.leaves, tensors, strict=True))).outputs
        if len(tensors[0]) == 0:
            shape = [0 if size is None else size for size in graph.output_shape[1:]]
            return np.zeros((0, *shape), "float32")
        return graph.predict(tensors, batch_size=256, verbose=0).astype("float32", copy=False)

    def _check_inputs(self, tensors: list[Any]) -> None:
        if len(tensors) != len(self.leaves):
            raise ValueError(
                f"{type(self).__name__} reads {len(self.leaves)} inputs, got {len(tensors)}: "
                "pass what preprocess_texts returns"
            )
        rows = {len(tensor) for tensor in tensors if isinstance(tensor, np.ndarray)}
        if len(rows) > 1:
            raise ValueError(f"expected as many texts in each input, got {sorted(rows)}")
        for leaf, tensor in zip(self.leaves, tensors, strict=True):
            name, num_ids = type(leaf).__name__, len(leaf._learnt_vocabulary())
            checks.check_ids(name, tensor, leaf._ids_shape(), num_ids)

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
            self._apply_frozen()
        return self

    def _apply_frozen(self) -> None:
        for layer, trainable in zip(self._layers, self._trainable, strict=True):
            layer.trainable = trainable and not self._frozen

    # Keeping.

    def _state(self) -> archive.State:
        values = {
            "built": self._graph is not None,
            "corpus": self._corpus,
            "frozen": self._frozen,
            "policy": self._policy,
        }
        vocabularies: dict[str, Sequence[str]] = {}
        if self._vocabulary is not None:
            vocabularies["vocabulary"] = self._vocabulary.tokens
        return archive.State(values, vocabularies, {} if self._graph is None else self._arrays())

    def _restore(self, state: archive.State) -> None:
        built, corpus = state.values["built"], state.values["corpus"]
        if built == (corpus is None) and not self.blocks and self._needs_texts:
            raise ValueError(f"built is {built}, and the corpus {corpus!r}")
        if set(state.vocabularies) - {"vocabulary"} or (state.arrays and not built):
            raise ValueError(f"unknown members {[*state.vocabularies, *state.arrays]}")
        self._frozen, self._policy = state.values["frozen"], state.values["policy"]
        if "vocabulary" in state.vocabularies:
            self._vocabulary = Vocabulary(state.vocabularies["vocabulary"])
        if built:
            self._require_sizes(state.arrays)
            self._assemble()
            checks.same_arrays(self._arrays(), state.arrays)
            self._set_arrays(state.arrays)
        self._corpus = corpus

    def _require_sizes(self, arrays: dict[str, np.ndarray]) -> None:
        """Refuse arrays that do not fit the arguments, before layers of any size are made."""
        return None

    def _arrays(self) -> dict[str, np.ndarray]:
        weights = [weight for layer in self._layers for weight in layer.get_weights()]
        return {f"weights/{number}": weight for number, weight in enumerate(weights)}

    def _set_arrays(self, arrays: dict[str, np.ndarray]) -> None:
        weights = iter(arrays[name] for name in self._arrays())
        for layer in self._layers:
            layer.set_weights([next(weights) for _ in layer.weights])

    def serialize(self) -> bytes:
        """Return the block as the bytes of a file: see `nlp_builder.deserialize`.

        Returns:
            A stored zip of JSON and safetensors; equal blocks give equal bytes.
        """
        return saving.pack(archive.archive_of(self))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the block to a file, which is the old one or the new one at any moment.

        Args:
            path: where to write: see `nlp_builder.load`.
        """
        saving.write(path, self.serialize())

    # Showing.

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.inputs_shape} -> {self.outputs_shape}>"

    def __str__(self) -> str:
        return summary.as_text(self)

    def _repr_html_(self) -> str:
        return summary.as_html(self)
