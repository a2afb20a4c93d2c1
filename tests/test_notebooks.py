"""The notebooks run, and are kept without output."""

import json
from pathlib import Path

import papermill
import pytest

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
        *("words.nlpb", "characters.nlpb", "tagger.keras"),
    },
}


def test_each_notebook_is_run_by_a_test():
    assert {path.stem for path in NOTEBOOKS} == set(MADE)


# papermill and the kernel's client warn of their own insides.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_with_one_epoch(path, tmp_path):
    papermill.execute_notebook(
        path,
        tmp_path / "executed.ipynb",
        parameters={"epochs": 1, "output": str(tmp_path)},
        kernel_name="python3",
        progress_bar=False,
        cwd=path.parent,
    )
    assert MADE[path.stem] <= {file.name for file in tmp_path.iterdir()}
    if path.stem == "ner_bilstm_crf":
        report = (tmp_path / "report.txt").read_text(encoding="utf-8")
        assert "micro avg" in report
        assert "conlleval" in report
