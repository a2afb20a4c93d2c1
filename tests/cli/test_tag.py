import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_builder.cli.readers import Reading, chunks, read_objects, read_text, read_tokens
from nlp_builder.text import get_tokenizer

ADA = "Ada\tB-PER\nlives\tO\nin\tO\nRome\tB-LOC\n"


def read(reader, data, column=0, **options):
    source = io.BytesIO(data if isinstance(data, bytes) else data.encode())
    return list(reader(source, Reading(get_tokenizer("words"), column, **options)))


def test_a_line_of_text_becomes_columns(run, model_file):
    code, out, err = run("tag", "--model", model_file, stdin="Ada lives in Rome\n")
    assert (code, out) == (0, ADA + "\n")
    assert err.startswith("nlp-builder: 1 texts, 4 tokens in ")
    assert "tokens/s" in err


def test_a_file_goes_to_a_file(run, model_file, tmp_path):
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("Ada lives in Rome\n\nAda lives in Rome")
    arguments = ["--model", model_file, source, "--out", target, "--quiet"]
    assert run("tag", *arguments) == (0, "", "")
    # The blank line is a text without tokens.
    assert target.read_text() == f"{ADA}\n\n{ADA}\n"


def test_columns_keep_their_lines(run, model_file):
    lines = ["", "-DOCSTART- X", "", "Ada N", "lives V", "in P", "Rome N", "", "", "Ada N"]
    _, out, _ = run("tag", "--model", model_file, "--input", "columns", stdin="\n".join(lines))
    found = out.split("\n")
    assert found.pop() == ""
    assert [line.split("\t")[0] for line in found] == [line.split(" ")[0] for line in lines]
    assert found[3:7] == ADA.splitlines()
    assert found[1] == "-DOCSTART-\tO"


def test_json_lines_keep_their_fields(run, model_file):
    rows = [
        {"id": 7, "tokens": ["Ada", "lives", "in", "Rome"]},
        {"text": "Ada lives in Rome", "tokens": None},
    ]
    stdin = "\n\n".join(map(json.dumps, rows))
    _, out, _ = run("tag", "--model", model_file, "--input", "jsonl", stdin=stdin)
    first, second = map(json.loads, out.splitlines())
    confidences = [entity.pop("confidence") for entity in first["entities"]]
    assert first == {
        "id": 7,
        "tokens": ["Ada", "lives", "in", "Rome"],
        "tags": ["B-PER", "O", "O", "B-LOC"],
        "entities": [
            {"label": "PER", "start": 0, "end": 1, "text": "Ada"},
            {"label": "LOC", "start": 3, "end": 4, "text": "Rome"},
        ],
    }
    assert all(0.5 < confidence <= 1 for confidence in confidences)
    assert second["text"] == "Ada lives in Rome"
    assert second["tags"] == first["tags"]


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_the_size_of_chunks_changes_nothing(run, model_file, size):
    stdin = "Ada lives in Rome\nin Rome\n" * 3
    _, whole, _ = run("tag", "--model", model_file, stdin=stdin)
    _, found, err = run("tag", "--model", model_file, "--chunk", size, stdin=stdin)
    assert found == whole
    assert "6 texts, 18 tokens" in err


def test_a_text_has_its_object_also_if_it_is_empty(run, model_file):
    _, out, _ = run("tag", "--model", model_file, "--output", "jsonl", stdin="\n")
    assert json.loads(out) == {"tokens": [], "tags": [], "entities": []}


def test_a_genitive_parts_from_its_name(run, model_file):
    _, out, _ = run("tag", "--model", model_file, stdin="Ada's Rome")
    assert out.split()[::2] == ["Ada", "'s", "Rome"]


def test_tokenizers_part_texts_their_own_way(run, model_file):
    arguments = ["--model", model_file, "--tokenizer", "whitespace"]
    _, out, _ = run("tag", *arguments, stdin="to Rome.")
    assert [line.split("\t")[0] for line in out.splitlines()] == ["to", "Rome.", ""]


@pytest.mark.parametrize(
    ("kind", "stdin", "message"),
    [
        ("text", b"good\nb\xe4d", "line 2: expected UTF-8"),
        ("jsonl", b'{"tokens": []}\n{', "line 2: expected a JSON object"),
        ("jsonl", b"[" * 100_000, "line 1: expected a JSON object"),
        ("jsonl", b"[1]", "line 1: expected a JSON object"),
        ("jsonl", b'{"tokens": "Ada"}', 'line 1: expected "tokens", a list of strings'),
        ("jsonl", b'{"tokens": [1]}', 'line 1: expected "tokens", a list of strings'),
        ("jsonl", b'{"words": []}', 'line 1: expected "tokens", a list of strings'),
    ],
)
def test_a_wrong_line_is_named(run, model_file, kind, stdin, message):
    code, _, err = run("tag", "--model", model_file, "--input", kind, stdin=stdin)
    assert code == 2
    assert message in err


