"""Word vectors of fastText, those of unseen words made from their n-grams."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from nlp_builder.features.archive import saveable
from nlp_builder.features.counted_words import GIVEN_ROWS, CountedWords
from nlp_builder.text import SubwordVectors, Tokenizer, WordVectors, load_subword_vectors

if TYPE_CHECKING:
    from gensim.models import FastText, KeyedVectors


@saveable
class FasttextEmbeddingSequence(CountedWords):
    """Words of the corpus to vectors of fastText, which training does not move.

    A word that the vectors do not know gets one made from the n-grams of its characters, at
    `build`: words that are not in the corpus are unknown ones, and share one vector. That one is
    trained, and so are those of words that are too short for an n-gram.

    Args:
        tokenizer: the name of a registered tokenizer, a function from a text to tokens, or None
            if texts are lists of tokens to be taken as they are.
        fasttext_src: the path of a binary model of fastText (`.bin`), which is mapped from the disk
            and let go after `build`; gensim's `FastText` or its vectors; `SubwordVectors`; or
            vectors without n-grams. A loaded block has its own words to give to a copy of itself.
        sequence_maxlen: the number of words of a text, longer ones are cut at the end; None for
            the longest text of each batch.
        min_freq_percentile: words that are rarer than this percentile (0 to 100) of the frequencies
            of all words are unknown ones.
        max_vocabulary: the largest number of words, of which the most frequent are kept; None for
            no limit. Padding and the unknown word do not count.
        random_state: the seed of the first vectors of words that are trained.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the vectors cannot be read, or an argument is out of its range.
        TypeError: if an argument is of another type.

    Example:
        >>> from gensim.test.utils import datapath
        >>> path = datapath("crime-and-punishment.bin")
        >>> words = FasttextEmbeddingSequence("whitespace", path, 3, min_freq_percentile=0)
        >>> words.outputs_shape
        (3, 5), float32
        >>> words.build(["a made-up word", "a word"]).vocabulary.tokens
        ('a', 'word', 'made-up')
        >>> words.preprocess_texts(["a word unheard of"])
        array([[2, 3, 1]], dtype=int32)
    """

    def __init__(
        self,
        tokenizer: str | Tokenizer | None,
        fasttext_src: (
            str | os.PathLike[str] | SubwordVectors | WordVectors | FastText | KeyedVectors
        ),
        sequence_maxlen: int | None = 20,
        min_freq_percentile: float = 5,
        max_vocabulary: int | None = None,
        random_state: int = 42,
    ) -> None:
        super().__init__(
            load_subword_vectors(fasttext_src),
            tokenizer=tokenizer,
            sequence_maxlen=sequence_maxlen,
            min_freq_percentile=min_freq_percentile,
            max_vocabulary=max_vocabulary,
            random_state=random_state,
        )
        self.fasttext_src = fasttext_src

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments by name."""
        return {**super().get_config(), "fasttext_src": self.fasttext_src}

    def _arguments_to_keep(self) -> dict[str, Any]:
        return {**self.get_config(), "fasttext_src": self._vectors_to_keep()}

    def _vectors_in_weights(self) -> dict[str, tuple[str, int]]:
        return {} if self._graph is None else {"fasttext_src": GIVEN_ROWS}
