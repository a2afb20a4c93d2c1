"""The notebooks run, and are kept without output."""

import csv
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
    "text_classifier": {
        *("lengths.png", "history.png", "confusion.png", "grid.png", "report.txt"),
        "classifier.nlpb",
    },
    "siamese_similarity": {"history.png", "scatter.png", "report.txt", "model.nlpb"},
    "names_in_context": {"history.png", "answers.png", "worth.png", "report.txt", "model.nlpb"},
    "labeling_models": {"history.png", "race.png", "report.txt", "saved_ner_model", "own.nlpb"},
}
# What each report says.
SAID = {
    "ner_bilstm_crf": ["micro avg", "conlleval"],
    "text_classifier": ["macro avg", "F1 of person"],
    "siamese_similarity": ["Pearson r"],
    "names_in_context": ["kind", "others"],
    "labeling_models": ["micro avg", "BiGRU_CRF_Model", "DoubleBLSTMModel"],
}
# What would take minutes, and shows nothing new with one epoch.
SHORTER = {"labeling_models": {"compared": 1}}


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
    report = folder / "report.txt"
    return report.read_text(encoding="utf-8") if report.exists() else ""


# papermill and the kernel's client warn of their own insides.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_with_one_epoch(path, tmp_path):
    report = run(path, tmp_path, **SHORTER.get(path.stem, {}))
    assert MADE[path.stem] <= {file.name for file in tmp_path.iterdir()}
    assert [words for words in SAID.get(path.stem, []) if words not in report] == []


def notebook(name):
    return next(path for path in NOTEBOOKS if path.stem == name)


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
    report = run(notebook("ner_bilstm_crf"), tmp_path, corpus=str(corpus))
    assert report.startswith("valid:")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_classifier_reads_messages_of_ones_own_and_each_once(tmp_path):
    sentences, _ = load_sample_corpus("valid")
    with open(tmp_path / "messages.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "spam"])
        for row, words in enumerate(sentences):
            rows.writerow([f"{' '.join(words)}{' WIN' * (row % 3 == 0)}", int(row % 3 == 0)])
        rows.writerows([['Call NOW, "free"', 1], ['call now,  "FREE"', 1]])
    report = run(notebook("text_classifier"), tmp_path, corpus=str(tmp_path / "messages.csv"))
    assert "F1 of spam" in report
    cells = json.loads((tmp_path / "executed.ipynb").read_text(encoding="utf-8"))["cells"]
    printed = "".join(
        "".join(output.get("text", "")) for cell in cells for output in cell.get("outputs", [])
    )
    assert "152 texts, 151 of them distinct" in printed


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_siamese_reads_judged_pairs(tmp_path):
    header = "pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment\n"
    pairs = [
        f'{row}\tA man "rides {row} horses\tSome man rides\t{1 + row % 5}.0\tNEUTRAL\n'
        for row in range(20)
    ]
    for name in ("train", "trial"):
        (tmp_path / f"{name}.txt").write_text(header + "".join(pairs), encoding="utf-8")
    report = run(notebook("siamese_similarity"), tmp_path, corpus=str(tmp_path))
    assert "Pearson r" in report
