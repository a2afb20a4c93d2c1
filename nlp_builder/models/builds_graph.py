"""What ready-made models are made of: blocks, labels, a graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import keras

from nlp_builder.features import KerasWrapper
from nlp_builder.features.checks import seed
from nlp_builder.models import examples, streams
from nlp_builder.models.arguments import in_own_name
from nlp_builder.models.embedding import Embedding, default_embedding
from nlp_builder.models.examples import Columns, Examples
from nlp_builder.models.hyper_parameters import (
    HyperParameters,
    L,
    LayerKinds,
    layer_of,
    merged,
    require_arguments,
)
from nlp_builder.models.labels import Labels
from nlp_builder.text.checks import preview


class BuildsGraph(ABC):
    """A model that stitches a graph for the labels of a corpus: the first half of `TextModel`."""

    @in_own_name
    def __init__(
        self,
        embedding: Any = None,
        sequence_length: int | str | None = None,
        hyper_parameters: Mapping[str, Any] | None = None,
        *,
        random_seed: int = 42,
    ) -> None:
        self.random_seed = seed("random_seed", random_seed)
        self.sequence_length = examples.checked_length(sequence_length)
        self.hyper_parameters = merged(self.get_default_hyper_parameters(), hyper_parameters)
        for name, (kind, decided) in self.layer_kinds.items():
            require_arguments(name, self.hyper_parameters.get(name, {}), kind, decided)
        self._embedding = None if embedding is None else Embedding(embedding)
        self._labels: Labels | None = None
        self._model: keras.Model | None = None
        self._wrapper: KerasWrapper | None = None
        self._maxlen: int | None = None

    # What a class of models says of itself.

    family: ClassVar[str]
    """What the labels are of: a name that files have."""
    layer_kinds: ClassVar[LayerKinds] = {}
    """The classes of layers by name, where the model says them before it is built."""

    @classmethod
    def get_default_hyper_parameters(cls) -> HyperParameters:
        """Return the default arguments of layers, by the name of the layer.

        A model of your own overrides this, or `default_hyper_parameters`, which is the same.
        """
        ours = BuildsGraph.default_hyper_parameters.__func__  # type: ignore[attr-defined]  # a method
        if cls.default_hyper_parameters.__func__ is ours:  # type: ignore[attr-defined]  # likewise
            raise NotImplementedError(f"{cls.__name__} has no get_default_hyper_parameters()")
        return cls.default_hyper_parameters()

    @classmethod
    def default_hyper_parameters(cls) -> HyperParameters:
        """Return what `get_default_hyper_parameters` returns."""
        return cls.get_default_hyper_parameters()

    @abstractmethod
    def build_model_arc(self) -> None:
        """Set `tf_model` to a Keras model from `embedding.embed_model.inputs` to an output."""

    @abstractmethod
    def _names_in(self, labels: Sequence[Any]) -> Iterable[str]:
        """Return the labels that a corpus has, in the order of their numbers."""

    @abstractmethod
    def _learn_from(self, labels: Sequence[Any]) -> None:
        """Learn what else the labels tell, before the graph is made."""

    @abstractmethod
    def _restored(self) -> None:
        """Take from the graph of a file what `_learn_from` had learnt."""

    @abstractmethod
    def _numbers(self, labels: Sequence[Any]) -> Any:
        """Return the targets of texts."""

    @abstractmethod
    def _weights(self, labels: Sequence[Any], by_label: Any, by_text: Any) -> Any:
        """Return the weights of targets, or None."""

    @abstractmethod
    def _require_labels(self, columns: Columns, labels: Sequence[Any], where: str) -> None:
        """Refuse labels that do not belong to texts, or are not known."""

    def _metric(self, metric: Any) -> Any:
        """Return the metric that is meant by a name."""
        return metric

    def _require_loss(self, loss: Any) -> None:  # noqa: B027  # most losses will do
        """Refuse a loss that does not fit the output."""

    @abstractmethod
    def _require_outputs(self) -> None:
        """Refuse a graph whose outputs are not as many as the labels."""

    @abstractmethod
    def predict(self, x_data: Any, *, batch_size: int = 256) -> Any:
        """Return the labels of texts."""

    def require_scores(self) -> None:
        """Refuse labels that `scores` cannot score.

        Raises:
            ValueError: it says why.
        """
        self._built()

    @abstractmethod
    def scores(self, x_data: Any, y_data: Any, *, batch_size: int = 256) -> dict[str, float]:
        """Return "precision", "recall" and "f1" of what is predicted for texts."""

    @abstractmethod
    def _cut_labels(self, labels: Sequence[Any], maxlen: int) -> Sequence[Any]:
        """Return what is left of labels if no text is longer than the maximum."""

    @abstractmethod
    def _default_objectives(self) -> tuple[Any, list[Any]]:
        """Return the loss, and the metrics."""

    # What the parts of a model are.

    @property
    def embedding(self) -> Embedding:
        """What the model reads."""
        if self._embedding is None:
            raise ValueError(f"{type(self).__name__} has no embedding yet: {_BUILD}")
        return self._embedding

    @property
    def processor(self) -> Labels:
        """The labels that the model knows: `label2idx`, `idx2label`, `vocab_size`."""
        if self._labels is None:
            raise ValueError(f"{type(self).__name__} has learnt no labels yet: {_BUILD}")
        return self._labels

    @property
    def label_processor(self) -> Labels:
        """The same as `processor`."""
        return self.processor

    @property
    def tf_model(self) -> keras.Model:
        """The Keras model, from ids to the output."""
        return self._built()._built()

    @tf_model.setter
    def tf_model(self, model: keras.Model) -> None:
        if not isinstance(model, keras.Model):
            raise TypeError(f"expected tf_model as a Keras model, got {preview(model)}")
        self._model = model

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of their numbers."""
        return self.processor.names

    def layer(self, kind: type[L], name: str, **fixed: Any) -> L:
        """Make a layer of the hyper-parameters of its name, with weights by `random_seed`.

        Args:
            kind: the class of the layer.
            name: of the layer, as `hyper_parameters` has it.
            **fixed: arguments that are no hyper-parameters.

        Returns:
            The layer.

        Raises:
            ValueError: if the class has no such argument.
        """
        number = list(self.hyper_parameters).index(name)
        return layer_of(
            kind, name, self.hyper_parameters[name], seed=self.random_seed + number, **fixed
        )

    # Building.

    def build_model(
        self, x_train: Any, y_train: Any, x_validate: Any = None, y_validate: Any = None
    ) -> None:
        """Learn words and labels, and make the Keras model.

        Args:
            x_train: as for `fit`.
            y_train: as for `fit`.
            x_validate: as for `fit`; only looked at for labels that training does not have.
            y_validate: as for `fit`.

        Raises:
            ValueError: if the model is built, labels and texts do not belong together, or there is
                a label in the validation that training does not have.
            TypeError: if texts or labels are of the wrong kind.
        """
        self._learn(*self._both(x_train, y_train, x_validate, y_validate))

    def build_model_generator(self, generators: Any) -> None:
        """Learn words and labels from a stream, in constant memory.

        Args:
            generators: a `CorpusGenerator`, or another collection of pairs of a text and its
                labels that can be read again and again; or a list of such.
        """
        source = self._stream(generators)

        def check(columns: Columns, labels: Sequence[Any]) -> None:
            self._require_labels(columns, labels, examples.TRAINING)

        found = streams.survey(source, self._text_names(), check)
        self._assemble(found.first, found.labels, found.longest, lambda: found.texts(source))

    def summary(self, print_fn: Any = print) -> None:
        """Show the table of the blocks and of the layers.

        Args:
            print_fn: what shows the text.
        """
        self._built().summary(print_fn)
        self._built().wrapped_model.summary(print_fn=print_fn)

    def __repr__(self) -> str:
        labels = "not built" if self._labels is None else f"{len(self._labels)} labels"
        return f"<{type(self).__name__}, {labels}>"

    # Within.

    def _built(self) -> KerasWrapper:
        if self._wrapper is None:
            raise ValueError(f"{type(self).__name__} is not built: {_BUILD}")
        return self._wrapper

    def _head(self) -> keras.Model:
        """Return the Keras model from the vectors of words on."""
        if self._model is None:
            self._built()
        return self._model

    def _text_names(self) -> tuple[str, ...] | None:
        return None if self._embedding is None else self._embedding.text_names

    def _stream(self, given: Any) -> Iterable[Any]:
        """Return one stream of what a user hands in."""
        return streams.joined(given)

    def _assemble(
        self, first: Columns, labels: Sequence[Any], longest: int, texts: Callable[[], Columns]
    ) -> None:
        if self._wrapper is not None:
            raise ValueError(f"{type(self).__name__} is built: make a new model to learn anew")
        embedding, before = self._embedding, self.__dict__.copy()
        try:
            self._labels = Labels(self._names_in(labels))
            self._learn_from(labels)
            if embedding is None:
                tokenizer = "words" if examples.has_strings(first) else None
                self._embedding = default_embedding(tokenizer, self.random_seed)
            examples.require_tokens(self.sequence_length, first)
            self._maxlen = examples.limit(self.sequence_length, self.embedding.maxlen, longest)
            self._wrapper = self._wrapped()
            learnt = all(block._graph is not None for block in self.embedding.blocks)
            self._wrapper.build(*([] if learnt else [examples.as_read(texts())]))
        except BaseException:
            self.__dict__ = before
            raise

    def _learn(self, train: Examples, validation: Examples | None) -> None:
        if validation is not None:
            known = Labels(self._names_in(train.labels))
            known.require(self._names_in(validation.labels), examples.VALIDATION)
        columns = train.columns
        self._assemble(columns, train.labels, examples.longest(columns), lambda: columns)

    def _wrapped(self) -> KerasWrapper:
        self.build_model_arc()
        if self._model is None:
            raise ValueError(
                f"build_model_arc() of {type(self).__name__} set no tf_model: expected "
                "self.tf_model = keras.Model(self.embedding.embed_model.inputs, output)"
            )
        self._require_outputs()
        return KerasWrapper(self.embedding.inputs, self._model, self.random_seed)

    def _both(
        self, x_train: Any, y_train: Any, x_validate: Any, y_validate: Any
    ) -> tuple[Examples, Examples | None]:
        """Check what is trained on, and what is validated on, if there is any."""
        train = self._examples(x_train, y_train, examples.TRAINING)
        if x_validate is None and y_validate is None:
            return train, None
        return train, self._examples(x_validate, y_validate, examples.VALIDATION)

    def _examples(self, x: Any, y: Any, where: str) -> Examples:
        columns = examples.columns_of(x, self._text_names())
        labels = examples.labels_of(y, columns)
        self._require_labels(columns, labels, where)
        return Examples(columns, labels, None)


_BUILD = "call fit(x, y), or build_model(x, y)"
