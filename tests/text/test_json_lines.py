import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import read_json_lines, read_labelled_json_lines


@pytest.fixture
def write(tmp_path):
    def write_file(content):
        path = tmp_path / "train.jsonl"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write_file


def test_tokens_and_tags(write):
    path = write('{"id": 1, "tokens": ["Ada", "wrote"], "tags": ["B-PER", "O"]}\n\n')
    assert read_json_lines(path) == ([["Ada", "wrote"]], [["B-PER", "O"]])


def test_fields_may_have_other_names(write):
    path = write('{"words": ["東"], "ner": ["B-LOC"], "label": 3}')
    assert read_json_lines(path, tokens="words", tags="ner") == ([["東"]], [["B-LOC"]])
    assert read_labelled_json_lines(path, text="words") == ([["東"]], [3])


@pytest.mark.parametrize("label", ["praise", 5, 0.5, True, ["a", "b"], []])
def test_texts_with_labels(write, label):
    path = write(json.dumps({"text": "Well done", "label": label}))
    assert read_labelled_json_lines(path) == (["Well done"], [label])


@pytest.mark.parametrize("content", ["", "\n \n\t\r\n", "\ufeff"])
def test_a_file_without_objects_has_no_texts(write, content):
    assert read_json_lines(write(content)) == ([], [])


def test_line_ends_and_a_mark_do_not_matter(write):
    line = '{"tokens": ["a"], "tags": ["O"]}'
    assert read_json_lines(write(f"\ufeff{line}\r\n{line}")) == ([["a"]] * 2, [["O"]] * 2)


words = st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4)


@given(texts=st.lists(words, max_size=4), ascii_only=st.booleans())
def test_any_tokens_come_back(tmp_path_factory, texts, ascii_only):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    tags = [["O"] * len(text) for text in texts]
    records = [{"tokens": x, "tags": y} for x, y in zip(texts, tags, strict=True)]
    lines = [json.dumps(record, ensure_ascii=ascii_only) for record in records]
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    assert read_json_lines(path) == (texts, tags)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Ada B-PER", "expected a JSON object, got 'Ada B-PER': Expecting value"),
        ('{"tokens": ["Ada"]', "expected a JSON object"),
        ('["Ada"]', r"expected a JSON object, got \['Ada'\]"),
        ("[" * 100_000, "expected a JSON object"),
        ('{"tokens": ' + "1" * 9999 + "}", "expected a JSON object"),
        ('{"tokens": NaN, "tags": []}', "NaN is no JSON"),
        ('{"words": [], "tags": []}', r"a field \"tokens\", got \['tags', 'words'\]"),
        ('{"tokens": "Ada", "tags": ["O"]}', "a list of strings in \"tokens\", got 'Ada'"),
        ('{"tokens": [1], "tags": ["O"]}', r"a list of strings in \"tokens\", got \[1\]"),
        ('{"tokens": ["a"], "tags": [null]}', r"a list of strings in \"tags\", got \[None\]"),
        ('{"tokens": ["a"], "tags": []}', 'a tag for each token, got 1 in "tokens" and 0 in'),
    ],
)
def test_errors_name_file_and_line(write, line, message):
    path = write('{"tokens": [], "tags": []}\n\n' + line)
    with pytest.raises(ValueError, match=rf"train\.jsonl, line 3: .*{message}"):
        read_json_lines(path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": 1, "label": "a"}', 'a list of strings in "text", got 1'),
        ('{"text": "a", "label": null}', 'a list of strings in "label", got None'),
        ('{"text": "a", "label": {}}', 'a list of strings in "label", got {}'),
        ('{"text": "a"}', r"a field \"label\", got \['text'\]: pass the names"),
    ],
)
def test_errors_of_labels_name_file_and_line(write, line, message):
    with pytest.raises(ValueError, match=rf"train\.jsonl, line 1: .*{message}"):
        read_labelled_json_lines(write(line))


def test_bytes_of_another_encoding_are_named(write):
    path = write('{"text": "é", "label": "a"}'.encode("latin-1"))
    with pytest.raises(ValueError, match=r"train\.jsonl, line 1: expected utf-8"):
        read_labelled_json_lines(path)
    assert read_labelled_json_lines(path, encoding="latin-1") == (["é"], ["a"])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"expected a file of JSON lines.*no\.jsonl"):
        read_json_lines(tmp_path / "no.jsonl")
