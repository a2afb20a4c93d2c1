import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import nlp_builder
from nlp_builder import labeling
from nlp_builder.cli.keeping import averaged
from nlp_builder.cli.train import MODELS, epochs_of
from tests.cli.conftest import TAGS, TEXTS, in_columns

SMALL = ["--units", "4", "--no-characters"]


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "nlp_builder", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_process_trains_and_leaves_a_model(sample_file, tmp_path):
    out = tmp_path / "model.nlpb"
    arguments = ["--train", sample_file, "--out", out, "--epochs", 2, "--units", 8]
    process = start("train", *arguments)
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    assert "micro avg" in stdout
    # Nothing but what the program says.
    assert all(line.startswith("nlp-builder: ") for line in stderr.splitlines()), stderr
    assert "the last 20 of 200 texts are kept from training" in stderr
    assert len(re.findall(r"epoch \d/2: loss [\d.]+, F1 [\d.]+, \d+ s", stderr)) == 2
    assert type(nlp_builder.load(out)).__name__ == "BiLSTM_CRF_Model"


def test_a_corpus_is_not_written_over_by_its_model(run, column_file):
    before = Path(column_file).read_text()
    code, _, error = run("train", "--train", column_file, "--out", column_file)
    assert (code, "--out is the file of --train" in error) == (2, True)
    assert Path(column_file).read_text() == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_keeps_the_best_model(sample_file, tmp_path, number, code):
    out = tmp_path / "model.nlpb"
    arguments = ["--train", sample_file, "--out", out, "--epochs", 1000, "--patience", 1000]
    process = start("train", *arguments, *SMALL)
    for line in process.stderr:
        if "epoch 2/" in line:
            break
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == code, stderr
    said = re.search(r"stopped: the best model so far, of epoch \d+, F1 ([\d.]+), is in", stderr)
    assert "Traceback" not in stderr
    model = nlp_builder.load(out)
    texts, tags = nlp_builder.read_columns(sample_file)
    assert f"{model.scores(texts[-20:], tags[-20:])['f1']:.4f}" == said[1]


def test_a_signal_before_the_first_epoch_says_that_there_is_no_model(run, column_file, tmp_path):
    def interrupt(*_):
        os.kill(os.getpid(), signal.SIGINT)

    out = tmp_path / "model.nlpb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labeling.BiLSTM_CRF_Model, "build_model_arc", interrupt)
        code, _, err = run("train", "--train", column_file, "--out", out)
    assert code == 130
    assert "there is no model yet" in err
    assert not out.exists()


def test_what_is_kept_is_what_was_scored(run, column_file, tmp_path):
    out = tmp_path / "model.nlpb"
    arguments = ["--train", column_file, "--valid", column_file, "--out", out, *SMALL]
    _, report, err = run("train", *arguments, "--learning-rate", 0.05, "--batch-size", 2)
    best = max(map(float, re.findall(r"epoch \d+/100: .* F1 ([\d.]+)", err)))
    assert best > 0.5
    assert f"F1 {best:.4f}, is in {out}" in err
    assert f"{best:.4f}" in next(line for line in report.splitlines() if "micro avg" in line)
    assert round(nlp_builder.load(out).scores(TEXTS, TAGS)["f1"], 4) == best


def test_training_goes_on_from_a_file(run, model_file, column_file, tmp_path):
    out = tmp_path / "better.nlpb"
    files = ["--train", column_file, "--valid", column_file, "--out", out]
    code, _, err = run("train", *files, "--resume", model_file, "--epochs", 1)
    assert code == 0
    # It was perfect, and so it stays what is kept.
    assert f"{model_file} has F1 1.0000" in err
    assert "the best model, as it was, F1 1.0000, is in" in err
    others = ["--units", 5, "--vectors", "nowhere", "--no-characters"]
    arguments = ["--resume", out, "--epochs", 1, "--learning-rate", 0.1, *others]
    assert "not used" not in err
    code, _, err = run("train", *files, *arguments)
    assert (code, out.exists()) == (0, True)
    assert "warning: the model of --resume stays as it was made: not used are " in err
    assert "not used are --vectors, --no-characters, --units\n" in err


def test_of_a_folder_the_file_in_it_is_told(run, model_file, column_file, tmp_path):
    out = tmp_path / "folder"
    files = ["--train", column_file, "--valid", column_file, "--out", out]
    _, _, err = run("train", *files, "--resume", model_file, "--epochs", 1)
    assert f"the best model, as it was, F1 1.0000, is in {out / 'model.nlpb'}\n" in err
    assert (out / "model.nlpb").is_file()


