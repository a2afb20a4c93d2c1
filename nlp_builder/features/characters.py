"""Characters of words, and characters of whole texts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from nlp_builder.features.archive import saveable
from nlp_builder.features.checks import positive_or_none
from nlp_builder.features.learnt_embedding import LearntEmbedding
from nlp_builder.features.shapes import ModelIOShape
from nlp_builder.text import (
    Symbols,
    Text,
    Tokenizer,
    characters_of,
    characters_of_words,
    encode_characters,
    encode_characters_per_word,
    get_tokenizer,
    tokenize,
    whole_text,
)


@saveable
class CharEmbeddingSequence(LearntEmbedding):
    """The characters of each text to vectors, which training moves.

    Blanks and line ends are characters like others. A list of tokens is read with a blank between
    them.

    Args:
        embedding_dimension: the length of a character's vector.
        sequence_maxlen: the number of characters of a text, longer ones are cut at the end; None
            for the longest text of each batch.
        min_freq_percentile: characters that are rarer than this percentile (0 to 100) of the
            frequencies of all characters are unknown ones. Those after `sequence_maxlen` do not
            count.
        random_state: the seed of the first vectors.

    Raises:
        ValueError: if an argument is out of its range.
        TypeError: if an argument is of another type.

    Example:
        >>> characters = CharEmbeddingSequence(8, sequence_maxlen=5, min_freq_percentile=0)
        >>> characters.outputs_shape
        (5, 8), float32
        >>> characters.build(["abba"]).preprocess_texts(["abc", "babba b"])
        array([[2, 3, 1, 0, 0],
               [3, 2, 3, 3, 2]], dtype=int32)
    """

    def __init__(
        self,
        embedding_dimension: int = 256,
        sequence_maxlen: int | None = 80,
        min_freq_percentile: float = 5,
        random_state: int = 42,
    ) -> None:
        super().__init__(embedding_dimension, min_freq_percentile, random_state)
        self.sequence_maxlen = positive_or_none("sequence_maxlen", sequence_maxlen)

    @property
    def outputs_shape(self) -> ModelIOShape:
        """(chars, dim)."""
        return ModelIOShape((self.sequence_maxlen, self.embedding_dimension), self._output_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments by name."""
        return {
            "embedding_dimension": self.embedding_dimension,
            "sequence_maxlen": self.sequence_maxlen,
            "min_freq_percentile": self.min_freq_percentile,
            "random_state": self.random_state,
        }

    def _symbols(self) -> Symbols:
        return partial(characters_of, maxlen=self.sequence_maxlen)

    def _ids_shape(self) -> tuple[int | None, ...]:
        return (self.sequence_maxlen,)

    def _count(self, texts: Sequence[Text]) -> list[int]:
        return [len(whole_text(text)) for text in texts]

    def _ids(self, texts: Sequence[Text]) -> np.ndarray:
        return encode_characters(
            [whole_text(text) for text in texts],
            self._learnt_vocabulary(),
            maxlen=self.sequence_maxlen,
        )


@saveable
class CharPerWordEmbeddingSequence(LearntEmbedding):
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
        super().__init__(embedding_dimension, min_freq_percentile, random_state)
        self.tokenizer = tokenizer
        self.word_maxlen = positive_or_none("word_maxlen", word_maxlen)
        self.char_maxlen = positive_or_none("char_maxlen", char_maxlen)
        self._tokenizer = get_tokenizer(tokenizer)

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

    def _symbols(self) -> Symbols:
        return partial(characters_of_words, tokenizer=self._tokenizer, maxlen=self.char_maxlen)

    def _ids_shape(self) -> tuple[int | None, ...]:
        return (self.word_maxlen, self.char_maxlen)

    def _ids(self, texts: Sequence[Text]) -> np.ndarray:
        return encode_characters_per_word(
            tokenize(texts, self._tokenizer),
            self._learnt_vocabulary(),
            word_maxlen=self.word_maxlen,
            char_maxlen=self.char_maxlen,
        )