def test_a_token_that_parts_lines_is_not_written_as_columns(run, model_file):
    arguments = ["--model", model_file, "--input", "jsonl", "--output", "columns"]
    code, _, err = run("tag", *arguments, stdin=json.dumps({"tokens": ["a\nb"]}))
    assert code == 2
    assert "use --output jsonl" in err


def test_a_column_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match=r"line 1: expected a token in column 2, got \['a', 'b'\]"):
        read(read_tokens, "a b", column=2)


def test_a_byte_order_mark_and_other_line_ends_are_no_tokens():
    (text,) = read(read_text, "\ufeffAda\r\n")
    assert text.tokens == ["Ada"]


@settings(deadline=None, derandomize=True)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5))
def test_texts_come_line_by_line(lines):
    lines = [line.replace("\n", " ").removesuffix("\r") for line in lines]
    found = read(read_text, "".join(f"{line}\n" for line in lines))
    split = get_tokenizer("words")
    assert [text.tokens for text in found] == [
        split(line.removeprefix("\ufeff") if not number else line)
        for number, line in enumerate(lines)
    ]


TOKENS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.lists(TOKENS)))
def test_json_lines_are_read_as_they_are(texts):
    data = "\n".join(json.dumps({"tokens": tokens}) for tokens in texts)
    assert [text.tokens for text in read(read_objects, data)] == texts


def test_chunks_end_early_where_texts_are_long():
    texts = read(read_text, "a " * 60_000 + "\n" + "b " * 60_000 + "\nc\n")
    assert [len(chunk) for chunk in chunks(texts, 100)] == [2, 1]


def test_a_reader_that_goes_is_no_error(model_file):
    command = f"{sys.executable} -m nlp_builder tag --model {model_file} --chunk 1"
    script = f"yes 'Ada lives in Rome' | {command} | head -n 4; echo ${{PIPESTATUS[1]}}"
    done = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, timeout=120)
    assert done.stdout == f"{ADA}0\n"
    assert done.stderr.replace("yes: standard output: Broken pipe\n", "") == ""


def test_a_file_may_be_tagged_in_its_place(run, model_file, tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("Ada lives in Rome\n")
    assert run("tag", "--model", model_file, str(path), "--out", str(path))[0] == 0
    assert path.read_text().startswith("Ada\tB-PER\n")


def test_a_model_is_not_written_over_by_its_tags(run, model_file, tmp_path):
    before = Path(model_file).read_bytes()
    link = tmp_path / "link.nlpb"
    link.symlink_to(model_file)
    code, _, error = run("tag", "--model", model_file, "--out", str(link), stdin="Ada\n")
    assert (code, "--out is the file of --model" in error) == (2, True)
    assert Path(model_file).read_bytes() == before


def test_json_lines_are_known_by_their_ending(run, model_file, tmp_path):
    path = tmp_path / "texts.JSONL"
    path.write_text('{"text": "Ada lives in Rome"}\n')
    _, out, _ = run("tag", "--model", model_file, path)
    assert json.loads(out)["tags"] == ["B-PER", "O", "O", "B-LOC"]


def test_a_full_disk_is_an_error_also_without_a_buffer(model_file):
    command = f"{sys.executable} -u -m nlp_builder tag --model {model_file} --chunk 1"
    script = f"yes 'Ada lives in Rome' | head -n 99 | {command} > /dev/full"
    done = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, timeout=120)
    assert (done.returncode, "No space left" in done.stderr) == (2, True)


def test_an_older_file_stays_if_tagging_fails(run, model_file, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"text": "Ada"}\n{"nothing": 1}\n')
    (tmp_path / "out.txt").write_text("older")
    given = ["--input", "jsonl", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.txt")]
    code, _, error = run("tag", "--model", model_file, *given)
    assert (code, "line 2" in error) == (2, True)
    assert (tmp_path / "out.txt").read_text() == "older"
    assert len(list(tmp_path.iterdir())) == 2


def test_columns_are_parted_as_in_training():
    texts = read(read_tokens, "New York\tB-LOC\n", separator="\t")
    assert [text.tokens for text in texts] == [["New York"]]
    (text,) = read(read_text, "Zürich".encode("latin-1"), encoding="latin-1")
    assert text.tokens == ["Zürich"]
    with pytest.raises(ValueError, match="lines end with one byte"):
        read(read_text, b"", encoding="utf-16")
