import io
import sys

import pytest

from nlp_builder import load_sample_corpus
from nlp_builder.cli import main
from nlp_builder.labeling import BiGRU_CRF_Model

NAMES = ["Ada", "Grace", "Alan", "Kurt"]
TEXTS = [[name, verb, "in", "Rome"] for name in NAMES for verb in ("works", "lives")]
TAGS = [["B-PER", "O", "O", "B-LOC"]] * len(TEXTS)


@pytest.fixture(autouse=True)
def quiet_tensorflow(monkeypatch):
    """The program sets it in its own process, which here is the one of the tests."""
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def model_file(tmp_path_factory):
    """A small tagger that has learnt its texts."""
    model = BiGRU_CRF_Model(hyper_parameters={"layer_bgru": {"units": 8}})
    model.build_model(TEXTS, TAGS)
    model.compile_model(optimizer="adam")
    model.tf_model.optimizer.learning_rate = 0.05
    model.fit(TEXTS, TAGS, epochs=15, verbose=0)
    path = tmp_path_factory.mktemp("model") / "model.nlpb"
    model.save(path)
    return str(path)


@pytest.fixture
def column_file(tmp_path):
    """Texts and tags as columns."""
    path = tmp_path / "train.txt"
    path.write_text(in_columns(TEXTS, TAGS))
    return str(path)


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory):
    """The beginning of the sample corpus."""
    texts, tags = load_sample_corpus("train")
    path = tmp_path_factory.mktemp("sample") / "train.txt"
    path.write_text(in_columns(texts[:200], tags[:200]))
    return str(path)


def in_columns(texts, tags):
    rows = (
        "\n".join(map("\t".join, zip(*pair, strict=True))) for pair in zip(texts, tags, strict=True)
    )
    return "\n\n".join(rows) + "\n"


@pytest.fixture
def run(capsys, monkeypatch):
    """Runs the program in this process: exit code, standard output, standard error."""

    def runner(*arguments, stdin=""):
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return runner
