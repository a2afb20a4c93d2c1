import copy
import gzip
import struct
from pathlib import Path

import gensim
import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors
from gensim.models.fasttext import load_facebook_vectors, save_facebook_model
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import SubwordVectors, WordVectors, load_subword_vectors, load_vectors
from tests.text.strategies import any_text

GENSIM_FILES = Path(gensim.__file__).parent / "test" / "test_data"
MODELS = [
    "crime-and-punishment.bin",
    "cp852_fasttext.bin",  # not in UTF-8
    "lee_fasttext.bin",  # of fastText's first version
    "lee_fasttext_new.bin",
    "non_ascii_fasttext.bin",
    "toy-model-pretrained.bin",
    "toy-model.bin",
]
SMALL = GENSIM_FILES / "toy-model.bin"
UNSEEN = ["unseen", "", "a", "\u4e2d\u6587\u5b57", "\U0001f600\U0001f600", "tr\u00e8s-long" * 9]


def train(**options):
    sentences = [["one", "two", "three"], ["two", "caf\u00e9"]]
    settings = {"vector_size": 4, "min_count": 1, "epochs": 1, "seed": 1, "workers": 1}
    return FastText(sentences, **{**settings, "bucket": 50, **options})


def is_mapped(array):
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return False


@pytest.fixture
def changed(tmp_path):
    """Writes a model with some bytes changed."""

    def write(at, form, *values, name="toy-model.bin"):
        data = bytearray((GENSIM_FILES / name).read_bytes())
        struct.pack_into(form, data, at, *values)
        path = tmp_path / "changed.bin"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("name", MODELS)
def test_files_of_gensim_give_what_gensim_gives(name):
    theirs = load_facebook_vectors(str(GENSIM_FILES / name))
    ours = load_subword_vectors(GENSIM_FILES / name)
    assert ours.words == tuple(theirs.index_to_key)
    assert (len(ours), ours.dimension) == (len(theirs), theirs.vector_size)
    # To the bit: both add in the same order.
    np.testing.assert_array_equal(ours.vectors_of(ours.words), theirs.vectors)
    for word in UNSEEN:
        np.testing.assert_array_equal(ours.vectors_of([word])[0], theirs.get_vector(word))
    np.testing.assert_array_equal(load_vectors(GENSIM_FILES / name).matrix, theirs.vectors)


def test_the_matrix_of_a_file_is_mapped_and_read_only():
    vectors = load_subword_vectors(str(SMALL))
    assert is_mapped(vectors._own.matrix) and is_mapped(vectors._ngrams)
    assert not vectors._own.matrix.flags.writeable
    assert not vectors._ngrams.flags.writeable
    made = vectors.vectors_of(vectors.words[:1])
    assert made.flags.writeable and not is_mapped(made)


