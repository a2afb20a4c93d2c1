"""The notebooks run, and are kept without output."""

import json
from pathlib import Path

import papermill
import pytest

from nlp_builder.text import convert_tags, load_sample_corpus

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_output_is_kept(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


# What each notebook leaves in its folder.
MADE = {
    "crf": {"transitions.png", "confidences.png", "tagger.keras"},
    "ner_bilstm_crf": {
        *("lengths.png", "history.png", "transitions.png", "report.txt"),
        *("words.nlpb", "characters.nlpb", "tagger.keras", "tags.json"),
    },
}


def test_each_notebook_is_run_by_a_test():
    assert {path.stem for path in NOTEBOOKS} == set(MADE)


def run(path, folder, **parameters):
    papermill.execute_notebook(
        path,
        folder / "executed.ipynb",
        parameters={"epochs": 1, "output": str(folder), **parameters},
        kernel_name="python3",
        progress_bar=False,
        cwd=path.parent,
    )
    return (folder / "report.txt").read_text(encoding="utf-8") if "ner" in path.stem else ""


# papermill and the kernel's client warn of their own insides.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_with_one_epoch(path, tmp_path):
    report = run(path, tmp_path)
    assert MADE[path.stem] <= {file.name for file in tmp_path.iterdir()}
    if report:
        assert "micro avg" in report
        assert "conlleval" in report


@pytest.mark.filterwarnings("ignore")
def test_the_tagger_reads_own_files_in_another_scheme_and_without_a_test(tmp_path):
    corpus = tmp_path / "my corpus"
    corpus.mkdir()
    for name in ("train", "valid"):
        texts, tags = load_sample_corpus(name)
        lines = [
            "\n".join(f"{word} {tag}" for word, tag in zip(*pair, strict=True))
            for pair in zip(texts, [convert_tags(t, "IOB2", "BIOES") for t in tags], strict=True)
        ]
        (corpus / f"{name}.txt").write_text("\n\n".join(lines[:100]), encoding="utf-8")
    path = next(path for path in NOTEBOOKS if path.stem == "ner_bilstm_crf")
    assert run(path, tmp_path, corpus=str(corpus)).startswith("valid:")
