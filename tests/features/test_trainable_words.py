"""Words with trained vectors, beside given ones."""

import gc
import tracemalloc

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import nlp_builder
from nlp_builder import ArchiveError, saving
from nlp_builder.features import TrainableWordEmbeddingSequence
from nlp_builder.saving import Archive
from nlp_builder.text import WordVectors, load_vectors
from tests.features.training import train, vector_of
from tests.text.strategies import any_text, token_lists

CORPUS = ["a red cat", "a cat", "a dog"]
MATRIX = np.array([[1, 2], [3, 4], [5, 6]], "float32")
VECTORS = WordVectors(["cat", "zebra", "a"], MATRIX)
OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.1),
    "adamw": lambda: keras.optimizers.AdamW(0.1, weight_decay=0.5),
    "sgd": lambda: keras.optimizers.SGD(0.1, weight_decay=0.5),
}


def words(source=VECTORS, **options) -> TrainableWordEmbeddingSequence:
    options = {"sequence_maxlen": 4, "min_freq_percentile": 0, **options}
    return TrainableWordEmbeddingSequence("whitespace", 2, source, **options)


# Ids.


def test_new_words_come_before_known_ones_and_both_by_frequency():
    block = words().build(["the dog saw a cat", "the cat and a dog", "the cat"])
    assert block.vocabulary.tokens == ("the", "dog", "and", "saw", "cat", "a")
    ids = block.preprocess_texts(["a dog saw the cat", "zebra", ""])
    assert ids.tolist() == [[7, 3, 5, 2], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_no_row_is_left_over():
    block = words().build(CORPUS)
    ids = block.preprocess_texts([[word] for word in block.vocabulary.tokens])[:, 0]
    assert ids.tolist() == list(range(2, 6))
    # Unknown, two new words and two known ones, and padding of either part.
    assert block.weights_amount == (1 + 4 + 2) * 2
    rows = block(np.arange(1, 6)[:, None].repeat(4, axis=1))[:, 0]
    assert len(np.unique(rows, axis=0)) == 5


@pytest.mark.parametrize("word", ["<UNK>", "UNK", "<unknown>", "0", "<PAD>"])
def test_no_word_of_a_corpus_stands_for_the_unknown_one(word):
    block = words().build([f"{word} a", word])
    assert block.preprocess_texts([f"{word} other"]).tolist() == [[2, 1, 0, 0]]
    train(block, [word], OPTIMIZERS["adam"]())
    assert (vector_of(block, word) != vector_of(block, "other")).all()


@pytest.mark.parametrize("percentile", [0, 5, 50, 100])
@pytest.mark.parametrize("source", [None, VECTORS])
def test_the_largest_vocabulary_is_never_exceeded(source, percentile):
    corpus = [" ".join(f"word{number}" for number in range(100))]
    block = words(source, min_freq_percentile=percentile, max_vocabulary=60).build(corpus)
    assert len(block.vocabulary.tokens) == 60
    assert block.preprocess_texts(corpus).max() <= 61


def test_the_most_frequent_words_are_kept():
    block = words(max_vocabulary=2).build(CORPUS)
    assert block.vocabulary.tokens == ("cat", "a") or block.vocabulary.tokens == ("a", "cat")
    assert words(min_freq_percentile=60).build(CORPUS).vocabulary == block.vocabulary


@given(token_lists.filter(any), token_lists)
@settings(deadline=None, max_examples=20)
def test_ids_of_any_tokens_are_those_of_the_vocabulary(corpus, texts):
    source = WordVectors(sorted({*corpus[0], "a"}), np.ones((len({*corpus[0], "a"}), 2)))
    block = TrainableWordEmbeddingSequence(None, 2, source, 4, min_freq_percentile=0)
    known = [word in source for word in block.build(corpus).vocabulary.tokens]
    assert known == sorted(known)
    assert {*block.vocabulary.tokens} == {token for text in corpus for token in text}
    expected = [[block.vocabulary.id_of(token) for token in text[:4]] for text in texts]
    assert block.preprocess_texts(texts).tolist() == [[*r, *[0] * (4 - len(r))] for r in expected]


@given(st.lists(any_text, max_size=4))
@settings(deadline=None, max_examples=10)
def test_any_text_has_vectors(texts):
    assert np.isfinite(BUILT.transform(texts)).all()


BUILT = words().build(CORPUS)


# Vectors.


def test_known_words_have_the_given_vectors():
    block = words().build(CORPUS)
    np.testing.assert_array_equal(vector_of(block, "a"), [5, 6])
    np.testing.assert_array_equal(vector_of(block, "cat"), [1, 2])
    assert block.trainable_weights_amount == (1 + 1 + 2) * 2


def test_the_unknown_word_begins_as_the_mean_of_the_given_vectors():
    """Where no word of the corpus is unknown, training does not move it."""
    block = words().build(CORPUS)
    expected = MATRIX[[0, 2]].mean(axis=0)
    np.testing.assert_allclose(vector_of(block, "never seen"), expected)
    train(block, CORPUS, OPTIMIZERS["adam"]())
    np.testing.assert_allclose(vector_of(block, "never seen"), expected)
    alone = words(None).build(CORPUS)
    assert vector_of(alone, "never seen").any()


def test_new_vectors_spread_as_the_given_ones_do():
    source = WordVectors(["a", "b"], [[30.0] * 20 + [-30.0] * 20, [30.0] * 40])
    many = [[f"word{number}" for number in range(200)]]
    for vectors, expected in [(source, source.matrix[:1].std()), (None, 40**-0.5)]:
        block = TrainableWordEmbeddingSequence(None, 40, vectors, None, 0)
        new = block.build([*many, ["a"]]).transform(many)[0]
        assert new.std() == pytest.approx(expected, rel=0.1)
        assert abs(new.mean()) < expected / 10


def test_one_given_vector_of_equal_numbers_is_no_spread():
    block = words(WordVectors(["a"], [[3.0, 3.0]])).build(CORPUS)
    assert (vector_of(block, "dog") != vector_of(block, "red")).all()


def test_first_vectors_depend_on_the_random_state_alone():
    one, same, other = (
        vector_of(words(random_state=seed).build(CORPUS), "dog") for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()


# Training.


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_given_vectors_stay_to_the_bit_and_new_ones_move(optimizer):
    block = words().build(CORPUS)
    before = {word: vector_of(block, word) for word in ("a", "cat", "dog", "red", "?")}
    train(block, [*CORPUS, "? a"], optimizer())
    for word in ("a", "cat"):
        np.testing.assert_array_equal(vector_of(block, word), before[word])
    for word in ("dog", "red", "?"):
        assert (vector_of(block, word) != before[word]).all()
    assert not vector_of(block, "").any()


def test_the_unknown_word_moves_only_where_it_occurs():
    block = words().build(CORPUS)
    before = vector_of(block, "?")
    train(block, CORPUS, OPTIMIZERS["adam"]())
    np.testing.assert_array_equal(vector_of(block, "?"), before)
    train(block, ["a ?", "?"], OPTIMIZERS["adam"]())
    assert (vector_of(block, "?") != before).all()


def test_given_vectors_move_if_asked_for():
    block = words(pretrained_trainable=True).build(CORPUS)
    assert block.trainable_weights_amount == block.weights_amount
    train(block, CORPUS, OPTIMIZERS["adam"]())
    assert (vector_of(block, "a") != [5, 6]).all()
    again = nlp_builder.deserialize(block.serialize())
    np.testing.assert_array_equal(again.transform(CORPUS), block.transform(CORPUS))
    assert again.trainable_weights_amount == block.weights_amount
    assert not vector_of(again, "").any()


# Files and sources.


def test_a_file_holds_the_vectors_of_its_own_words_once():
    block = words().build(CORPUS)
    archive = saving.unpack(block.serialize())
    assert {name: list(kept) for name, kept in archive.vocabularies.items()} == {
        "0/vocabulary": ["dog", "red"],
        "0/word2vec_src": ["a", "cat"],
    }
    assert {name: array.shape for name, array in archive.arrays.items()} == {
        "0/weights/0": (4, 2),  # padding, the unknown word, and the new ones
        "0/weights/1": (3, 2),  # padding and the given ones
    }


def test_a_file_of_an_unbuilt_block_holds_all_vectors():
    again = nlp_builder.deserialize(words().serialize())
    assert again.word2vec_src.words == VECTORS.words
    np.testing.assert_array_equal(vector_of(again.build(["zebra"]), "zebra"), [3, 4])


def test_the_source_is_let_go_after_build_and_known_by_its_path(tmp_path):
    size = 20_000
    numbers = np.random.default_rng(1).normal(size=(size, 50)).astype("float32")
    WordVectors([f"word{i}" for i in range(size)], numbers).save(tmp_path)
    tracemalloc.start()
    block = TrainableWordEmbeddingSequence("whitespace", 50, tmp_path)
    loaded = tracemalloc.get_traced_memory()[0]
    block.build(["word7 word8 other"])
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert loaded > numbers.nbytes
    assert kept < numbers.nbytes / 2
    assert block.get_config()["word2vec_src"] == tmp_path
    np.testing.assert_array_equal(vector_of(block, "word8"), numbers[8])
    other = clone(block).build(["word9"])
    np.testing.assert_array_equal(vector_of(other, "word9"), numbers[9])


def test_a_source_in_memory_serves_a_clone():
    block = words().build(CORPUS)
    assert block.get_config()["word2vec_src"] is VECTORS
    np.testing.assert_array_equal(vector_of(clone(block).build(["zebra"]), "zebra"), [3, 4])


def test_all_that_load_vectors_reads_is_a_source(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("cat 1 2\nzebra 3 4\na 5 6\n", encoding="utf-8")
    expected = words().build(CORPUS).transform(CORPUS)
    for source in (path, str(path), load_vectors(path)):
        np.testing.assert_array_equal(words(source).build(CORPUS).transform(CORPUS), expected)


def test_a_vector_that_is_no_number_stops_a_build_and_leaves_nothing_behind(tmp_path):
    np.save(tmp_path / "vectors.npy", np.array([[1, 2], [np.nan, 4]], "float32"))
    (tmp_path / "words.json").write_text('["cat", "a"]', encoding="utf-8")
    # A matrix that is mapped from the disk is not looked at before its rows are needed.
    block = words(load_vectors(tmp_path, mmap=True))
    with pytest.raises(ValueError, match="NaN or infinity in vector 0 of the word 'a'"):
        block.build(CORPUS)
    assert block.weights_amount is None
    with pytest.raises(ValueError, match=r"cannot keep 'word2vec_src'.*NaN or infinity"):
        block.serialize()
    np.testing.assert_array_equal(vector_of(block.build(["cat dog"]), "cat"), [1, 2])


def test_several_processes_learn_the_same():
    assert words().build(CORPUS, workers=2).serialize() == words().build(CORPUS).serialize()


def altered(vocabularies=None, arrays=None) -> bytes:
    archive = saving.unpack(words().build(CORPUS).serialize())
    return saving.pack(
        Archive(
            archive.config,
            {**archive.vocabularies, **(vocabularies or {})},
            {**archive.arrays, **(arrays or {})},
        )
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (altered({"0/vocabulary": ["dog", "a"]}), "expected each token once, got 'a'"),
        (altered({"0/vocabulary": ["dog"]}), r"expected 'weights/0' of \(3, 2\).*\(4, 2\)"),
        (altered({"0/word2vec_src": ["a"]}), "matrix of shape"),
        (altered(arrays={"0/weights/1": np.zeros((3, 3), "float32")}), "got vectors of dim"),
        (altered(arrays={"0/weights/0": np.ones((4, 2), "float32")}), "padding, expected zeros"),
        (altered(arrays={"0/weights/1": np.ones((3, 2), "float32")}), "padding, expected zeros"),
        (altered(arrays={"0/weights/2": np.ones((2, 2), "float32")}), r"asked for \['weights/2'\]"),
        (altered({"0/more": ["x"]}), "unknown vocabularies"),
    ],
)
def test_what_does_not_fit_together_is_refused(data, message):
    with pytest.raises(ArchiveError, match=message):
        nlp_builder.deserialize(data)


# Errors.


def test_what_is_not_built_says_what_to_do():
    with pytest.raises(ValueError, match=r"is not built: call build\(texts\)"):
        words().preprocess_texts(["a"])


def test_a_corpus_without_words_is_refused():
    with pytest.raises(ValueError, match=r"^Trainable.*a corpus with words, got texts without"):
        words().build(["", " "])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"embedding_dimension": 0}, ValueError, "embedding_dimension to be a whole number of at"),
        (
            {"embedding_dimension": 3},
            ValueError,
            "embedding_dimension=3 in word2vec_src, got vectors of dimension 2: pass",
        ),
        ({"word2vec_src": "no/such/file"}, FileNotFoundError, "found nothing at no/such/file"),
        ({"sequence_maxlen": 0}, ValueError, "sequence_maxlen to be a whole number of at least 1"),
        ({"min_freq_percentile": -1}, ValueError, "0 to 100"),
        ({"max_vocabulary": 0}, ValueError, "max_vocabulary to be a whole number of at least 1"),
        ({"max_vocabulary": 9.5}, TypeError, "max_vocabulary to be a whole number"),
        ({"pretrained_trainable": "no"}, TypeError, "pretrained_trainable to be True or False"),
        ({"random_state": -1}, ValueError, "random_state to be from 0 to 2"),
        ({"tokenizer": "none such"}, ValueError, "expected one of the tokenizers"),
    ],
)
def test_arguments_out_of_range_are_named(options, error, message):
    arguments = {"tokenizer": None, "embedding_dimension": 2, "word2vec_src": VECTORS, **options}
    with pytest.raises(error, match=message):
        TrainableWordEmbeddingSequence(**arguments)
