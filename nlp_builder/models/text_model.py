"""What ready-made models have in common: compile, fit, keep."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

import keras

from nlp_builder.models import examples, files, streamed_texts, streams
from nlp_builder.models.builds_graph import BuildsGraph
from nlp_builder.models.callbacks import scores_first
from nlp_builder.models.examples import Examples
from nlp_builder.text import columns_of_rows
from nlp_builder.text.checks import positive_int, preview
from nlp_builder.text.pieces import in_pieces


class TextModel(BuildsGraph):
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
        ValueError: if there is no layer of a name among the hyper-parameters, a layer of a
            ready-made model has no such argument, or a block gives no vector for each word.
    """

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
        wrapper = self._built()
        if loss is not None:
            self._require_loss(loss)
        wrapper.compile(
            optimizer="adam" if optimizer is None else optimizer,
            loss=default_loss if loss is None else loss,
            metrics=default_metrics if metrics is None else list(map(self._metric, metrics)),
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
        options = {**(fit_kwargs or {}), **kwargs}
        _require_known(options)
        by_label = options.pop("class_weight", class_weight)
        by_text = options.pop("sample_weight", sample_weight)
        before = self.__dict__.copy()
        try:
            train, checked = self._both(x_train, y_train, x_validate, y_validate)
            if self._wrapper is None:
                self._learn(train, checked)
            weights = self._weights(train.labels, by_label, by_text)
            train = self._fitting(train._replace(weights=weights), examples.TRAINING)
            validation = None
            if checked is not None:
                whole = self._fitting(checked, examples.VALIDATION)
                validation = (whole.texts, self._numbers(whole.labels))
            self._compile_first()
        except BaseException:
            self.__dict__ = before  # a model that was not built is not
            raise
        return self._built().fit(
            train.texts,
            self._numbers(train.labels),
            sample_weight=train.weights,
            validation_data=validation,
            batch_size=batch_size,
            epochs=epochs,
            callbacks=scores_first(callbacks),
            **options,
        )

    def fit_generator(
        self,
        train_sample_gen: Any,
        valid_sample_gen: Any = None,
        batch_size: int = 64,
        epochs: int = 5,
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        fit_kwargs: Mapping[str, Any] | None = None,
        *,
        class_weight: Mapping[str, float] | None = None,
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
            class_weight: as for `fit`.
            **kwargs: as for `fit`.

        Returns:
            Keras' history.

        Raises:
            TypeError: if a stream can be read once only.
            ValueError: as `fit`.
        """
        source = self._stream(train_sample_gen)
        if self._wrapper is None:
            self.build_model_generator(source)
        self._compile_first()
        options = {**(fit_kwargs or {}), **kwargs}
        by_label = options.pop("class_weight", class_weight)
        if valid_sample_gen is not None:
            valid = self._stream(valid_sample_gen)
            options["validation_data"] = self._batches(valid, batch_size, examples.VALIDATION)
            options["validation_steps"] = self._num_batches(valid, batch_size, examples.VALIDATION)
        return self._built().fit(
            self._batches(source, batch_size, examples.TRAINING, by_label, shuffle=True),
            steps_per_epoch=self._num_batches(source, batch_size, examples.TRAINING),
            epochs=epochs,
            callbacks=scores_first(callbacks),
            **options,
        )

    # Keeping.

    def predict_stream(
        self,
        texts: Iterable[Any],
        *,
        predict: Callable[..., Iterable[Any]] | None = None,
        batch_size: int = 256,
        texts_at_once: int = 4096,
    ) -> Iterator[Any]:
        """Predict for any number of texts, in constant memory.

        Args:
            texts: one after the other, from a generator, a file that is mapped, or a list; of a
                model that reads several texts by name each is a dict, or a tuple.
            predict: what is predicted, by default `predict`; or another method of this model, as
                `predict_proba` or `predict_entities`.
            batch_size: texts in a batch.
            texts_at_once: so many are read and predicted at a time, fewer where they are long. Of
                more of them texts of like lengths are found; 1 answers each text as it comes.

        Yields:
            What is predicted for each text, in their order.

        Raises:
            ValueError: if the model is not built.
            TypeError: if `texts` is one text, a dict or a table, or `predict` no method; once it is
                read, if something in it is no text; or as `predict`.
        """
        self._built()
        streamed_texts.require_one_by_one(texts)
        if predict is not None and not callable(predict):
            raise TypeError(
                f"expected a method of this model, got {preview(predict)} "
                f"({type(predict).__name__}): pass predict=model.predict_proba"
            )
        positive_int("texts_at_once", texts_at_once)
        return self._streamed(texts, predict or self.predict, batch_size, texts_at_once)

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

    def serialize(self, *, include_optimizer: bool = True) -> bytes:
        """Return the model as the bytes of a file, for `nlp_builder.deserialize`.

        Args:
            include_optimizer: keep what is needed to go on training.

        Returns:
            The bytes that `save` writes.

        Raises:
            ValueError: if the model is not built.
        """
        return files.serialize(self, include_optimizer=include_optimizer)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Copy through the bytes of a file, which keep the parts of a model together."""
        if self._wrapper is None:
            return super().__reduce_ex__(protocol)
        return files.copied, (type(self), self.serialize())

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

    # Within.

    def _streamed(
        self, texts: Iterable[Any], predict: Any, batch_size: int, at_once: int
    ) -> Iterator[Any]:
        names = self._text_names()
        for piece in in_pieces(
            streamed_texts.one_by_one(texts, names),
            at_once,
            lambda text: streamed_texts.num_tokens(text, names),
        ):
            columns = columns_of_rows(piece, names)
            yield from predict(examples.as_read(columns), batch_size=batch_size)

    def _gold_and_predicted(self, x_data: Any, y_data: Any, batch_size: int) -> tuple[Any, Any]:
        self._built()
        columns = examples.columns_of(x_data, self._text_names())
        gold = examples.labels_of(y_data, columns)
        return gold, self.predict(examples.as_read(columns), batch_size=batch_size)

    def _compile_first(self) -> None:
        if not self.tf_model.compiled:
            self.compile_model()

    def _fitting(self, given: Examples, where: str | None) -> Examples:
        return examples.cut(given, self._maxlen, self._cut_labels, where)

    def _num_batches(self, source: Iterable[Any], batch_size: int, where: str) -> int:
        """Count the batches of a stream, and warn once of the texts that will be cut."""
        if self._maxlen is None:
            return streams.num_batches(source, batch_size)
        over, size = streams.count_over(source, self._text_names(), self._maxlen)
        examples.warn_of_cut(over, size, self._maxlen, where)
        return streams.num_batches(range(size), batch_size)

    def _batches(
        self,
        source: Iterable[Any],
        batch_size: int,
        where: str,
        by_label: Any = None,
        *,
        shuffle: bool = False,
    ) -> Iterator[Any]:
        for texts, labels in streams.batches(
            source, batch_size, self._text_names(), seed=self.random_seed if shuffle else None
        ):
            checked = self._examples(texts, labels, where)
            weights = self._weights(checked.labels, by_label, None)
            whole = self._fitting(checked._replace(weights=weights), None)
            batch = (whole.texts, self._numbers(whole.labels), whole.weights)
            yield batch if by_label is not None else batch[:2]


def _require_known(options: Mapping[str, Any]) -> None:
    for name in sorted({"validation_data", "x", "y"} & set(options)):
        raise TypeError(f"got {name}: pass x_train, y_train, x_validate and y_validate")
