"""Training and predicting from texts: Keras' own methods, with texts in the place of arrays."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from nlp_builder.features.archive import State
from nlp_builder.features.batching import predict_texts, quiet_end, require_steps
from nlp_builder.features.chain_metrics import require_readable
from nlp_builder.features.checks import TRAIN_ANEW
from nlp_builder.features.compiled import restore_training, training_state
from nlp_builder.features.feature import Feature
from nlp_builder.features.targets import by_output, split_last
from nlp_builder.features.training_data import batches_of, validation_of
from nlp_builder.text.checks import positive_int


class Trainable(Feature):
    """A block that is a model: it is compiled, fitted, evaluated, and predicts from texts.

    The graph is Keras' own, and so are optimizers, losses, metrics, callbacks and the progress bar;
    texts become ids one batch at a time.
    """

    # The seed of the order of the texts in training.
    random_seed: int

    @property
    def output_names(self) -> list[str] | None:
        """The names of the outputs if there are several, as losses and targets have them."""
        return None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        **kwargs: Any,
    ) -> None:
        """Set optimizer, loss and metrics, as `keras.Model.compile` does.

        Args:
            optimizer: a Keras optimizer, or its name.
            loss: a loss, or its name; of several outputs a dict by name, or a list.
            metrics: a list of metrics; of several outputs a dict of lists, or a list of lists.
            **kwargs: further arguments of `keras.Model.compile`.

        Raises:
            ValueError: if the block is not built.
        """
        graph = self._built()
        # Keras would keep the metrics of an earlier compile in the place of None.
        none: Any = [] if self.output_names is None else {}
        lists = {"loss": loss, "metrics": none if metrics is None else metrics, **kwargs}
        if self.output_names is not None:
            for name in {"loss", "loss_weights", "metrics", "weighted_metrics"} & set(lists):
                if isinstance(lists[name], list | tuple):
                    lists[name] = by_output(name, lists[name], self.output_names)
        for kind in ("metrics", "weighted_metrics"):
            require_readable(self._last_model(), lists.get(kind), self.output_names)
        graph.compile(optimizer=optimizer, **lists)
        self._compiled_for = self._trained()

    def fit(  # over 40 lines, half of which are Keras' arguments
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        max_queue_size: int | None = None,
        workers: int | None = None,
        use_multiprocessing: bool | None = None,
        *,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        shuffle: bool = True,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Train on texts.

        Args:
            x: texts as `preprocess_texts` takes them; or a generator, or a
                `keras.utils.PyDataset`, of batches (texts, targets) or (texts, targets, weights),
                with a dict of targets for several outputs. Lists of texts are not copied: leave
                them as they are until this returns.
            y: a target for each text, by position: an array, a list or a Series; of several
                outputs a dict by name, or a list of them.
            batch_size: texts in a batch; the last one of an epoch may be smaller.
            epochs: passes over the texts.
            verbose: as in Keras.
            callbacks: Keras callbacks.
            validation_split: the share of the texts, from the end, to validate on.
            validation_data: (texts, targets) or (texts, targets, weights), or a generator or
                PyDataset as `x`; scored whole and in order after each epoch. (A generator goes on
                where the epoch before left it.)
            steps_per_epoch: batches of an epoch; needed for a generator that does not end.
            validation_steps: the same for a generator to validate on.
            max_queue_size: batches that workers make ahead; 10 if not given.
            workers: threads, or processes, that make batches; 1, or what a PyDataset says itself.
            use_multiprocessing: processes, not threads.
            sample_weight: a weight for each text, by position.
            class_weight: a weight for each class, by its number.
            shuffle: a new order of the texts in each epoch, the same ones for one `random_seed`.
            **kwargs: further arguments of `keras.Model.fit`: initial_epoch, which the order of the
                texts goes on from, validation_freq.

        Returns:
            Keras' history.

        Raises:
            ValueError: if the block is not built or not compiled, if numbers of texts, targets and
                weights differ, or if a generator has to be read more than once.
            TypeError: if texts or targets are of the wrong kind.

        Warns:
            UserWarning: at the end, if the loss was no number.
        """
        graph = self._compiled()
        pool = _pool(workers, use_multiprocessing, max_queue_size)
        require_steps(x, steps_per_epoch, epochs, "steps_per_epoch")
        require_steps(validation_data, validation_steps, epochs, "validation_steps")
        x, y, weights, validation_data = split_last(
            self, x, y, sample_weight, validation_split, validation_data
        )
        epoch = kwargs.get("initial_epoch", 0)
        train = batches_of(self, x, y, weights, batch_size, epoch, shuffle=shuffle, **pool)
        validation = validation_of(self, validation_data, batch_size, **pool)
        _build_optimizer(graph)
        with quiet_end(steps_per_epoch):
            history = graph.fit(
                train,
                epochs=epochs,
                verbose=verbose,
                callbacks=callbacks,
                validation_data=validation,
                steps_per_epoch=steps_per_epoch,
                validation_steps=validation_steps,
                class_weight=_class_weight(class_weight),
                shuffle=False,  # the batches see to it
                **kwargs,
            )
        _warn_of_nan(history)
        return history

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        *,
        max_queue_size: int | None = None,
        workers: int | None = None,
        use_multiprocessing: bool | None = None,
    ) -> Any:
        """Score texts, all of them and in order.

        Args:
            x: as for `fit`.
            y: as for `fit`.
            batch_size: as for `fit`.
            verbose: as in Keras.
            sample_weight: as for `fit`.
            steps: the number of batches of a generator that does not end.
            callbacks: Keras callbacks.
            return_dict: a dict by the names of loss and metrics, not a list.
            max_queue_size: as for `fit`.
            workers: as for `fit`.
            use_multiprocessing: as for `fit`.

        Returns:
            Loss and metrics, as `keras.Model.evaluate` returns them.

        Raises:
            ValueError: as `fit`.
        """
        graph = self._compiled()
        pool = _pool(workers, use_multiprocessing, max_queue_size)
        batches = batches_of(self, x, y, sample_weight, batch_size, shuffle=False, **pool)
        with quiet_end(steps):
            return graph.evaluate(
                batches, verbose=verbose, steps=steps, callbacks=callbacks, return_dict=return_dict
            )

    def predict(
        self,
        x: Any,
        inference_batch: int = 256,
        steps: int | None = None,
        max_queue_size: int | None = None,
        workers: int | None = None,
        use_multiprocessing: bool | None = None,
        verbose: Any = 0,
        *,
        callbacks: Any = None,
    ) -> np.ndarray | list[np.ndarray]:
        """Compute the outputs of texts.

        Args:
            x: texts as `preprocess_texts` takes them; or a generator or PyDataset of batches of
                texts, with or without targets.
            inference_batch: texts in a batch. For the steps of the texts the result is the same for
                any number, but where a model of any length pools what a convolution made of padding
                (see `KerasWrapper`): give a maximum length there.
            steps: the number of batches of a generator that does not end.
            max_queue_size: as for `fit`.
            workers: as for `fit`.
            use_multiprocessing: as for `fit`.
            verbose: 1 shows a progress bar.
            callbacks: Keras callbacks.

        Returns:
            float32 (texts, *outputs_shape) in the order of the texts, or a list of them if there
            are several outputs; shorter ones of outputs of any length are padded with zeros.

        Raises:
            ValueError: if the block is not built.
            TypeError: if texts are of the wrong kind.
        """
        positive_int("inference_batch", inference_batch)
        outputs = predict_texts(
            self._built(),
            self,
            x,
            batch_size=inference_batch,
            verbose=verbose,
            callbacks=callbacks,
            steps=steps,
            **_pool(workers, use_multiprocessing, max_queue_size),
        )
        outputs = self._in_order(outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def summary(self, print_fn: Any = print) -> None:
        """Show the table of the block and its parts: the same as `print(block)`.

        Args:
            print_fn: what shows the text.
        """
        print_fn(str(self))

    def _last_model(self) -> keras.Model:
        """Return the model whose last layers give the outputs."""
        return self._built()

    def _compiled(self) -> keras.Model:
        graph = self._built()
        name = type(self).__name__
        if not graph.compiled:
            raise ValueError(f"{name} is not compiled: call compile(optimizer, loss) first")
        if self._compiled_for != self._trained():
            raise ValueError(
                f"{name} was compiled before freeze() or unfreeze() changed what is trained: call "
                "compile again"
            )
        return graph

    def _trained(self) -> list[int]:
        return [id(weight) for weight in self._built().trainable_weights]

    def _training_state(self) -> State:
        graph = self._graph
        # What was compiled before a freeze has to be compiled again.
        if graph is None or not graph.compiled or self._compiled_for != self._trained():
            return State()
        return training_state(graph)

    def _restore(self, state: State) -> None:
        compiled = state.values.pop("compiled", None)
        names = [name for name in state.arrays if name.startswith("training/")]
        variables = {name: state.arrays.pop(name) for name in names}
        super()._restore(state)
        if compiled is not None:
            restore_training(self._built(), compiled, variables)
            self._compiled_for = self._trained()


def _build_optimizer(model: keras.Model) -> None:
    """Make the variables of the optimizer: in its first step TensorFlow traces that step twice."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)


def _warn_of_nan(history: keras.callbacks.History) -> None:
    losses = zip(history.epoch, history.history.get("loss", ()), strict=False)
    odd = [epoch + 1 for epoch, loss in losses if not np.isfinite(loss)]
    if odd:
        warnings.warn(
            f"the loss is not a number since epoch {odd[0]}: {TRAIN_ANEW}, and look for inputs and "
            "weights that are not finite",
            stacklevel=3,
        )


def _class_weight(weights: Any) -> dict[int, float] | None:
    if not isinstance(weights, Mapping | None):
        raise TypeError(
            f"expected class_weight as a dict from the number of a class to its weight, got "
            f"{weights!r}: sklearn.utils.class_weight.compute_class_weight makes balanced ones"
        )
    return None if weights is None else dict(weights)


def _pool(
    workers: int | None, use_multiprocessing: bool | None, max_queue_size: int | None
) -> dict[str, Any]:
    given = {
        "workers": workers,
        "use_multiprocessing": use_multiprocessing,
        "max_queue_size": max_queue_size,
    }
    return {name: value for name, value in given.items() if value is not None}
