import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import (
    guess_scheme,
    load_corpus_folder,
    load_sample_corpus,
    read_columns,
    spans_of,
)


@pytest.fixture
def write(tmp_path):
    """Writes a file and returns its path."""

    def write_file(content, name="train.txt"):
        data = content if isinstance(content, bytes) else content.encode("utf-8")
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write_file


def test_conll_2003(write):
    path = write(
        "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\n"
        "-DOCSTART- -X- -X- O\n\nPeter NNP B-NP B-PER\nBlackburn NNP I-NP I-PER"
    )
    texts, tags = read_columns(path)
    assert texts == [["EU", "rejects"], ["Peter", "Blackburn"]]
    assert tags == [["B-ORG", "O"], ["B-PER", "I-PER"]]
    assert read_columns(path, text_column=1, tag_column=2)[0] == [["NNP", "VBZ"], ["NNP", "NNP"]]


@pytest.mark.parametrize(
    "content",
    [
        "a O\nb O\n\nc O\n",
        "a O\nb O\n\nc O",
        "a O\r\nb O\r\n\r\nc O\r\n",
        "\ufeffa O\nb O\n\nc O",
        "\n\na O\nb O\n \t\n\n\nc O\n\n\n",
        "a\tO\nb\t\tO\n\n c  O ",
        "a O\nb O\n-DOCSTART- O\nc O",
    ],
    ids=["plain", "no end", "CRLF", "mark", "blank lines", "tabs", "docstart"],
)
def test_line_ends_and_blanks_do_not_matter(write, content):
    assert read_columns(write(content)) == ([["a", "b"], ["c"]], [["O", "O"], ["O"]])


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("# sent_id = 1\na x O\n\n# text = a b\nb y O", [["a"], ["b"]]),
        ("# id = a\n# text = b\na O\n", [["a"]]),
        ("# a comment\na\tO\n# O\nb\tO", [["a", "b"]]),
        ("a O\n# O\n", [["a", "#"]]),
        ("# O\na O", [["#", "a"]]),
        ("#\tO\na\tO", [["#", "a"]]),
        ("#tag O\n", [["#tag"]]),
        ("# what this is\n\n\n", []),
        ("", []),
    ],
)
def test_comments_are_told_from_the_token(write, content, texts):
    assert read_columns(write(content))[0] == texts


def test_a_tab_as_separator_keeps_spaces_and_empty_fields(write):
    path = write("New York\tB-LOC\n\tO\n# 1\tO\n")
    assert read_columns(path, separator="\t")[0] == [["New York", "", "# 1"]]


def test_unusual_spaces_stay_in_the_token(write):
    path = write("New\u00a0York B-LOC\n\u3000 O\nx\u2028y O\n\x85 O\n")
    assert read_columns(path)[0] == [["New\u00a0York", "\u3000", "x\u2028y", "\x85"]]


tokens = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\r\n "), min_size=1)


@given(st.lists(st.lists(tokens, min_size=1, max_size=4), max_size=4))
def test_any_tokens_come_back(tmp_path_factory, texts):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    lines = ["\n".join(f"{token}\tO" for token in text) for text in texts]
    path.write_text("\n\n".join(lines), encoding="utf-8", newline="")
    read, tags = read_columns(path)
    # A byte order mark at the beginning of a file is no part of its text.
    expected = [[token for token in text] for text in texts]
    if expected and expected[0][0].startswith("\ufeff"):
        return
    assert read == expected
    assert tags == [["O"] * len(text) for text in texts]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("\na\nb\n", {}, r"train.txt, line 2: expected columns .*, got 1 columns: \['a'\]"),
        ("a O\nb O", {"tag_column": 2}, r"train.txt, line 1: .*tag \(2\), got 2 columns"),
        ("a\nb", {"text_column": -2}, r"train.txt, line 1: .*token \(-2\)"),
        ("a O\n\nb\n", {}, r"train.txt, line 3: expected 2 columns as in line 1, got 1"),
        (b"a O\nb O\ncaf\xe9 O", {}, r"train.txt, line 3: expected utf-8, got other bytes"),
    ],
)
def test_errors_name_file_and_line(write, content, options, message):
    with pytest.raises(ValueError, match=message):
        read_columns(write(content), **options)