def test_a_gzipped_file_gives_the_same(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(gzip.compress(SMALL.read_bytes()))
    ours, plain = load_subword_vectors(path), load_subword_vectors(SMALL)
    words = [*plain.words, "unseen"]
    assert ours.words == plain.words
    np.testing.assert_array_equal(ours.vectors_of(words), plain.vectors_of(words))


def test_broken_encodings_are_written_with_backslashes():
    words = load_subword_vectors(GENSIM_FILES / "cp852_fasttext.bin").words
    assert "kter\\xec" in words
    assert len(words) == len(set(words)) == 171


def test_a_whole_word_is_read_as_load_vectors_keeps_it():
    kept = load_vectors(SMALL, keep={"an", "the", "none"})
    vectors = load_subword_vectors(SMALL)
    assert kept.words == tuple(word for word in vectors.words if word in {"an", "the"})
    np.testing.assert_array_equal(kept.matrix, vectors.vectors_of(kept.words))


@given(st.lists(any_text, max_size=5))
def test_any_string_has_a_vector_where_there_are_ngrams(words):
    vectors = load_subword_vectors(SMALL)
    made = vectors.vectors_of(words)
    assert made.shape == (len(words), vectors.dimension) and made.dtype == np.float32
    assert np.isfinite(made).all()
    # A word of one character has "<x>", which is as long as the shortest n-gram.
    assert [vectors.can_make(word) for word in words] == [bool(word) for word in words]


def test_models_of_gensim_are_taken():
    model = train()
    for source in (model, model.wv):
        ours = load_subword_vectors(source)
        words = [*model.wv.index_to_key, *UNSEEN]
        expected = np.stack([model.wv.get_vector(word) for word in words])
        np.testing.assert_array_equal(ours.vectors_of(words), expected)
        assert "one" in ours and "ones" not in ours and ours.can_make("ones")


def test_what_gensim_saves_comes_back(tmp_path):
    model = train(min_n=2, max_n=3)
    save_facebook_model(model, str(tmp_path / "model.bin"))
    ours = load_subword_vectors(tmp_path / "model.bin")
    words = [*model.wv.index_to_key, "unseen"]
    expected = np.stack([model.wv.get_vector(word) for word in words])
    np.testing.assert_allclose(ours.vectors_of(words), expected, atol=1e-6)


def keyed_vectors():
    keyed = KeyedVectors(2)
    keyed.add_vectors(["one"], np.ones((1, 2), np.float32))
    return keyed


@pytest.mark.parametrize(
    "source",
    [WordVectors(["one"], np.ones((1, 2))), keyed_vectors(), train(bucket=0), train(max_n=0)],
    ids=["WordVectors", "KeyedVectors", "no buckets", "no lengths"],
)
def test_without_ngrams_an_unseen_word_has_no_vector(source):
    vectors = load_subword_vectors(source)
    assert not vectors.has_ngrams
    assert vectors.can_make("one") and not vectors.can_make("ones")
    np.testing.assert_array_equal(vectors.vectors_of(["one"]), load_vectors(source)["one"][None])
    with pytest.raises(KeyError, match=r"unseen word 'ones', and there are no n-grams: ask can_ma"):
        vectors.vectors_of(["one", "ones"])


def test_a_file_of_a_model_without_ngrams_gives_its_words(tmp_path):
    model = train(max_n=0, bucket=1)
    save_facebook_model(model, str(tmp_path / "model.bin"))
    vectors = load_subword_vectors(tmp_path / "model.bin")
    np.testing.assert_array_equal(vectors.vectors_of(["two"])[0], model.wv["two"])
    assert not vectors.can_make("ones")


def test_a_word_too_short_for_an_ngram_is_zeros_as_in_gensim():
    model = train(min_n=5, max_n=6)
    vectors = load_subword_vectors(model)
    assert not vectors.can_make("ab") and vectors.can_make("abc")
    np.testing.assert_array_equal(vectors.vectors_of(["ab"]), np.zeros((1, 4)))
    np.testing.assert_array_equal(vectors.vectors_of(["ab"])[0], model.wv.get_vector("ab"))


def test_vectors_are_a_value():
    vectors = load_subword_vectors(SMALL)
    assert load_subword_vectors(vectors) is vectors
    assert copy.deepcopy(vectors) is vectors and copy.copy(vectors) is vectors
    assert repr(vectors) == "SubwordVectors(22 words, dimension 5, n-grams: of 3 to 6 characters)"
    assert vectors.vectors_of([]).shape == (0, 5)
    with pytest.raises(TypeError, match="expected a list of words, got the str 'the'"):
        vectors.vectors_of("the")


@pytest.mark.parametrize("name", ["toy-model.bin", "lee_fasttext.bin"])
def test_a_file_that_ends_early_is_refused_wherever_it_ends(tmp_path, name):
    data = (GENSIM_FILES / name).read_bytes()
    model = load_subword_vectors(GENSIM_FILES / name)
    end = model._own.matrix.offset + 4 * model.dimension * (len(model) + len(model._ngrams))
    for size in [0, 3, 50, 99, 110, 400, end // 2, end - 1]:
        path = tmp_path / f"{size}.bin"
        path.write_bytes(data[:size])
        with pytest.raises(ValueError, match=rf"{size}\.bin.*(ends too early|which is none)"):
            load_subword_vectors(path)


# Where the parts of toy-model.bin are: number, version, 12 arguments and a float64, dictionary.
DIMENSION, MODEL, BUCKET, SIZE, LABELS, PRUNED = 8, 36, 40, 64, 72, 84


@pytest.mark.parametrize(
    ("at", "form", "value", "message"),
    [
        (4, "<i", 13, "version 13, newer than 12"),
        (DIMENSION, "<i", -5, "a damaged header, .*dim=-5"),
        (DIMENSION, "<i", 6, r"a matrix of shape \(122, 5\) in place of \(122, 6\)"),
        (BUCKET, "<i", 99, r"a matrix of shape \(122, 5\) in place of \(121, 5\)"),
        (MODEL, "<i", 3, "trained with labels"),
        (SIZE, "<i", 21, "21 entries with 22 words"),
        (LABELS, "<i", 1, "trained with labels"),
        (PRUNED, "<q", 1, "pruned"),
        (SIZE, "<2i", (2**30, 2**30), "ends too early"),
    ],
)
def test_a_damaged_file_is_refused_with_what_is_wrong(changed, at, form, value, message):
    path = changed(at, form, *np.atleast_1d(value).tolist())
    with pytest.raises(ValueError, match=rf"expected a fastText model of words.*{message}"):
        load_subword_vectors(path)


def test_a_quantised_file_is_refused(changed):
    # The flag stands before the matrix and its two sizes.
    path = changed(load_subword_vectors(SMALL)._own.matrix.offset - 17, "<?", True)
    with pytest.raises(ValueError, match=r"a quantised one \(.ftz\): take the .bin that"):
        load_subword_vectors(path)


def test_a_model_with_labels_is_refused():
    with pytest.raises(ValueError, match="trained with labels"):
        load_subword_vectors(GENSIM_FILES / "pang_lee_polarity_fasttext.bin")


@given(st.binary(max_size=300), st.booleans())
def test_any_other_bytes_are_refused(tmp_path_factory, data, with_number):
    path = tmp_path_factory.mktemp("bytes") / "model.bin"
    path.write_bytes(SMALL.read_bytes()[:8] * with_number + data)
    with pytest.raises(ValueError, match=r"expected a .* of .*, got .*model\.bin"):
        load_subword_vectors(path)


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("no/such/file", FileNotFoundError, "found no file at no/such/file"),
        (
            GENSIM_FILES / "lee_fasttext.vec",
            ValueError,
            r"no n-grams; .* pass load_vectors\(path\)",
        ),
        (3, TypeError, "expected a path, gensim's KeyedVectors or WordVectors, got 3"),
    ],
)
def test_other_sources_are_refused(source, error, message):
    with pytest.raises(error, match=message):
        load_subword_vectors(source)


@pytest.mark.parametrize(
    ("ngrams", "options", "error", "message"),
    [
        (np.ones((3, 4)), {}, ValueError, r"shape \(buckets, 2\), as the words have, got \(3, 4\)"),
        (np.ones(2), {}, ValueError, r"got \(2,\)"),
        (
            None,
            {"minn": -1},
            ValueError,
            "expected minn to be a whole number of at least 0, got -1",
        ),
        (None, {"maxn": 1.5}, TypeError, r"expected maxn to be .* got 1.5 \(float\)"),
    ],
)
def test_ngrams_must_fit_the_words(ngrams, options, error, message):
    with pytest.raises(error, match=message):
        SubwordVectors(WordVectors(["a"], np.ones((1, 2))), ngrams, **options)
    with pytest.raises(TypeError, match="expected WordVectors, got"):
        SubwordVectors({"a": [1.0]})
