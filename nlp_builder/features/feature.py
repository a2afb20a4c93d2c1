"""The one abstract class of blocks: it learns from texts, makes ids, and is a piece of a graph."""

from __future__ import annotations

import os
from abc import abstractmethod
from typing import Any, Self

import keras
import numpy as np

from nlp_builder import saving
from nlp_builder.features import (
    archive,
    archive_writer,
    checks,
    learning,
    parameters,
    summary,
    tree,
)
from nlp_builder.features.graph_piece import GraphPiece
from nlp_builder.layers import DeferredWeights
from nlp_builder.text import text_columns


class Feature(GraphPiece):
    """A door from texts to Keras tensors.

    A block either reads texts itself, then it is a `TextRepresentation`, or it reads what other
    blocks make of them. Subclasses are final or abstract.
    """

    @abstractmethod
    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments by name, as they were given."""

    def _arguments_to_keep(self) -> dict[str, Any]:
        """Return the arguments as a file keeps them: those that training changes as they are."""
        return self.get_config()

    # Learning.

    def build(self, texts: Any = None, *, workers: int = 1) -> Self:
        """Learn from a corpus, and make the layers.

        Args:
            texts: strings or lists of tokens, in a list, tuple, Series, array or generator, which
                is read once and never held whole; where the block reads several texts, a dict or
                DataFrame of them, or one collection from which all its blocks learn. None if all
                that there is to learn was learnt: a new digest of a loaded block, say.
            workers: the number of processes that tokenize and count.

        Returns:
            The block itself.

        Raises:
            TypeError: if `texts` is a bare string, or holds something that is no text.
            ValueError: if the corpus is empty, or is another than the one that the block, or one
                of its blocks, was built with.
        """
        corpora = learning.learn(self, texts, workers=workers)
        fresh = [part for part in tree.parts_first(self) if part._graph is None]
        try:
            if self._graph is None:
                self._assemble()
        except BaseException:
            for part in fresh:
                part._graph = None
            raise
        for learner, corpus in corpora.items():
            learner._corpus = corpus
        for part in fresh:
            part._settle()
        return self

    @property
    def text_names(self) -> tuple[str, ...] | None:
        """The names of the texts that the block reads; None for one text without a name."""
        names = dict.fromkeys(slot.text for slot in self.slots if slot.text is not None)
        return tuple(names) or None

    # Using.

    def preprocess_texts(self, texts: Any) -> np.ndarray | list[np.ndarray]:
        """Turn texts into ids: 0 is padding, 1 is unknown, 2 and up the vocabulary.

        Args:
            texts: strings or lists of tokens; a dict or DataFrame of them where the block reads
                several texts.

        Returns:
            int32 (batch, *inputs_shape), or a list of them if the block reads several inputs.

        Raises:
            TypeError: if `texts` is a bare string, or holds something that is no text.
            ValueError: if the block has to be built first, or a text has no column.
        """
        columns = text_columns(texts, self.text_names)
        arrays = [slot.block._ids(columns[slot.text]) for slot in self.slots]
        return arrays[0] if len(arrays) == 1 else arrays

    def count_tokens(self, texts: Any) -> list[int]:
        """Count the words of each text, or what else its first axis is made of, before any cut.

        Args:
            texts: as for `preprocess_texts`.

        Returns:
            A number for each text; the largest if inputs differ.
        """
        columns = text_columns(texts, self.text_names)
        unknown = [slot for slot in self.slots if slot.block._ids_shape()[0] is None]
        counts = [slot.block._count(columns[slot.text]) for slot in unknown or self.slots[:1]]
        return [max(row) for row in zip(*counts, strict=True)]

    # Keeping.

    def _state(self) -> archive.State:
        values = {"built": self._graph is not None, "frozen": self._frozen, "policy": self._policy}
        weights = {} if self._graph is None else self._own_weights()
        arrays = {name: keras.ops.convert_to_numpy(weight) for name, weight in weights.items()}
        return archive.State(values, {}, arrays)

    def _training_state(self) -> archive.State:
        """Return what is needed to go on training: of a block that is compiled."""
        return archive.State()

    def _restore(self, state: archive.State) -> None:
        self._frozen, self._policy = state.values["frozen"], checks.policy(state.values["policy"])
        if others := set(state.values) - {"built", "frozen", "policy"}:
            raise ValueError(f"a {type(self).__name__} has no state {sorted(others)}")
        if state.arrays and not state.values["built"]:
            raise ValueError(f"arrays {sorted(state.arrays)} of a block that is not built")
        if state.values["built"]:
            with DeferredWeights() as weights:
                self._make_graph()
                weights.fill(self._own_weights(), state.arrays, share=state.mapped)
            self._settle()

    def _own_weights(self) -> dict[str, Any]:
        """Return the variables that a file keeps for this block, by their names in it."""
        weights = [weight for layer in self._layers for weight in layer.weights]
        return {f"weights/{number}": weight for number, weight in enumerate(weights)}

    def _vectors_in_weights(self) -> dict[str, tuple[str, int]]:
        """Say which arguments are vectors that are rows of a weight: its name, the first row."""
        return {}

    def serialize(self, *, include_optimizer: bool = True) -> bytes:
        """Return the block as the bytes of a file: see `nlp_builder.deserialize`.

        Args:
            include_optimizer: keep optimizer, loss and metrics of blocks that are compiled, so that
                training goes on after loading.

        Returns:
            A stored zip of JSON and safetensors; equal blocks give equal bytes.

        Raises:
            TypeError: if an argument of a block is something that a file cannot hold.
        """
        return saving.pack(archive_writer.archive_of(self, include_optimizer=include_optimizer))

    def save(self, path: str | os.PathLike[str], *, include_optimizer: bool = True) -> None:
        """Write the block to a file, which is the old one or the new one at any moment.

        Args:
            path: where to write: see `nlp_builder.load`.
            include_optimizer: as for `serialize`.
        """
        saving.write(path, archive_writer.archive_of(self, include_optimizer=include_optimizer))

    # As a step of scikit-learn.

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments, as scikit-learn asks for them.

        Args:
            deep: also those of the blocks that this one is made of, as `inputs__units_per_layer`.

        Returns:
            Arguments by name.
        """
        return parameters.get(self, deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Change arguments of a block that is not built.

        Args:
            **params: names as `get_params` has them.

        Returns:
            The block itself.

        Raises:
            ValueError: if the block is built, or has no such argument.
        """
        return parameters.change(self, params)

    def __sklearn_clone__(self) -> Self:
        return parameters.clone(self)

    def __sklearn_is_fitted__(self) -> bool:
        return self._graph is not None

    def __sklearn_tags__(self) -> Any:
        return parameters.tags()

    def transform(self, texts: Any) -> np.ndarray | list[np.ndarray]:
        """Turn texts into the outputs of the block: `preprocess_texts`, then a call.

        Args:
            texts: as for `preprocess_texts`.

        Returns:
            float32 (batch, *outputs_shape), or a list of them.
        """
        return self(self.preprocess_texts(texts))

    def fit_transform(self, texts: Any, y: Any = None) -> np.ndarray | list[np.ndarray]:
        """Build the block, and transform the corpus.

        Args:
            texts: as for `build`; no generator, since they are read twice.
            y: not used.

        Returns:
            As `transform`.
        """
        return self.build(texts).transform(texts)

    # Showing.

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.inputs_shape} -> {self.outputs_shape}>"

    def __str__(self) -> str:
        return summary.as_text(self)

    def _repr_html_(self) -> str:
        return summary.as_html(self)
