"""Characters of words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import keras
import numpy as np

from nlp_builder.features.archive import saveable
from nlp_builder.features.checks import positive_or_none, seed
from nlp_builder.features.feature import Feature
from nlp_builder.features.shapes import Connection, ModelIOShape
from nlp_builder.layers import MaskedEmbedding
from nlp_builder.text import (
    PADDING_ID,
    Text,
    TokenCounts,
    Tokenizer,
    encode_characters_per_word,
    get_tokenizer,
    tokenize,
)
from nlp_builder.text.checks import positive_int


@saveable
class CharPerWordEmbeddingSequence(Feature):
    """The characters of each word to vectors, which training moves.

    The alphabet is counted over the characters of each word of the corpus, up to `char_maxlen`.

    Args:
        tokenizer: the name of a registered tokenizer, a function from a text to tokens, or None
            if texts are lists of tokens to be taken as they are.
        embedding_dimension: the length of a character's vector.
        word_maxlen: the number of words of a text, longer ones are cut at the end; None for the
            longest text of each batch.
        char_maxlen: the number of characters of a word, longer ones are cut at the end; None for
            the longest word of each batch.
        min_freq_percentile: characters that are rarer than this percentile (0 to 100) of the
            frequencies of all characters are unknown ones.
        random_state: the seed of the first vectors.

    Raises:
        ValueError: if an argument is out of its range, or no such tokenizer is registered.
        TypeError: if an argument is of another type.

    Example:
        >>> characters = CharPerWordEmbeddingSequence(
        ...     "whitespace", 8, word_maxlen=2, char_maxlen=3, min_freq_percentile=0
        ... )
        >>> characters.outputs_shape
        (2, 3, 8), float32
        >>> characters.build(["abba"]).preprocess_texts(["abbey ba"])
        array([[[3, 2, 2],
                [2, 3, 0]]], dtype=int32)
    """

    def __init__(
        self,
        tokenizer: str | Tokenizer | None,
        embedding_dimension: int = 256,
        word_maxlen: int | None = 30,
        char_maxlen: int | None = 12,
        min_freq_percentile: float = 5,
        random_state: int = 42,
    ) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.embedding_dimension = positive_int("embedding_dimension", embedding_dimension)
        self.word_maxlen = positive_or_none("word_maxlen", word_maxlen)
        self.char_maxlen = positive_or_none("char_maxlen", char_maxlen)
        self.min_freq_percentile = min_freq_percentile
        self.random_state = seed("random_state", random_state)
        self._tokenizer = get_tokenizer(tokenizer)
        TokenCounts().freeze(min_freq_percentile=min_freq_percentile)  # refuses it now

    @property
    def outputs_shape(self) -> ModelIOShape:
        """(words, chars, dim)."""
        shape = (self.word_maxlen, self.char_maxlen, self.embedding_dimension)
        return ModelIOShape(shape, self._output_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments by name."""
        return {
            "tokenizer": self.tokenizer,
            "embedding_dimension": self.embedding_dimension,
            "word_maxlen": self.word_maxlen,
            "char_maxlen": self.char_maxlen,
            "min_freq_percentile": self.min_freq_percentile,
            "random_state": self.random_state,
        }

    def _symbols(self, texts: Sequence[Text]) -> Iterable[str]:
        words = chain.from_iterable(tokenize(texts, self._tokenizer))
        return chain.from_iterable(word[: self.char_maxlen] for word in words)

    def _learn(self, counts: TokenCounts) -> None:
        if not counts:
            raise ValueError(
                "CharPerWordEmbeddingSequence.build expects a corpus with words, got texts without "
                "any: look at the texts and at what the tokenizer makes of them"
            )
        self._vocabulary = counts.freeze(min_freq_percentile=self.min_freq_percentile)

    def _ids_shape(self) -> tuple[int | None, ...]:
        return (self.word_maxlen, self.char_maxlen)

    def _ids(self, texts: Sequence[Text]) -> np.ndarray:
        return encode_characters_per_word(
            list(tokenize(texts, self._tokenizer)),
            self._learnt_vocabulary(),
            word_maxlen=self.word_maxlen,
            char_maxlen=self.char_maxlen,
        )

    def _require_sizes(self, arrays: dict[str, np.ndarray]) -> None:
        expected = (len(self._learnt_vocabulary()), self.embedding_dimension)
        if arrays["weights/0"].shape != expected:
            raise ValueError(f"expected weights of {expected}, got {arrays['weights/0'].shape}")

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

    def _connect(self, inputs: list[Any]) -> Connection:
        # (batch, words, chars)
        (ids,) = inputs
        return Connection(self._layers[0](ids), keras.ops.not_equal(ids, PADDING_ID))
