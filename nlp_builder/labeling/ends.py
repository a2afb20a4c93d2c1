"""How the output of a tagger is read: of one that ends in a CRF, and in probabilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, final

import keras
import numpy as np

from nlp_builder.layers import CRF, CRFLoss, TagAccuracy, WordAccuracy, nbest
from nlp_builder.models.graphs import require_probabilities


class End(ABC):
    """What the output of a tagger says of tags."""

    def __init__(self, num_tags: int) -> None:
        self.num_tags = num_tags

    @abstractmethod
    def objectives(self) -> tuple[Any, list[Any]]:
        """Return the loss, and the metrics."""

    @property
    @abstractmethod
    def constraints(self) -> Any:
        """Which tags may follow each other; None if all may."""

    @abstractmethod
    def joined(self, pieces: Sequence[np.ndarray], words: Callable[[list[np.ndarray]], Any]) -> Any:
        """Return the output for a text, of those of its pieces, without padding.

        Args:
            pieces: the output for each piece.
            words: puts rows of words together.
        """

    @abstractmethod
    def without_padding(self, output: np.ndarray, length: int) -> np.ndarray:
        """Return the output for a text of so many words.

        Raises:
            ValueError: if the output has fewer.
        """

    @abstractmethod
    def best(self, output: np.ndarray) -> np.ndarray:
        """Return the numbers of the best tags, int (batch, words)."""

    @abstractmethod
    def probabilities(self, output: np.ndarray) -> np.ndarray:
        """Return the probability of each tag, (batch, words, tags)."""

    @abstractmethod
    def n_best(self, output: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the n best sequences, int (batch, n, words), and their log-probabilities.

        Without a mask in the output all its words count, so that padding has to be gone.
        """


@final
class CRFEnd(End):
    """The chain that a CRF returns.

    Args:
        crf: the layer.
    """

    def __init__(self, crf: CRF) -> None:
        super().__init__(crf.num_tags)
        self._crf = crf

    @property
    def constraints(self) -> Any:
        """Those of the layer."""
        found = self._crf.constraints
        return None if found is None else tuple(found)

    def joined(self, pieces: Sequence[np.ndarray], words: Callable[[list[np.ndarray]], Any]) -> Any:
        """Return a chain through all pieces, which is decoded as a whole."""
        rows = self.num_tags + 2  # transitions, start and end
        return np.concatenate([words([piece[:-rows] for piece in pieces]), pieces[0][-rows:]])

    def without_padding(self, output: np.ndarray, length: int) -> np.ndarray:
        """Return the words, and the rows behind all of them."""
        rows = self.num_tags + 2
        return np.concatenate([first_words(output[:-rows], length), output[-rows:]])

    def objectives(self) -> tuple[Any, list[Any]]:
        """Return the loss of the tags of a text, and the accuracy of words."""
        return CRFLoss(), [TagAccuracy(name="accuracy")]

    def best(self, output: np.ndarray) -> np.ndarray:
        """Return what Viterbi's algorithm finds."""
        tags, _ = self._crf.decode(output)
        return tags

    def probabilities(self, output: np.ndarray) -> np.ndarray:
        """Return the marginals."""
        return np.asarray(self._crf.marginals(output))

    def n_best(self, output: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return what the constraints allow."""
        tags, scores = self._crf.decode_nbest(output, n)
        total = np.asarray(self._crf.log_partition(output))
        return np.asarray(tags), np.asarray(scores) - total[:, None]


@final
class SoftmaxEnd(End):
    """Probabilities of tags, each word by itself.

    Args:
        num_tags: the number of tags.
    """

    @property
    def constraints(self) -> None:
        """None: words do not know of each other."""
        return None

    def joined(self, pieces: Sequence[np.ndarray], words: Callable[[list[np.ndarray]], Any]) -> Any:
        """Return all words."""
        return words(list(pieces))

    def without_padding(self, output: np.ndarray, length: int) -> np.ndarray:
        """Return the words."""
        return first_words(output, length)

    def objectives(self) -> tuple[Any, list[Any]]:
        """Return the cross-entropy and the accuracy of words."""
        return "sparse_categorical_crossentropy", [WordAccuracy(name="accuracy")]

    def best(self, output: np.ndarray) -> np.ndarray:
        """Return the likeliest tag of each word."""
        return output.argmax(axis=-1)

    def probabilities(self, output: np.ndarray) -> np.ndarray:
        """Return the output."""
        return output

    def n_best(self, output: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the likeliest combinations of tags."""
        # Words that do not know of each other are a chain whose transitions say nothing.
        potentials = np.log(np.maximum(output, 1e-30))
        tags, scores = nbest(potentials, np.zeros((self.num_tags, self.num_tags), "float32"), n)
        return np.asarray(tags), np.asarray(scores)


def first_words(rows: np.ndarray, length: int) -> np.ndarray:
    """Leave out what is at padding.

    Args:
        rows: one for each word, and for padding behind.
        length: the number of words.

    Returns:
        So many rows.

    Raises:
        ValueError: if there are fewer.
    """
    if len(rows) < length:
        raise ValueError(
            f"expected an output for each of {length} tokens, got {len(rows)}: a layer of the "
            "model loses steps. keras.layers.TimeDistributed does so on TensorFlow, where batches "
            "differ in length: take nlp_builder.layers.TimeDistributed; or Dense alone, which "
            "works on the last axis"
        )
    return rows[:length]


def end_of(model: keras.Model) -> End:
    """Find out how the output of a model is read.

    Args:
        model: a functional or sequential one.

    Returns:
        An end.

    Raises:
        ValueError: if the model has several outputs, or one that says nothing of words, or gives no
            probabilities.
    """
    outputs = model.outputs
    if len(outputs) == 1:
        layer = outputs[0]._keras_history.operation
        if isinstance(layer, CRF):
            return CRFEnd(layer)
        if len(outputs[0].shape) == 3 and outputs[0].shape[-1]:
            require_probabilities(model)
            return SoftmaxEnd(int(outputs[0].shape[-1]))
    raise ValueError(
        "expected a model whose one output is that of a CRF, or (batch, words, tags), got "
        f"{[tuple(output.shape) for output in outputs]}"
    )
