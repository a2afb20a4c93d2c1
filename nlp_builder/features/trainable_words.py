"""Word vectors that are trained, alone or beside given ones."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from nlp_builder.features.archive import saveable
from nlp_builder.features.checks import boolean
from nlp_builder.features.counted_words import GIVEN_ROWS, CountedWords, no_vectors
from nlp_builder.text import SubwordVectors, Tokenizer, WordVectors, load_vectors
from nlp_builder.text.checks import positive_int

if TYPE_CHECKING:
    from gensim.models import KeyedVectors


@saveable
class TrainableWordEmbeddingSequence(CountedWords):
    """Words of the corpus to vectors that training moves, given ones where there are any.

    The vectors of words that have none, and that of the unknown word, which begins as the mean of
    the given ones of the corpus, are always trained. Those of
    `word2vec_src` stay as they are, also under weight decay, unless `pretrained_trainable`.

    Args:
        tokenizer: the name of a registered tokenizer, a function from a text to tokens, or None
            if texts are lists of tokens to be taken as they are.
        embedding_dimension: the length of a word's vector.
        word2vec_src: whatever `PreTrainedWordEmbeddingSequence` takes, with vectors of that length;
            None to train all. Of a file, the rows of the corpus alone stay in memory after `build`.
            A loaded block has no others to give to a copy of itself.
        sequence_maxlen: the number of words of a text, longer ones are cut at the end; None for
            the longest text of each batch.
        min_freq_percentile: words that are rarer than this percentile (0 to 100) of the frequencies
            of all words are unknown ones.
        max_vocabulary: the largest number of words, of which the most frequent are kept; None for
            no limit. Padding and the unknown word do not count.
        pretrained_trainable: let training move the given vectors as well.
        random_state: the seed of the first vectors.

    Raises:
        ValueError: if the vectors cannot be read or are of another length, or an argument is out of
            its range.
        TypeError: if an argument is of another type.

    Example:
        >>> import numpy as np
        >>> vectors = WordVectors(["a", "cat"], np.array([[0.0, 1.0], [2.0, 3.0]], "float32"))
        >>> words = TrainableWordEmbeddingSequence("whitespace", 2, vectors, sequence_maxlen=4)
        >>> words.build(["a red cat", "a cat", "a dog"]).vocabulary.tokens
        ('dog', 'red', 'a', 'cat')
        >>> words.preprocess_texts(["a red fox"])
        array([[4, 3, 1, 0]], dtype=int32)
        >>> words.transform(["cat"])[0, 0]
        array([2., 3.], dtype=float32)
    """

    def __init__(
        self,
        tokenizer: str | Tokenizer | None,
        embedding_dimension: int,
        word2vec_src: str | os.PathLike[str] | WordVectors | KeyedVectors | None = None,
        sequence_maxlen: int | None = 20,
        min_freq_percentile: float = 5,
        max_vocabulary: int | None = None,
        pretrained_trainable: bool = False,
        random_state: int = 42,
    ) -> None:
        dimension = positive_int("embedding_dimension", embedding_dimension)
        super().__init__(
            _vectors_of_length(word2vec_src, dimension),
            tokenizer=tokenizer,
            sequence_maxlen=sequence_maxlen,
            min_freq_percentile=min_freq_percentile,
            max_vocabulary=max_vocabulary,
            random_state=random_state,
            given_trainable=boolean("pretrained_trainable", pretrained_trainable),
        )
        self.embedding_dimension = dimension
        self.word2vec_src = word2vec_src
        self.pretrained_trainable = pretrained_trainable

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments by name."""
        return {
            **super().get_config(),
            "embedding_dimension": self.embedding_dimension,
            "word2vec_src": self.word2vec_src,
            "pretrained_trainable": self.pretrained_trainable,
        }

    def _arguments_to_keep(self) -> dict[str, Any]:
        if self.word2vec_src is None:
            return self.get_config()
        return {**self.get_config(), "word2vec_src": self._vectors_to_keep()}

    def _vectors_in_weights(self) -> dict[str, tuple[str, int]]:
        if self._graph is None or self.word2vec_src is None:
            return {}
        return {"word2vec_src": GIVEN_ROWS}


def _vectors_of_length(source: Any, dimension: int) -> SubwordVectors:
    if source is None:
        return no_vectors(dimension)
    # A clone gets what was read before.
    given = source.own if isinstance(source, SubwordVectors) else source
    vectors = load_vectors(given, progress=True)
    if vectors.dimension != dimension:
        raise ValueError(
            f"expected vectors of embedding_dimension={dimension} in word2vec_src, got vectors of "
            f"dimension {vectors.dimension}: pass embedding_dimension={vectors.dimension}, or "
            "other vectors"
        )
    return SubwordVectors(vectors)
