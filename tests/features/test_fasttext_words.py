"""Words with vectors of fastText."""

import shutil
from pathlib import Path

import gensim
import keras
import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors
from gensim.models.fasttext import load_facebook_vectors
from hypothesis import given, settings
from sklearn.base import clone

import nlp_builder
from nlp_builder import ArchiveError, saving
from nlp_builder.features import FasttextEmbeddingSequence
from nlp_builder.saving import Archive
from nlp_builder.text import SubwordVectors, WordVectors
from tests.features.training import train, vector_of
from tests.text.strategies import token_lists

GENSIM_FILES = Path(gensim.__file__).parent / "test" / "test_data"
MODELS = [
    "crime-and-punishment.bin",
    "cp852_fasttext.bin",  # not in UTF-8
    "lee_fasttext.bin",  # of fastText's first version
    "lee_fasttext_new.bin",
    "non_ascii_fasttext.bin",
    "toy-model.bin",
]
UNSEEN = ["unseen", "tr\u00e8s-long" * 9, "\u4e2d\u6587\u5b57", "\U0001f600", "\ud800"]
CORPUS = [["the", "bank", "of", "Oslo"], ["a", "banker", "of", "a", "bank"]]


def subwords(composed: bool = False) -> SubwordVectors:
    """Vectors from n-grams of 4 characters at least, brackets included: "a" has none."""
    ngrams = np.random.default_rng(4).normal(size=(20, 3)).astype("float32")
    own = WordVectors(["Oslo", "bank", "elsewhere"], ngrams[:3] + 1)
    return SubwordVectors(own, ngrams, minn=4, maxn=5, composed=composed)


def words(source=None, **options) -> FasttextEmbeddingSequence:
    options = {"sequence_maxlen": 4, "min_freq_percentile": 0, **options}
    return FasttextEmbeddingSequence(None, subwords() if source is None else source, **options)


@pytest.mark.parametrize("name", MODELS)
def test_words_of_gensims_files_have_gensims_vectors(name):
    theirs = load_facebook_vectors(str(GENSIM_FILES / name))
    corpus = [*theirs.index_to_key[:20], *UNSEEN]
    block = words(GENSIM_FILES / name, sequence_maxlen=1).build([corpus])
    ours = block.transform([[word] for word in corpus])[:, 0]
    # To the bit: both add in the same order.
    np.testing.assert_array_equal(ours[:20], theirs.vectors[:20])
    expected = [theirs.get_vector(word) for word in UNSEEN[:-1]]
    np.testing.assert_array_equal(ours[20:-1], expected)
    assert ours[-1].any()
    # The unknown word, and padding.
    assert block.trainable_weights_amount == 2 * theirs.vector_size


def test_words_of_a_broken_encoding_are_found_as_they_are_shown():
    block = words(GENSIM_FILES / "cp852_fasttext.bin", sequence_maxlen=1).build([["kter\\xec"]])
    theirs = load_facebook_vectors(str(GENSIM_FILES / "cp852_fasttext.bin"))
    np.testing.assert_array_equal(vector_of(block, ["kter\\xec"]), theirs["kter\\xec"])


# Ids.


def test_words_without_any_vector_come_before_those_that_have_one():
    block = words().build(CORPUS)
    assert block.vocabulary.tokens == ("a", "bank", "of", "Oslo", "banker", "the")
    ids = block.preprocess_texts([["the", "a", "river", "bank", "of"], []])
    assert ids.tolist() == [[7, 2, 1, 3], [0, 0, 0, 0]]


@pytest.mark.parametrize("percentile", [0, 5, 50, 100])
def test_the_largest_vocabulary_is_never_exceeded(percentile):
    corpus = [[f"word{number}" for number in range(100)]]
    block = words(min_freq_percentile=percentile, max_vocabulary=60).build(corpus)
    assert len(block.vocabulary.tokens) == 60
    assert words(max_vocabulary=2).build(CORPUS).vocabulary.tokens == ("a", "bank")


