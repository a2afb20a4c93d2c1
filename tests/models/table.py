"""The table of ready-made models: a new model costs a row, and all laws hold for it."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import keras
import numpy as np

from nlp_builder import classification, labeling
from nlp_builder.models import TextModel

TEXTS = [
    ["Ada", "Lovelace", "wrote", "in", "London"],
    ["Ada", "slept"],
    ["in", "Oslo"],
    ["Paris"],
    ["Bob", "Noyce", "saw", "New", "York"],
    ["it", "rained", "."],
] * 2
TAGS = [
    ["B-PER", "I-PER", "O", "O", "B-LOC"],
    ["B-PER", "O"],
    ["O", "B-LOC"],
    ["B-LOC"],
    ["B-PER", "I-PER", "O", "B-LOC", "I-LOC"],
    ["O", "O", "O"],
] * 2
TOPICS = ["person", "person", "place", "place", "person", "weather"] * 2
# Unknown words, an empty text, one token, a long one.
ODD_TEXTS = [["Ada"], [], ["Grace", "Hopper", "in", "Oslo"], ["wrote"] * 6, ["🦊"]]


class Row(NamedTuple):
    """A class of models, small hyper-parameters, and labels for `TEXTS`."""

    cls: type[TextModel]
    labels: list[Any]

    @property
    def hyper_parameters(self) -> dict[str, dict[str, Any]]:
        """The defaults with few units."""
        small = {"units": 4, "filters": 4}
        return {
            layer: {name: small.get(name, value) for name, value in arguments.items()}
            for layer, arguments in self.cls.get_default_hyper_parameters().items()
        }

    @property
    def is_tagger(self) -> bool:
        return self.cls.family == "labeling"

    def model(self, embedding: Any = None, **arguments: Any) -> Any:
        return self.cls(embedding, hyper_parameters=self.hyper_parameters, **arguments)

    def built(self, embedding: Any = None, learning_rate: float = 0.05, **arguments: Any) -> Any:
        """A model that trains without the graph of TensorFlow, which would cost seconds."""
        model = self.model(embedding, **arguments)
        model.build_model(TEXTS, self.labels)
        optimizer = keras.optimizers.Adam(learning_rate)
        model.compile_model(optimizer=optimizer, run_eagerly=True)
        return model

    def fitted(self, epochs: int = 1, **arguments: Any) -> Any:
        model = self.built(**arguments)
        model.fit(TEXTS, self.labels, epochs=epochs, verbose=0)
        return model

    def __repr__(self) -> str:
        return f"{self.cls.family}-{self.cls.__name__}"


ROWS = [
    *(Row(cls, TAGS) for cls in labeling.READY_MADE),
    *(Row(cls, TOPICS) for cls in classification.READY_MADE),
]


@cache
def shared(number: int) -> Any:
    """The fitted model of a row, which no test may change."""
    return ROWS[number].fitted()


def numbered(choose: Callable[[Row], bool] = lambda row: True) -> list[Any]:
    """The numbers of rows, for `parametrize`."""
    return [number for number, row in enumerate(ROWS) if choose(row)]


def named(number: int) -> str:
    return repr(ROWS[number])


def weights_of(model: TextModel) -> list[np.ndarray]:
    return [np.asarray(weight) for weight in model.tf_model.get_weights()]


def assert_same_outputs(one: TextModel, other: TextModel, texts: Any = None) -> None:
    """Labels are the same, and probabilities bit for bit."""
    texts = ODD_TEXTS if texts is None else texts
    assert one.predict(texts) == other.predict(texts)
    for a, b in zip(one.predict_proba(texts), other.predict_proba(texts), strict=True):
        np.testing.assert_array_equal(a, b)