def test_another_encoding_can_be_named(write):
    path = write("caf\xe9 O".encode("latin-1"))
    assert read_columns(path, encoding="latin-1")[0] == [["caf\xe9"]]


def test_one_column_may_be_both(write):
    assert read_columns(write("a\nb"), tag_column=0) == ([["a", "b"]], [["a", "b"]])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"found nothing at .*no\.txt"):
        read_columns(tmp_path / "no.txt")


@pytest.mark.parametrize(
    "names",
    [
        ["train.txt", "valid.txt", "test.txt"],
        ["wnut17.train.conll", "wnut17.dev.conll", "wnut17.test.conll"],
        ["eng.train", "eng.testa", "eng.testb"],
        ["de-Train.tsv", "de-Dev.tsv", "de-Test.tsv"],
    ],
)
def test_a_folders_files_are_found_by_their_names(write, names):
    for name, token in zip(names, "abc", strict=True):
        path = write(f"{token} O", name)
    write("not a corpus", "README.md")
    write("not a corpus", "train_and_test_notes.txt")
    corpora = load_corpus_folder(path.parent)
    assert {split: texts for split, (texts, _) in corpora.items()} == {
        "train": [["a"]],
        "valid": [["b"]],
        "test": [["c"]],
    }


def test_a_folder_needs_only_train_and_takes_options(write):
    path = write("a O x")
    assert load_corpus_folder(path.parent, tag_column=1) == {"train": ([["a"]], [["O"]])}


def test_a_folder_that_does_not_fit_is_refused(write, tmp_path):
    with pytest.raises(FileNotFoundError, match="expected a folder with a corpus"):
        load_corpus_folder(tmp_path / "none")
    write("a O", "valid.txt")
    with pytest.raises(FileNotFoundError, match=r"expected a file for train.*got \['valid.txt'\]"):
        load_corpus_folder(tmp_path)
    write("\n", "train.txt")
    with pytest.raises(ValueError, match=r"expected texts to train on, got none in .*train.txt"):
        load_corpus_folder(tmp_path)
    write("a O", "train.conll")
    with pytest.raises(ValueError, match=r"one file for train in .*got train.conll and train.txt"):
        load_corpus_folder(tmp_path)


def test_the_sample_corpus_has_three_parts_in_iob2():
    parts = {split: load_sample_corpus(split) for split in ("train", "valid", "test")}
    sentences = [tuple(text) for texts, _ in parts.values() for text in texts]
    assert len(sentences) == len(set(sentences)) >= 500
    for texts, tags in parts.values():
        assert [*map(len, texts)] == [*map(len, tags)]
        assert guess_scheme(tags) == "IOB2"
        assert all(spans_of(each) == spans_of(each, strict=True) for each in tags)


def test_the_sample_corpus_has_no_other_part():
    with pytest.raises(ValueError, match=r"expected a split of \['train', 'valid', 'test'\], got"):
        load_sample_corpus("dev")


def test_a_comment_with_as_many_columns_is_told_by_its_tag(tmp_path):
    path = tmp_path / "train.txt"
    path.write_text("Ada B-PER\n# annotated\n# O\n#fail O\n", encoding="utf-8")
    assert read_columns(path) == ([["Ada", "#", "#fail"]], [["B-PER", "O", "O"]])
    path.write_text("Ada NNP\n# SYM\n", encoding="utf-8")
    assert read_columns(path) == ([["Ada", "#"]], [["NNP", "SYM"]])


def test_a_line_with_other_columns_than_the_first_is_refused(tmp_path):
    path = tmp_path / "train.txt"
    path.write_text("Ada NNP B-PER\n\nOslo B-LOC\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"line 3: expected 3 columns as in line 1, got 2"):
        read_columns(path)
