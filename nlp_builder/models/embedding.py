"""What a ready-made model reads: blocks, side by side."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import keras

from nlp_builder.features import Feature, TrainableWordEmbeddingSequence, tree
from nlp_builder.features.wiring import inputs_argument, read_inputs

# Half to seven tenths of the words of a corpus come once, so that they are rarer than this one.
_RARE = 75


@final
class Embedding:
    """Blocks that give each word a vector, with the face of an embedding of Kashgari.

    Args:
        blocks: a block, a list of blocks, or blocks for each of several texts by name.

    Raises:
        TypeError: if one is no block.
        ValueError: if one gives no vector for each word.

    Example:
        >>> words = TrainableWordEmbeddingSequence(None, 8, sequence_maxlen=None)
        >>> Embedding(words).embed_model.output.shape
        (None, None, 8)
    """

    def __init__(self, blocks: Any) -> None:
        self._slots = read_inputs("embedding", blocks)
        self.dimension = sum(_dimension(slot.block) for slot in self._slots)

    @property
    def blocks(self) -> tuple[Feature, ...]:
        """The blocks, each once."""
        return tuple(dict.fromkeys(slot.block for slot in self._slots))

    @property
    def inputs(self) -> Any:
        """The blocks as a `KerasWrapper` takes them."""
        return inputs_argument(self._slots)

    @property
    def text_names(self) -> tuple[str, ...] | None:
        """The names of the texts that the blocks read; None for one without a name."""
        own = (slot.text for slot in self._slots if slot.text is not None)
        inner = (name for block in self.blocks for name in block.text_names or ())
        return tuple(dict.fromkeys([*own, *inner])) or None

    @property
    def maxlen(self) -> int | None:
        """The largest number of words that all blocks read; None if there is no limit."""
        sizes = [_shape(block)[0] for block in self.blocks]
        return min((size for size in sizes if size is not None), default=None)

    @cached_property
    def embed_model(self) -> keras.Model:
        """What to go on from in `build_model_arc`: its `inputs`, and its `output`.

        Both are the vectors of the words, (batch, words, dim). From ids to these vectors the blocks
        go themselves, and bring a mask along.
        """
        # A length that some block fixes is that of all vectors.
        words = keras.Input((_shape(self.blocks[0])[0], self.dimension), name="vectors")
        return keras.Model(words, words, name="embedding")


def default_embedding(tokenizer: str | None, random_seed: int) -> Embedding:
    """Make word vectors that are trained from scratch.

    Args:
        tokenizer: of strings; None for lists of tokens.
        random_seed: of the first vectors.

    Returns:
        Vectors of 100 numbers for the words of the corpus; those that come once in a corpus of the
        usual kind are unknown words, whose vector is trained so.
    """
    words = TrainableWordEmbeddingSequence(
        tokenizer,
        100,
        sequence_maxlen=None,
        min_freq_percentile=_RARE,
        random_state=random_seed,
    )
    return Embedding(words)


def _shape(block: Feature) -> tuple[int | None, ...]:
    return tree.output_shapes(block)[0].shape


def _dimension(block: Feature) -> int:
    shapes = tree.output_shapes(block)
    if len(shapes) != 1 or len(shapes[0].shape) != 2:
        raise ValueError(
            f"expected blocks with a vector for each word, (words, dim), got {block!r}: digest "
            "characters first, RNNDigest(characters, units, ...)"
        )
    return int(shapes[0].shape[1] or 0)
