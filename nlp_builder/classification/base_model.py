"""Ready-made classifiers: what they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np
import sklearn.metrics

from nlp_builder.models import TextModel
from nlp_builder.models.examples import Columns, as_read, columns_of, cut_columns
from nlp_builder.models.graphs import require_numbers, require_probabilities
from nlp_builder.models.labels import require_by_label
from nlp_builder.text.checks import positive_int, preview


class BaseClassificationModel(TextModel):
    """A classifier: a label for each text.

    A model of your own overrides `get_default_hyper_parameters` and `build_model_arc`, which sets
    `tf_model` to a Keras model from `embedding.embed_model.inputs` to probabilities (batch,
    labels). Texts are lists of tokens, or strings if the blocks have a tokenizer. See `TextModel`
    for the arguments.

    Example:
        >>> from nlp_builder.classification import BiGRU_Model
        >>> model = BiGRU_Model(hyper_parameters={"layer_bi_gru": {"units": 4}})
        >>> texts, labels = ["win now", "see you", "win a car", "see me"], ["spam", "ham"] * 2
        >>> history = model.fit(texts, labels, epochs=1, verbose=0)
        >>> model.labels, len(model.predict(["win"]))
        (('ham', 'spam'), 1)
    """

    family: ClassVar[str] = "classification"

    def predict(self, x_data: Any, *, batch_size: int = 256) -> list[str]:
        """Predict the likeliest label of each text.

        Args:
            x_data: texts as for `fit`; longer ones than the model reads are cut.
            batch_size: texts in a batch.

        Returns:
            A label for each text.

        Raises:
            TypeError: if the texts are of the wrong kind.
            ValueError: if the model is not built, or its weights are not finite.
        """
        names = self.labels
        chances = self.predict_proba(x_data, batch_size=batch_size)
        return [names[number] for number in chances.argmax(axis=1).tolist()]

    def predict_proba(self, x_data: Any, *, batch_size: int = 256) -> np.ndarray:
        """Predict the probabilities of all labels.

        Args:
            x_data: as for `predict`.
            batch_size: as for `predict`.

        Returns:
            float32 (texts, labels), in the order of `labels`; each row sums to 1.
        """
        wrapper = self._built()
        columns = cut_columns(columns_of(x_data, self._text_names()), self._maxlen)
        chances = np.asarray(wrapper.predict(as_read(columns), inference_batch=batch_size))
        return require_numbers(self.tf_model, chances)

    def predict_top_k(
        self, x_data: Any, top_k: int = 5, *, batch_size: int = 256
    ) -> list[list[tuple[str, float]]]:
        """Predict the likeliest labels of each text.

        Args:
            x_data: as for `predict`.
            top_k: how many.
            batch_size: as for `predict`.

        Returns:
            For each text pairs of a label and its probability, the likeliest first.
        """
        positive_int("top_k", top_k)
        names = self.labels
        chances = self.predict_proba(x_data, batch_size=batch_size)
        order = np.argsort(-chances, axis=1, kind="stable")[:, :top_k]
        return [
            [(names[number], float(row[number])) for number in best.tolist()]
            for row, best in zip(chances, order, strict=True)
        ]

    def evaluate(self, x_data: Any, y_data: Any, batch_size: int = 256, digits: int = 4) -> str:
        """Score predicted labels, and print the report.

        Args:
            x_data: as for `predict`.
            y_data: the gold label of each text; also such as the model does not know.
            batch_size: as for `predict`.
            digits: of the numbers in the report.

        Returns:
            The report of scikit-learn, a line for each label.

        Raises:
            ValueError: if numbers of texts and labels differ.

        Warns:
            UserWarning: if there are labels that training did not have.
        """
        gold, predicted = self._gold_and_predicted(x_data, y_data, batch_size)
        self.processor.warn_of_unknown(gold)
        report = sklearn.metrics.classification_report(
            gold, predicted, digits=digits, zero_division=0
        )
        print(report)
        return str(report)

    def scores(self, x_data: Any, y_data: Any, *, batch_size: int = 256) -> dict[str, float]:
        """Return the means of precision, recall and F1 over the labels.

        Args:
            x_data: as for `evaluate`.
            y_data: as for `evaluate`.
            batch_size: as for `evaluate`.

        Returns:
            The three by name: "precision", "recall", "f1".
        """
        gold, predicted = self._gold_and_predicted(x_data, y_data, batch_size)
        found = sklearn.metrics.precision_recall_fscore_support(
            gold, predicted, average="macro", zero_division=0
        )
        return dict(zip(("precision", "recall", "f1"), map(float, found[:3]), strict=True))

    # What a classifier has to say to `TextModel`.

    def _names_in(self, labels: Sequence[Any]) -> Iterable[str]:
        return sorted(set(labels))

    def _learn_from(self, labels: Sequence[Any]) -> None:
        """Learn nothing else."""

    def _restored(self) -> None:
        """Take nothing."""

    def _numbers(self, labels: Sequence[Any]) -> np.ndarray:
        return self.processor.numbers(labels)

    def _weights(self, labels: Sequence[Any], by_label: Any, by_text: Any) -> Any:
        given = None if by_text is None else checked_weights(by_text, len(labels))
        if by_label is None:
            return given
        require_by_label(by_label)
        self.processor.require(by_label, "class_weight")
        weights = np.array([by_label.get(label, 1.0) for label in labels], "float32")
        return checked_weights(weights if given is None else weights * given, len(labels))

    def _require_labels(self, columns: Columns, labels: Sequence[Any], where: str) -> None:
        for number, label in enumerate(labels):
            if not isinstance(label, str):
                raise TypeError(
                    f"expected a label of type str for each text, got {preview(label)} for text "
                    f"{number} of {where}: pass list(map(str, labels))"
                )
        if self._labels is not None:
            self.processor.require(labels, where)

    def _cut_labels(self, labels: Sequence[Any], maxlen: int) -> Sequence[Any]:
        return labels

    def _default_objectives(self) -> tuple[Any, list[Any]]:
        return "sparse_categorical_crossentropy", ["accuracy"]

    def _require_outputs(self) -> None:
        shapes = [tuple(output.shape) for output in self._head().outputs]
        if shapes != [(None, len(self.processor))]:
            raise ValueError(
                f"expected a model with one output (batch, {len(self.processor)}), a probability "
                f"for each label, got {shapes}"
            )
        require_probabilities(self._head())


def checked_weights(weights: Any, size: int) -> np.ndarray:
    """Return weights that are as many as the texts, none of them below 0.

    Args:
        weights: numbers.
        size: the number of texts.

    Returns:
        float32 (texts,).

    Raises:
        ValueError: if they are not.
    """
    array = np.asarray(weights, "float32")
    if array.shape != (size,) or not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(
            f"expected {size} weights of 0 or more, a number for each text, got {preview(weights)}"
        )
    return array
