"""What taggers learn from a corpus: numbers, weights and constraints of tags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, ClassVar

import keras
import numpy as np

from nlp_builder.features import KerasWrapper
from nlp_builder.labeling.ends import CRFEnd, End, end_of
from nlp_builder.labeling.weights import token_weights
from nlp_builder.layers import CRFLoss
from nlp_builder.models import TextModel
from nlp_builder.models.examples import Columns, Examples, without_empty
from nlp_builder.models.streams import with_labels
from nlp_builder.text import Scheme, TagAlphabet, convert_tags, guess_scheme
from nlp_builder.text.checks import preview


class LearnsTags(TextModel):
    """A model whose labels are tags, one for each token: the first half of `BaseLabelingModel`."""

    family: ClassVar[str] = "labeling"
    constraints: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    """Which tags may follow each other, for a CRF, where all tags of the training keep to it."""

    @property
    def scheme(self) -> Scheme | None:
        """The scheme of the tags; None if they are of none, as parts of speech."""
        return guess_scheme([self.labels])

    @property
    def end(self) -> End:
        """How the output is read."""
        return end_of(self._head())

    # What `TextModel` asks.

    def _learn_from(self, labels: Sequence[Any]) -> None:
        scheme = guess_scheme(labels)
        alphabet = TagAlphabet.from_tags(labels)
        self.constraints = None
        if scheme is not None and all(_is_well_formed(tags, scheme) for tags in labels):
            self.constraints = alphabet.allowed_transitions(scheme)

    def _restored(self) -> None:
        self.constraints = self.end.constraints

    def _names_in(self, labels: Sequence[Any]) -> Iterable[str]:
        return TagAlphabet.from_tags(labels).tags

    def _numbers(self, labels: Sequence[Any]) -> list[np.ndarray]:
        return [self.processor.numbers(tags) for tags in labels]

    def _weights(self, labels: Sequence[Any], by_label: Any, by_text: Any) -> Any:
        weights = token_weights(labels, by_label, by_text, known=self.labels)
        if isinstance(weights, np.ndarray) and not isinstance(self.end, CRFEnd):
            # Keras would lay weights of texts along the words of a mask.
            return [
                np.full(len(tags), weight, "float32")
                for tags, weight in zip(labels, weights, strict=True)
            ]
        return weights

    def _require_labels(self, columns: Columns, labels: Sequence[Any], where: str) -> None:
        for name, column in columns.items():
            of_name = "" if name is None else f" of {name!r}"
            for number, (text, tags) in enumerate(zip(column, labels, strict=True)):
                if isinstance(text, str):
                    raise TypeError(
                        f"expected a list of tokens, got {preview(text)} for text {number} of "
                        f"{where}: split it into tokens"
                    )
                _require_tags(tags, f"text {number} of {where}")
                if len(text) != len(tags):
                    raise ValueError(
                        f"text {number} of {where} has {len(text)} tokens{of_name} and "
                        f"{len(tags)} tags: {preview(list(text))}, {preview(list(tags))}"
                    )
        if self._labels is not None:
            self.processor.require(set(chain.from_iterable(labels)), where)

    def _cut_labels(self, labels: Sequence[Any], maxlen: int) -> Sequence[Any]:
        return [tags[:maxlen] for tags in labels]

    def _fitting(self, given: Examples, where: str | None) -> Examples:
        # A text without tokens has no tag to learn, and cuDNN takes no row that is all padding.
        return super()._fitting(without_empty(given), where)

    def _stream(self, given: Any) -> Iterable[Any]:
        return with_labels(super()._stream(given))

    def _metric(self, metric: Any) -> Any:
        return self.end.objectives()[1][0] if metric in ("accuracy", "acc") else metric

    def _require_loss(self, loss: Any) -> None:
        own, _ = self.end.objectives()
        if isinstance(own, CRFLoss) and not isinstance(loss, CRFLoss):
            raise ValueError(
                f"expected CRFLoss() for a model that ends in a CRF, got {preview(loss)}: leave "
                "the loss out"
            )

    def _default_objectives(self) -> tuple[Any, list[Any]]:
        return self.end.objectives()

    def _require_outputs(self) -> None:
        if self.end.num_tags != len(self.processor):
            raise ValueError(
                f"expected a model for {len(self.processor)} tags, got one for {self.end.num_tags}"
            )

    def _wrapped(self) -> KerasWrapper:
        wrapper = super()._wrapped()
        for layer in self._head()._flatten_layers():
            if type(layer) is keras.layers.TimeDistributed and _is_of_any_length(layer):
                raise ValueError(
                    f"the layer {layer.name!r} is keras.layers.TimeDistributed, which on "
                    "TensorFlow keeps the length of the first batch: take "
                    "nlp_builder.layers.TimeDistributed (L.TimeDistributed); or Dense alone, which "
                    "works on the last axis"
                )
        return wrapper


def _is_of_any_length(layer: keras.layers.Layer) -> bool:
    if keras.backend.backend() != "tensorflow":
        return False
    return any(node.outputs[0].shape[1] is None for node in layer._inbound_nodes)


def _require_tags(tags: Any, where: str) -> None:
    if isinstance(tags, str) or not hasattr(tags, "__len__"):
        raise TypeError(
            f"expected a list of tags, one for each token, got {preview(tags)} for {where}"
        )
    for tag in tags:
        if not isinstance(tag, str):
            raise TypeError(
                f"expected tags of type str, got {preview(tag)} for {where}: fill in what is "
                "missing ('O'), and make others with map(str, tags)"
            )


def _is_well_formed(tags: Sequence[str], scheme: Scheme) -> bool:
    return convert_tags(tags, scheme, scheme) == list(tags)
