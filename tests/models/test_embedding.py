"""Blocks as the embedding of a model."""

import keras
import pytest

from nlp_builder.features import (
    CharPerWordEmbeddingSequence,
    PreTrainedWordEmbeddingSequence,
    RNNDigest,
    TrainableWordEmbeddingSequence,
)
from nlp_builder.labeling import BiGRU_Model
from nlp_builder.models import Embedding
from nlp_builder.text import WordVectors
from tests.labeling.own_models import WordTagger, built
from tests.models.table import TAGS, TEXTS


def words(size=4, maxlen=None):
    return TrainableWordEmbeddingSequence(None, size, sequence_maxlen=maxlen)


def digest():
    characters = CharPerWordEmbeddingSequence(None, 3, word_maxlen=None, char_maxlen=4)
    return RNNDigest(characters, 2, "gru")


def test_blocks_stand_side_by_side():
    embedding = Embedding([words(4), digest()])
    assert embedding.dimension == 6
    assert embedding.embed_model.output.shape == (None, None, 6)
    assert embedding.embed_model is embedding.embed_model
    assert (embedding.text_names, embedding.maxlen) == (None, None)


def test_the_least_length_of_blocks_is_that_of_all():
    assert Embedding([words(4, 7), words(2, 7)]).maxlen == 7
    named = Embedding({"tokens": [words(4), words(3)], "pos": words(2)})
    assert (named.text_names, named.dimension, len(named.blocks)) == (("tokens", "pos"), 9, 3)


@pytest.mark.parametrize(
    ("blocks", "error", "message"),
    [
        (7, TypeError, "expects a block"),
        ("words", TypeError, "expects a block"),
        ([], ValueError, "got no block at all"),
        ([words(), None], TypeError, "expects a block"),
        (keras.layers.Dense(3), TypeError, "expects a block"),
        (RNNDigest(words(), 3, "gru"), ValueError, "a vector for each word"),
        (CharPerWordEmbeddingSequence(None, 3), ValueError, "digest characters first"),
        ({"tokens": words(), 3: words()}, ValueError, "name all or none"),
    ],
)
def test_what_gives_no_vectors_of_words_is_refused(blocks, error, message):
    with pytest.raises(error, match=message):
        WordTagger(blocks)


def test_words_and_characters_train_together(tmp_path):
    vectors = WordVectors(["Ada", "Oslo"], [[1.0, 0.5], [0.5, -1.0]])
    blocks = [PreTrainedWordEmbeddingSequence(vectors, None, sequence_maxlen=None), digest()]
    model = built(WordTagger, embedding=blocks)
    before = [weight.numpy() for weight in model.tf_model.trainable_weights]
    model.fit(TEXTS, TAGS, epochs=1, verbose=0)
    after = [weight.numpy() for weight in model.tf_model.trainable_weights]
    # The characters and what reads them are trained as well.
    assert all((a != b).any() for a, b in zip(before, after, strict=True))
    assert len(after) == 6
    assert [len(tags) for tags in model.predict([["zzz"], [], ["Ada", "x"]])] == [1, 0, 2]
    model.save(tmp_path / "model.nlpb")
    assert WordTagger.load_model(tmp_path / "model.nlpb").predict(TEXTS) == model.predict(TEXTS)


def test_blocks_that_have_learnt_are_used_as_they_are():
    learnt = words().build([["Ada"], ["Bob"]])
    kept = learnt.vocabulary
    model = built(WordTagger, embedding=learnt)
    assert model.embedding.blocks[0].vocabulary == kept


def test_blocks_limit_what_is_read_at_once():
    model = built(WordTagger, embedding=words(4, 3))
    assert model._maxlen == 3
    assert [len(tags) for tags in model.predict([["a"] * 8, []])] == [8, 0]
    with pytest.raises(ValueError, match=r"blocks that read sequence_length=9 .* some that read 3"):
        WordTagger(words(4, 3), sequence_length=9).build_model(TEXTS, TAGS)
    assert built(WordTagger, embedding=words(4, 3), sequence_length=2)._maxlen == 2


def test_strings_are_no_texts_of_a_tagger_also_with_a_tokenizer():
    block = TrainableWordEmbeddingSequence("words", 4, sequence_maxlen=None)
    with pytest.raises(TypeError, match="split it into tokens"):
        BiGRU_Model(block).build_model(["Ada slept"], [["B-PER", "O"]])
