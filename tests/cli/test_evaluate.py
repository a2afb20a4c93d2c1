import json

from tests.cli.conftest import TAGS, TEXTS, in_columns


def test_it_prints_the_report_of_entities(run, model_file, column_file):
    code, out, err = run("evaluate", "--model", model_file, "--data", column_file)
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()][1] == ["LOC", *["1.0000"] * 3, "8"]
    assert "micro avg" in out


def test_by_token_scores_each_tag(run, model_file, column_file):
    _, out, _ = run("evaluate", "--model", model_file, "--data", column_file, "--by-token")
    assert "B-LOC" in out
    assert "accuracy" in out


def test_json_is_one_object(run, model_file, tmp_path):
    path = tmp_path / "gold.jsonl"
    wrong = [["B-ORG", *tags[1:]] for tags in TAGS[:2]] + TAGS[2:]
    rows = [{"words": x, "tags": y} for x, y in zip(TEXTS, wrong, strict=True)]
    path.write_text("\n".join(map(json.dumps, rows)))
    arguments = ["--model", model_file, "--data", path, "--json", "--tokens-field", "words"]
    _, out, err = run("evaluate", *arguments)
    found = json.loads(out)
    assert err == (
        f"nlp-builder: warning: the model has no B-ORG, which {path} has: they are scored as "
        "missed\n"
    )
    # Two of sixteen entities are called by another name than in gold.
    assert found["f1"] == found["precision"] == found["recall"] == 14 / 16
    assert found["types"]["ORG"] == {"precision": 0, "recall": 0, "f1-score": 0, "support": 2}
    assert found["types"]["LOC"]["f1-score"] == 1


def test_a_text_without_tags_is_not_scored(run, model_file, tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Ada lives in Paris\nShe writes to us\n")
    code, out, err = run("evaluate", "--model", model_file, "--data", path)
    assert (code, out) == (2, "")
    assert f"expected gold tags in {path}, such as ['O', " in err
    assert "got ['Paris', 'us']: name the column or the field that has them" in err


def test_gold_in_another_scheme_is_scored(run, model_file, tmp_path):
    path = tmp_path / "gold.txt"
    path.write_text("Paris\tS-LOC\n\nRome\tS-LOC\n")
    code, out, _ = run("evaluate", "--model", model_file, "--data", path, "--json")
    assert code == 0
    assert json.loads(out)["types"]["LOC"]["support"] == 2


def test_other_columns_are_read_when_they_are_named(run, model_file, tmp_path):
    path = tmp_path / "columns.txt"
    path.write_text(in_columns(TAGS, TEXTS).replace("\t", "|"))
    arguments = ["--separator", "|", "--token-column", "1", "--column", "0"]
    _, out, _ = run("evaluate", "--model", model_file, "--data", path, "--json", *arguments)
    assert json.loads(out)["f1"] == 1