@given(token_lists.filter(any), token_lists)
@settings(deadline=None, max_examples=20)
def test_ids_of_any_tokens_are_those_of_the_vocabulary(corpus, texts):
    block = words().build(corpus)
    assert {*block.vocabulary.tokens} == {token for text in corpus for token in text}
    expected = [[block.vocabulary.id_of(token) for token in text[:4]] for text in texts]
    assert block.preprocess_texts(texts).tolist() == [[*r, *[0] * (4 - len(r))] for r in expected]
    assert np.isfinite(block.transform(corpus)).all()


# Training.


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_only_words_without_any_vector_move(optimizer):
    block = words().build(CORPUS)
    before = {word: vector_of(block, [word]) for word in ("a", "?", "bank", "banker", "the")}
    train(block, [*CORPUS, ["?", "a"]], keras.optimizers.get(optimizer))
    for word, vector in before.items():
        moved = vector_of(block, [word]) != vector
        assert moved.all() if word in ("a", "?") else not moved.any()


def test_the_unknown_word_moves_only_where_it_occurs():
    block = words().build(CORPUS)
    before = vector_of(block, ["?"])
    train(block, CORPUS, keras.optimizers.Adam(0.1))
    np.testing.assert_array_equal(vector_of(block, ["?"]), before)
    train(block, [["?"], ["a", "?"]], keras.optimizers.Adam(0.1))
    assert (vector_of(block, ["?"]) != before).all()


# Sources.


def small_model(**options) -> FastText:
    settings = {"vector_size": 4, "min_count": 1, "epochs": 1, "seed": 1, "workers": 1}
    return FastText(CORPUS, **{**settings, "bucket": 50, **options})


def test_models_of_gensim_in_memory_are_sources():
    model = small_model()
    for source in (model, model.wv):
        block = words(source).build([["bank", "bankers"]])
        assert block.get_config()["fasttext_src"] is source
        np.testing.assert_array_equal(
            block.transform([["bank", "bankers"]])[0, :2], model.wv[["bank", "bankers"]]
        )


def keyed_vectors() -> KeyedVectors:
    keyed = KeyedVectors(2)
    keyed.add_vectors(["bank"], np.ones((1, 2), "float32"))
    return keyed


@pytest.mark.parametrize(
    "source",
    [keyed_vectors(), WordVectors(["bank"], np.ones((1, 4))), small_model(max_n=0, bucket=1)],
    ids=["KeyedVectors", "WordVectors", "FastText"],
)
def test_without_ngrams_an_unseen_word_is_trained(source):
    block = words(source).build([["bank", "bankers"]])
    assert block.vocabulary.tokens == ("bankers", "bank")
    # Padding, the unknown word and one new word.
    assert block.trainable_weights_amount == 3 * block.outputs_shape.shape[1]


def test_after_build_a_model_is_known_by_its_path_alone(tmp_path):
    path = tmp_path / "model.bin"
    shutil.copy(GENSIM_FILES / "toy-model.bin", path)
    block = words(path).build(CORPUS)
    expected = block.transform(CORPUS)
    np.testing.assert_array_equal(clone(block).build(CORPUS).transform(CORPUS), expected)
    path.unlink()
    assert block.get_config()["fasttext_src"] == path
    again = nlp_builder.deserialize(block.serialize())
    np.testing.assert_array_equal(again.transform(CORPUS), expected)


def test_several_processes_learn_the_same():
    assert words().build(CORPUS, workers=2).serialize() == words().build(CORPUS).serialize()


# Files.


def test_a_file_holds_the_vectors_of_its_own_words_and_no_ngrams():
    archive = saving.unpack(words().build(CORPUS).serialize())
    assert {name: list(kept) for name, kept in archive.vocabularies.items()} == {
        "0/vocabulary": ["a"],
        "0/fasttext_src": ["bank", "of", "Oslo", "banker", "the"],
    }
    assert {name: array.shape for name, array in archive.arrays.items()} == {
        "0/weights/0": (3, 3),  # padding, the unknown word, and the word that is too short
        "0/weights/1": (6, 3),  # padding and the others
    }


