"""What ready-made models have in common: build, compile, fit, keep."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

import keras

from nlp_builder.features import KerasWrapper
from nlp_builder.features.checks import seed
from nlp_builder.models import examples, files, streams
from nlp_builder.models.callbacks import scores_first
from nlp_builder.models.embedding import Embedding, default_embedding
from nlp_builder.models.examples import Columns, Examples
from nlp_builder.models.hyper_parameters import HyperParameters, L, layer_of, merged
from nlp_builder.models.labels import Labels
from nlp_builder.text.checks import preview


class TextModel(ABC):
    """A model that learns labels from texts: see `BaseLabelingModel`, `BaseClassificationModel`.

    Args:
        embedding: a block, a list of blocks, or blocks for each of several texts by name; None for
            word vectors that are trained from scratch.
        sequence_length: the largest number of tokens that the model reads at once: a number;
            'auto' for the longest text of the training; None or 'variable' for no limit.
        hyper_parameters: arguments of layers by the name of the layer, which go over the defaults.
        random_seed: of first weights, dropout, and the order of the texts.

    Raises:
        TypeError: if an argument is of the wrong type.
        ValueError: if there is no layer of a name among the hyper-parameters, or a block gives no
            vector for each word.
    """

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
        self._embedding = None if embedding is None else Embedding(embedding)
        self._labels: Labels | None = None
        self._model: keras.Model | None = None
        self._wrapper: KerasWrapper | None = None
        self._maxlen: int | None = None

    # What a class of models says of itself.

    family: ClassVar[str]
    """What the labels are of: a name that files have."""

    @classmethod
    def get_default_hyper_parameters(cls) -> HyperParameters:
        """Return the default arguments of layers, by the name of the layer.

        A model of your own overrides this, or `default_hyper_parameters`, which is the same.
        """
        ours = TextModel.default_hyper_parameters.__func__  # type: ignore[attr-defined]  # a method
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
    def _numbers(self, labels: Sequence[Any]) -> Any:
        """Return the targets of texts."""

    @abstractmethod
    def _weights(self, labels: Sequence[Any], by_label: Any, by_text: Any) -> Any:
        """Return the weights of targets, or None."""

    @abstractmethod
    def _require_labels(self, columns: Columns, labels: Sequence[Any], where: str) -> None:
        """Refuse labels that do not belong to texts, or are not known."""

    @abstractmethod
    def _require_outputs(self) -> None:
        """Refuse a graph whose outputs are not as many as the labels."""

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

    # Training.

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
        train = self._examples(x_train, y_train, examples.TRAINING)
        names = list(self._names_in(train.labels))
        if x_validate is not None:
            validation = self._examples(x_validate, y_validate, examples.VALIDATION)
            Labels(names).require(self._names_in(validation.labels), examples.VALIDATION)
        self._learn_from(train.labels)
        columns = train.columns
        self._assemble(columns, names, examples.longest(columns), lambda: columns)

    def build_model_generator(self, generators: Any) -> None:
        """Learn words and labels from a stream, in constant memory.

        Args:
            generators: a `CorpusGenerator`, or another collection of pairs of a text and its
                labels that can be read again and again; or a list of such.
        """
        source = streams.joined(generators)
        found = streams.survey(source, self._text_names(), self._names_in)
        self._assemble(found.first, found.names, found.longest, lambda: found.texts(source))

    def compile_model(
        self, loss: Any = None, optimizer: Any = None, metrics: Any = None, **kwargs: Any
    ) -> None:
        """Set loss, optimizer and metrics.

        Args:
            loss: a Keras loss; None for the one that the model is made for.
            optimizer: a Keras optimizer, or its name; None for Adam.
            metrics: a list of Keras metrics; None for accuracy.
            **kwargs: as of `keras.Model.compile`.

        Raises:
            ValueError: if the model is not built.
        """
        default_loss, default_metrics = self._default_objectives()
        self._built().compile(
            optimizer="adam" if optimizer is None else optimizer,
            loss=default_loss if loss is None else loss,
            metrics=default_metrics if metrics is None else metrics,
            **kwargs,
        )

    def fit(
        self,
        x_train: Any,
        y_train: Any,
        x_validate: Any = None,
        y_validate: Any = None,
        batch_size: int = 64,
        epochs: int = 5,
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        fit_kwargs: Mapping[str, Any] | None = None,
        *,
        class_weight: Mapping[str, float] | None = None,
        sample_weight: Any = None,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Train, after `build_model` and `compile_model` if they were not called.

        Texts of like lengths share a batch.

        Args:
            x_train: the texts, a list of tokens each; a tuple or a dict of such lists if the blocks
                read several texts.
            y_train: their labels.
            x_validate: texts to validate on.
            y_validate: their labels.
            batch_size: texts in a batch.
            epochs: passes over the texts.
            callbacks: Keras callbacks; `EvalCallBack` goes before all others, which see its scores.
            fit_kwargs: further arguments of `KerasWrapper.fit`.
            class_weight: a weight for each label, by its name; others weigh 1.
            sample_weight: a weight for each text, or for each target.
            **kwargs: the same as `fit_kwargs`: verbose, shuffle, workers, ...

        Returns:
            Keras' history.

        Raises:
            ValueError: as `build_model`, or if numbers of texts, labels and weights differ.
            TypeError: if texts or labels are of the wrong kind.

        Warns:
            UserWarning: once, if texts are longer than `sequence_length`, and are cut.
        """
        if self._wrapper is None:
            self.build_model(x_train, y_train, x_validate, y_validate)
        train = self._examples(x_train, y_train, examples.TRAINING)
        weights = self._weights(train.labels, class_weight, sample_weight)
        train = self._fitting(train._replace(weights=weights), examples.TRAINING)
        validation = None
        if x_validate is not None:
            checked = self._examples(x_validate, y_validate, examples.VALIDATION)
            whole = self._fitting(checked, examples.VALIDATION)
            validation = (whole.texts, self._numbers(whole.labels))
        self._compile_first()
        return self._built().fit(
            train.texts,
            self._numbers(train.labels),
            sample_weight=train.weights,
            validation_data=validation,
            batch_size=batch_size,
            epochs=epochs,
            callbacks=scores_first(callbacks),
            **{**(fit_kwargs or {}), **kwargs},
        )

    def fit_generator(
        self,
        train_sample_gen: Any,
        valid_sample_gen: Any = None,
        batch_size: int = 64,
        epochs: int = 5,
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        fit_kwargs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Train on a stream of texts, of which a part is in memory at a time.

        Args:
            train_sample_gen: as for `build_model_generator`.
            valid_sample_gen: the same, to validate on.
            batch_size: as for `fit`.
            epochs: as for `fit`.
            callbacks: as for `fit`.
            fit_kwargs: as for `fit`.
            **kwargs: as for `fit`.

        Returns:
            Keras' history.

        Raises:
            TypeError: if a stream can be read once only.
            ValueError: as `fit`.
        """
        source = streams.joined(train_sample_gen)
        if self._wrapper is None:
            self.build_model_generator(source)
        self._compile_first()
        options = {**(fit_kwargs or {}), **kwargs}
        if valid_sample_gen is not None:
            valid = streams.joined(valid_sample_gen)
            options["validation_data"] = self._batches(valid, batch_size, examples.VALIDATION)
            options["validation_steps"] = streams.num_batches(valid, batch_size)
        return self._built().fit(
            self._batches(source, batch_size, examples.TRAINING, shuffle=True),
            steps_per_epoch=streams.num_batches(source, batch_size),
            epochs=epochs,
            callbacks=scores_first(callbacks),
            **options,
        )

    # Keeping.

    def save(self, path: str | os.PathLike[str], *, include_optimizer: bool = True) -> None:
        """Write the model with its words and labels to one file, for `nlp_builder.load`.

        Args:
            path: a file; or a folder, one that is there or a name without an ending, into which
                `model.nlpb` is written.
            include_optimizer: keep what is needed to go on training.

        Raises:
            ValueError: if the model is not built.
            OSError: if the file cannot be written; an older one is then as it was.
        """
        files.save(self, path, include_optimizer=include_optimizer)

    @classmethod
    def load_model(cls, path: str | os.PathLike[str], **kwargs: Any) -> Self:
        """Read what `save` wrote: as `nlp_builder.load`, also for a class of your own.

        Args:
            path: the file, or the folder.
            **kwargs: as for `nlp_builder.load`.

        Returns:
            The model.

        Raises:
            ArchiveError: if the file holds no model of this class, or as `nlp_builder.load`.
        """
        return files.load(path, cls, **kwargs)

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

    def _compile_first(self) -> None:
        if not self.tf_model.compiled:
            self.compile_model()

    def _assemble(self, first: Columns, names: Iterable[str], longest: int, texts: Any) -> None:
        if self._wrapper is not None:
            raise ValueError(f"{type(self).__name__} is built: make a new model to learn anew")
        embedding, before = self._embedding, self.__dict__.copy()
        try:
            self._labels = Labels(names)
            if embedding is None:
                tokenizer = "words" if examples.has_strings(first) else None
                self._embedding = default_embedding(tokenizer, self.random_seed)
            self._maxlen = examples.limit(self.sequence_length, self.embedding.maxlen, longest)
            self._wrapper = self._wrapped()
            learnt = all(block._graph is not None for block in self.embedding.blocks)
            self._wrapper.build(*([] if learnt else [examples.as_read(texts())]))
        except BaseException:
            self.__dict__ = before
            raise

    def _wrapped(self) -> KerasWrapper:
        self.build_model_arc()
        if self._model is None:
            raise ValueError(
                f"build_model_arc() of {type(self).__name__} set no tf_model: expected "
                "self.tf_model = keras.Model(self.embedding.embed_model.inputs, output)"
            )
        self._require_outputs()
        return KerasWrapper(self.embedding.inputs, self._model, self.random_seed)

    def _examples(self, x: Any, y: Any, where: str) -> Examples:
        columns = examples.columns_of(x, self._text_names())
        labels = examples.labels_of(y, columns)
        self._require_labels(columns, labels, where)
        return Examples(columns, labels, None)

    def _fitting(self, given: Examples, where: str) -> Examples:
        return examples.cut(given, self._maxlen, self._cut_labels, where)

    def _batches(self, source: Any, batch_size: int, where: str, *, shuffle: bool = False) -> Any:
        for texts, labels in streams.batches(
            source, batch_size, self._text_names(), seed=self.random_seed if shuffle else None
        ):
            checked = self._examples(texts, labels, where)
            whole = self._fitting(checked, where)
            yield whole.texts, self._numbers(whole.labels)


_BUILD = "call fit(x, y), or build_model(x, y)"
