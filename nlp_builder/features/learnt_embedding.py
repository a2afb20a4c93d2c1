"""What blocks share whose vocabulary is learnt and whose vectors are trained from scratch."""

from __future__ import annotations

import keras

from nlp_builder.features.checks import percentile, require_symbols, seed
from nlp_builder.features.representation import TextRepresentation
from nlp_builder.layers import MaskedEmbedding
from nlp_builder.text import TokenCounts
from nlp_builder.text.checks import positive_int


class LearntEmbedding(TextRepresentation):
    """A block whose symbols are counted in a corpus, each with a vector that training moves.

    Args:
        embedding_dimension: the length of a vector.
        min_freq_percentile: symbols below this percentile (0 to 100) of the frequencies of all
            symbols are unknown ones.
        random_state: the seed of the first vectors.
    """

    def __init__(
        self, embedding_dimension: int, min_freq_percentile: float, random_state: int
    ) -> None:
        super().__init__()
        self.embedding_dimension = positive_int("embedding_dimension", embedding_dimension)
        self.min_freq_percentile = percentile("min_freq_percentile", min_freq_percentile)
        self.random_state = seed("random_state", random_state)

    def _learn(self, counts: TokenCounts) -> None:
        require_symbols(type(self).__name__, counts)
        self._vocabulary = counts.freeze(min_freq_percentile=self.min_freq_percentile)

    def _make_layers(self) -> list[keras.layers.Layer]:
        initializer = keras.initializers.RandomNormal(
            stddev=self.embedding_dimension**-0.5, seed=self.random_state
        )
        return [
            MaskedEmbedding(
                len(self._learnt_vocabulary()),
                self.embedding_dimension,
                embeddings_initializer=initializer,
                dtype=self._policy,
            )
        ]
