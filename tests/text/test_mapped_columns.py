"""Column files that are read one text at a time: the same as `read_columns`, or the same error."""

import os
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import MappedColumns, TagAlphabet, lazy_map, mapped_columns, read_columns

LINES = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "\t",
            "\r",
            "-DOCSTART- -X- O",
            "# text = Ada",
            "# O",
            "# B-X",
            "#",
            "#x O",
            "- O",
        ]
    ),
    st.tuples(
        st.sampled_from(["Ada", "é", "\u2028", "\xa0", "#", "日本", "-"]),
        st.sampled_from(["O", "B-PER"]),
    ).map(" ".join),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\n"), max_size=6),
)
FILES = st.lists(LINES, max_size=14).map("\n".join)


def both(path, **options):
    """What each of the two readers makes of a file: lists, or the message of the error."""
    found = []
    for read in (read_columns, mapped):
        try:
            found.append(read(path, **options))
        except ValueError as error:
            found.append(str(error))
    return found


def mapped(path, **options):
    corpus = MappedColumns(path, **options)
    return [*corpus.texts], [*corpus.tags]


@given(content=FILES, end=st.sampled_from(["\n", "\r\n"]), separator=st.sampled_from([None, "\t"]))
def test_any_file_gives_the_same_or_the_same_error(tmp_path_factory, content, end, separator):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content.replace("\n", end).encode())
    expected, found = both(path, separator=separator)
    assert found == expected


@pytest.mark.parametrize("at_once", [1, 7, 64])
def test_pieces_of_the_file_do_not_show(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(mapped_columns, "_BYTES_AT_ONCE", at_once)
    path = tmp_path / "corpus.txt"
    path.write_text("# a\n\nEU O\n# b\n-DOCSTART- O\n\n\nAda B-PER\nwrote O\n \n# c\nit O")
    assert (
        mapped(path)
        == read_columns(path)
        == (
            [["EU"], ["Ada", "wrote"], ["it"]],
            [["O"], ["B-PER", "O"], ["O"]],
        )
    )


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_the_sample_corpus(split):
    with resources.as_file(resources.files("nlp_builder.sample_corpus") / f"{split}.txt") as path:
        expected, found = both(path, separator="\t")
        assert found == expected
        corpus = MappedColumns(path, separator="\t")
        for number in (0, 7, -1):
            assert corpus.texts[number] == expected[0][number]
            assert corpus.tags[number] == expected[1][number]
        assert [*corpus.texts[2:9:3]] == expected[0][2:9:3]
        with pytest.raises(IndexError):
            corpus.texts[len(corpus)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "gb18030"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "corpus.txt"
    path.write_bytes("né O\n\nça B-X\n".encode(encoding))
    expected, found = both(path, encoding=encoding)
    assert found == expected == ([["né"], ["ça"]], [["O"], ["B-X"]])


def test_a_byte_order_mark_is_one_in_utf_8_only(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_bytes(b"\xef\xbb\xbfa O\n\n\xef\xbb\xbfb O\n")
    for encoding in ("utf-8", "utf-8-sig", "latin-1"):
        expected, found = both(path, encoding=encoding)
        assert found == expected


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32-le", "utf-7", "hz", "iso2022_jp"])
def test_encodings_of_other_line_ends_are_refused(tmp_path, encoding):
    path = tmp_path / "corpus.txt"
    path.write_bytes("a O\n".encode(encoding))
    with pytest.raises(ValueError, match=f"one byte of ASCII, got '{encoding}': read the file wit"):
        MappedColumns(path, encoding=encoding)


def test_other_bytes_are_told_with_their_line(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_bytes(b"a O\n\nb O\n\xff O\n")
    corpus = MappedColumns(path)
    assert corpus.texts[0] == ["a"]
    with pytest.raises(ValueError, match=r"line 4: expected utf-8, got other bytes .invalid start"):
        corpus.texts[1]


def test_no_texts_and_no_file(tmp_path):
    path = tmp_path / "corpus.txt"
    for content in (b"", b"\n", b"\xef\xbb\xbf", b"-DOCSTART- O"):
        path.write_bytes(content)
        assert mapped(path) == ([], [])
    with pytest.raises(FileNotFoundError, match="expected a column file, found nothing at"):
        MappedColumns(tmp_path / "none.txt")


@pytest.mark.parametrize("content", [b"a O\n", b"b O\n\nb O\n", b"c O\n\nc O\n\nc O\n"])
def test_a_file_that_is_written_into_is_told(tmp_path, content):
    path = tmp_path / "corpus.txt"
    path.write_bytes(b"a O\n\na O\n")
    os.utime(path, ns=(1, 1))
    corpus = MappedColumns(path)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"corpus.txt was changed after it was opened: open it"):
        corpus.texts[1]


def test_a_large_file_that_is_cut_is_told(tmp_path):
    """Bytes of a mapped file that is shorter now end the process by SIGBUS where they are read."""
    path = tmp_path / "corpus.txt"
    path.write_text("a O\n\n" * 20_000)
    corpus = MappedColumns(path)
    os.truncate(path, 0)
    for number in (0, 15_000, 19_999):
        for read in (corpus.row, corpus.texts.__getitem__, corpus.tags.__getitem__):
            with pytest.raises(ValueError, match="was changed after it was opened"):
                read(number)


def test_another_file_in_its_place_does_not_matter(tmp_path):
    path, other = tmp_path / "corpus.txt", tmp_path / "other.txt"
    path.write_bytes(b"a O\n\nb O\n")
    corpus = MappedColumns(path)
    other.write_bytes(b"x O\n")
    other.replace(path)
    assert [*corpus.texts] == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("number", "error", "message"),
    [
        (-1, ValueError, "expected number to be a whole number of at least 0, got -1"),
        (2, IndexError, "expected a text below 2, their number, got 2"),
        (1.0, TypeError, "expected number to be a whole number of at least 0, got 1.0"),
    ],
)
def test_rows_that_are_none_are_refused(tmp_path, number, error, message):
    path = tmp_path / "corpus.txt"
    path.write_bytes(b"a O\n\nb O\n")
    corpus = MappedColumns(path)
    assert corpus.row(1) == [("b", "O")]
    with pytest.raises(error, match=message):
        corpus.row(number)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ValueError, match="expected a column file, got a folder or a device at"):
        MappedColumns(tmp_path)


def test_memory_is_eight_bytes_a_text(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("a O\n\n" * 1000)
    corpus = MappedColumns(path)
    assert len(corpus) == 1000 and corpus._starts.nbytes == 8 * 1001
    assert repr(corpus) == "<MappedColumns of 1,000 texts>"


def test_tags_become_ids_when_they_are_asked_for(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("a O\nb B-X\n\nc Q\n")
    corpus = MappedColumns(path)
    ids = lazy_map(TagAlphabet(["O", "B-X"]).ids, corpus.tags)
    assert len(ids) == 2
    np.testing.assert_array_equal(ids[0], [0, 1])
    with pytest.raises(ValueError, match="'Q'"):
        ids[1]
    assert TagAlphabet.from_tags(corpus.tags).tags == ("O", "Q", "B-X")