def test_it_stops_when_it_gets_no_better(run, model_file, column_file, tmp_path):
    files = ["--train", column_file, "--valid", column_file, "--out", tmp_path / "x.nlpb"]
    _, _, err = run("train", *files, "--resume", model_file, "--epochs", 9, "--patience", 1)
    assert len(re.findall(r"epoch \d/9", err)) == 2


def test_patience_does_not_count_before_anything_is_found(run, column_file, tmp_path):
    valid, out = tmp_path / "valid.txt", tmp_path / "x.nlpb"
    # A tag that training does not have is never found.
    valid.write_text(in_columns(TEXTS[:1], [["B-ORG", "O", "O", "O"]]))
    arguments = ["--train", column_file, "--valid", valid, "--epochs", 3, "--patience", 1]
    code, _, err = run("train", *arguments, "--out", out, *SMALL)
    assert code == 0
    assert len(re.findall(r"epoch \d/3: .* F1 0.0000, .* the best so far: written", err)) == 3
    assert f"the best model, of epoch 3, F1 0.0000, is in {out}" in err
    assert "warning: F1 is still 0, the model has learnt too little: give more --epochs" in err
    _, _, err = run("train", *arguments, "--out", tmp_path / "y.nlpb", "--resume", out)
    assert "the best model, of epoch 3, F1 0.0000, is in" in err


@pytest.mark.parametrize(
    ("num_texts", "epochs"), [(8, 100), (250, 63), (1300, 13), (1400, 12), (14_041, 12)]
)
def test_few_texts_have_more_epochs(num_texts, epochs):
    assert epochs_of(num_texts, batch_size=32) == epochs


def test_tags_that_are_no_entities_are_scored_by_token(run, tmp_path):
    path = tmp_path / "pos.jsonl"
    rows = [{"tokens": text, "tags": ["NNP", "VBZ", "IN", "NNP"]} for text in TEXTS]
    path.write_text("\n".join(map(json.dumps, rows)))
    out = tmp_path / "pos.nlpb"
    _, report, err = run("train", "--train", path, "--out", out, "--epochs", 1, *SMALL)
    assert "accuracy" in err
    assert "VBZ" in report
    _, found, _ = run("evaluate", "--model", out, "--data", path, "--json")
    assert 0 <= json.loads(found)["accuracy"] <= 1
    _, found, _ = run("tag", "--model", out, "--output", "jsonl", stdin="Ada works")
    assert [*json.loads(found)] == ["tokens", "tags"]


def test_a_tag_of_validation_alone_is_told(run, column_file, tmp_path):
    valid = tmp_path / "valid.txt"
    valid.write_text(in_columns(TEXTS[:1], [["B-ORG", "O", "O", "O"]]))
    files = ["--train", column_file, "--valid", valid, "--out", tmp_path / "x.nlpb"]
    code, _, err = run("train", *files, "--epochs", 1, *SMALL)
    assert code == 0
    assert f"warning: the model has no B-ORG, which {valid} has: they are scored as missed" in err


def test_given_vectors_and_each_model(run, column_file, tmp_path):
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("ada 1 0 0\nrome 0 1 0\n")
    out = tmp_path / "model.nlpb"
    arguments = ["--train", column_file, "--out", out, "--epochs", 1, "--vectors", vectors]
    code, _, _ = run("train", *arguments, "--model", "CNN_LSTM_Model", "--units", 4)
    assert code == 0
    words = nlp_builder.load(out).embedding.blocks[0]
    assert words.lowercase
    assert words.outputs_shape.shape == (None, 3)
    assert set(MODELS) == {cls.__name__ for cls in labeling.READY_MADE}


def test_averages_are_in_the_model_for_a_while():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), "mse")
    x = np.ones((1, 1), "float32")
    weights = []
    for _ in range(2):
        model.train_on_batch(x, x)
        weights.append(model.get_weights()[0].item())
    with averaged(model):
        assert model.get_weights()[0].item() == pytest.approx(np.mean(weights))
    assert model.get_weights()[0].item() == weights[-1]


def test_without_averages_a_model_is_as_it_is():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    before = model.get_weights()[0].item()
    with averaged(model):
        assert model.get_weights()[0].item() == before
