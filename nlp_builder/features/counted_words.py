"""What blocks share whose words are counted in a corpus, where some of them have given vectors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from nlp_builder.features.archive import State
from nlp_builder.features.checks import percentile, positive_or_none, require_symbols, seed
from nlp_builder.features.representation import TextRepresentation
from nlp_builder.features.shapes import ModelIOShape
from nlp_builder.layers import PartlyFrozenEmbedding
from nlp_builder.text import (
    SubwordVectors,
    Symbols,
    Text,
    TokenCounts,
    Tokenizer,
    Vocabulary,
    WordVectors,
    encode_words,
    get_tokenizer,
    tokenize,
    words_of,
)

# Where a file has the vectors of known words: the second matrix of the layer, behind padding.
GIVEN_ROWS = ("weights/1", 1)


class CountedWords(TextRepresentation):
    """A block whose words are counted in a corpus: new ones are trained, known ones have vectors.

    The ids go from the unknown word over the new words to the known words, both by falling
    frequency. Rows of the first vectors have the standard deviation of the given ones, of which the
    unknown word gets the mean, if there are any: no unknown word of the corpus may be there to
    train it.

    Args:
        given: where vectors of known words come from.
        tokenizer: as for `get_tokenizer`.
        sequence_maxlen: the number of words of a text, None for the longest text of each batch.
        min_freq_percentile: words below this percentile (0 to 100) of the frequencies are unknown.
        max_vocabulary: the largest number of words, None for no limit.
        random_state: the seed of the first vectors.
        given_trainable: whether training moves the vectors of known words as well.
    """

    def __init__(
        self,
        given: SubwordVectors,
        *,
        tokenizer: str | Tokenizer | None,
        sequence_maxlen: int | None,
        min_freq_percentile: float,
        max_vocabulary: int | None,
        random_state: int,
        given_trainable: bool = False,
    ) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.sequence_maxlen = positive_or_none("sequence_maxlen", sequence_maxlen)
        self.min_freq_percentile = percentile("min_freq_percentile", min_freq_percentile)
        self.max_vocabulary = positive_or_none("max_vocabulary", max_vocabulary)
        self.random_state = seed("random_state", random_state)
        self._tokenizer = get_tokenizer(tokenizer)
        self._given = given
        self._dimension = given.dimension
        self._given_trainable = given_trainable
        self._num_new = 0

    @property
    def outputs_shape(self) -> ModelIOShape:
        """(words, dim)."""
        return ModelIOShape((self.sequence_maxlen, self._dimension), self._output_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments by name: those that all blocks of the kind have."""
        return {
            "tokenizer": self.tokenizer,
            "sequence_maxlen": self.sequence_maxlen,
            "min_freq_percentile": self.min_freq_percentile,
            "max_vocabulary": self.max_vocabulary,
            "random_state": self.random_state,
        }

    def _symbols(self) -> Symbols:
        return partial(words_of, tokenizer=self._tokenizer)

    def _ids_shape(self) -> tuple[int | None, ...]:
        return (self.sequence_maxlen,)

    def _ids(self, texts: Sequence[Text]) -> np.ndarray:
        tokens = tokenize(texts, self._tokenizer)
        return encode_words(tokens, self._learnt_vocabulary(), maxlen=self.sequence_maxlen)

    def _learn(self, counts: TokenCounts) -> None:
        require_symbols(type(self).__name__, counts)
        words = counts.freeze(
            max_size=self.max_vocabulary, min_freq_percentile=self.min_freq_percentile
        ).tokens
        known = [self._given.can_make(word) for word in words]
        self._num_new = known.count(False)
        # The sort is stable: each part stays ordered by frequency.
        order = sorted(range(len(words)), key=known.__getitem__)
        self._vocabulary = Vocabulary([words[place] for place in order])

    def _new_words(self) -> tuple[str, ...]:
        return self._learnt_vocabulary().tokens[: self._num_new]

    def _known_words(self) -> tuple[str, ...]:
        return self._learnt_vocabulary().tokens[self._num_new :]

    def _make_layers(self) -> list[keras.layers.Layer]:
        layer = PartlyFrozenEmbedding(
            self._num_new + 1,
            len(self._known_words()),
            self._dimension,
            given_trainable=self._given_trainable,
            embeddings_initializer="zeros",
            dtype=self._policy,
        )
        return [layer]

    def _set_given(self) -> None:
        words = self._known_words()
        # (known words, dim)
        given = WordVectors(words, self._given.vectors_of(words)).matrix
        draw = keras.initializers.RandomNormal(stddev=_spread(given), seed=self.random_state)
        # (unknown and new words, dim)
        drawn = draw((self._num_new + 1, self._dimension), "float32")
        first = np.array(keras.ops.convert_to_numpy(drawn))  # a copy that may be written to
        if len(words):
            first[0] = given.mean(axis=0, dtype="float64")
        self._layers[0].set_matrices(trained=first, given=given)

    def _settle(self) -> None:
        # The layer has the rows that are needed; the rest of a large source would be too much.
        self._given = no_vectors(self._dimension)

    # A file holds the new words and their vectors, and the known ones as an argument.

    def _vectors_to_keep(self) -> SubwordVectors:
        if self._graph is None:
            return self._given
        # (padding and known words, dim)
        table = np.asarray(self._layers[0].given.get_weights()[0], "float32")
        return SubwordVectors(WordVectors(self._known_words(), table[1:]))

    def _state(self) -> State:
        state = super()._state()
        # Words that were counted for a graph that could not be made are of no use.
        state.vocabularies.clear()
        if self._graph is not None:
            state.vocabularies["vocabulary"] = self._new_words()
        return state

    def _restore(self, state: State) -> None:
        new = state.vocabularies.get("vocabulary")
        if state.values["built"] == (new is None):
            raise ValueError("a built block has a list of new words, and no other has")
        if new is not None:
            self._num_new = len(new)
            words = {**state.vocabularies, "vocabulary": [*new, *self._given.words]}
            state = State(state.values, words, state.arrays)
        super()._restore(state)


def no_vectors(dimension: int) -> SubwordVectors:
    """Return vectors of no words.

    Args:
        dimension: the length that they would have.

    Returns:
        Vectors that know no word.
    """
    return SubwordVectors(WordVectors([], np.zeros((0, dimension), "float32")))


def _spread(given: np.ndarray) -> float:
    """Return the standard deviation of given vectors, or one that suits where there is none."""
    spread = float(given.std(dtype="float64")) if given.size else 0.0
    return spread or float(given.shape[1]) ** -0.5