@pytest.mark.parametrize(
    "source",
    [subwords(), subwords(composed=True), GENSIM_FILES / "toy-model.bin", keyed_vectors()],
    ids=["rows", "vectors", "file", "no n-grams"],
)
def test_a_file_of_an_unbuilt_block_makes_the_same_vectors(source):
    once = nlp_builder.deserialize(words(source).serialize())
    again = nlp_builder.deserialize(once.serialize())
    assert again.serialize() == once.serialize()
    corpus = [["bank", "bankers"], ["the", "a"]]
    expected = words(source).build(corpus)
    assert again.build(corpus).serialize() == expected.serialize()
    np.testing.assert_array_equal(again.transform(corpus), expected.transform(corpus))


def altered(value=None, arrays=None) -> bytes:
    """The file of an unbuilt block with other n-grams."""
    archive = saving.unpack(words().serialize())
    (entry,) = archive.config["blocks"]
    given = entry["arguments"]["fasttext_src"]["$subwords"] | (value or {})
    entry["arguments"]["fasttext_src"] = {"$subwords": given}
    kept = {**archive.arrays, **(arrays or {})}
    return saving.pack(Archive(archive.config, archive.vocabularies, kept))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (altered({"minn": -1}), "minn to be a whole number of at least 0, got -1"),
        (altered({"maxn": "3"}), "maxn to be a whole number"),
        (altered({"composed": 1}), "composed to be True or False"),
        (altered({"matrix": "1/fasttext_src"}), "KeyError"),
        (altered({"matrix": None}), "KeyError"),
        (altered({"first_row": 1}), r"matrix of shape \(3, dimension\).*got \(2, 3\)"),
        (altered({"first_row": -1}), "begin at row -1"),
        (altered({"first_row": 4}), r"are an array of \(3, 3\)"),
        (altered({"more": 1}), "found .*'more'"),
        (altered(arrays={"0/fasttext_src": np.ones((2, 3), "float32")}), r"shape \(3, dimension"),
        (altered(arrays={"0/fasttext_src/ngrams": np.ones((2, 4), "float32")}), r"\(buckets, 3\)"),
        (altered(arrays={"0/fasttext_src/ngrams": np.ones(3, "float32")}), r"\(buckets, 3\)"),
        (altered(arrays={"0/more": np.ones(3, "float32")}), "not built"),
    ],
)
def test_ngrams_that_do_not_fit_are_refused(data, message):
    with pytest.raises(ArchiveError, match=message):
        nlp_builder.deserialize(data)


# Errors.


def test_what_is_not_built_says_what_to_do():
    with pytest.raises(ValueError, match=r"is not built: call build\(texts\)"):
        words().preprocess_texts([["a"]])


def test_a_corpus_without_words_is_refused():
    with pytest.raises(ValueError, match=r"^Fasttext.*a corpus with words, got texts without"):
        words().build([[], []])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"fasttext_src": "no/such/file"}, FileNotFoundError, "found no file at no/such/file"),
        ({"fasttext_src": None}, TypeError, "expected a path, gensim's KeyedVectors or WordVec"),
        ({"sequence_maxlen": 0}, ValueError, "sequence_maxlen to be a whole number of at least 1"),
        ({"min_freq_percentile": 101}, ValueError, "0 to 100"),
        ({"max_vocabulary": -3}, ValueError, "max_vocabulary to be a whole number of at least 1"),
        ({"random_state": 1.5}, TypeError, "random_state to be a whole number"),
        ({"tokenizer": 3}, TypeError, "expected a tokenizer's name"),
    ],
)
def test_arguments_out_of_range_are_named(options, error, message):
    with pytest.raises(error, match=message):
        FasttextEmbeddingSequence(**{"tokenizer": None, "fasttext_src": subwords(), **options})
