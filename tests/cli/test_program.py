import re
import subprocess
import sys

import pytest

from nlp_builder import __version__
from nlp_builder.cli import main
from nlp_builder.cli.program import parser

COMMANDS = ["train", "evaluate", "tag", "inspect"]


def python(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, **options
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_and_each_option_in_words(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert f"\n  nlp-builder {command} " in text
    assert all(len(line) <= 100 for line in text.splitlines())
    (choices,) = (a for a in parser()._actions if a.dest not in ("help", "version", "traceback"))
    for action in choices.choices[command]._actions:
        assert action.help


def test_help_of_all_lists_the_commands(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(f"nlp-builder {command} " in text for command in COMMANDS)


@pytest.mark.parametrize("command", [[], ["train"]])
def test_help_does_not_wait_for_keras(command):
    script = f"""
import sys
from nlp_builder.cli import main
try:
    main([*{command!r}, "--help"])
except SystemExit:
    print([name for name in ("keras", "tensorflow", "sklearn") if name in sys.modules])
"""
    assert python("-c", script).stdout.endswith("[]\n")


def test_it_tells_its_version(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"nlp-builder {__version__}\n"


def test_it_runs_as_a_module():
    assert python("-m", "nlp_builder", "--help").stdout.startswith("usage: nlp-builder ")


ONE_TOKEN_A_LINE = "Ada B-PER\nwrote\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["inspect", "nowhere.nlpb"], "nowhere.nlpb: No such file or directory"),
        (["inspect", "{odd}"], "not a file of nlp_builder"),
        (["inspect", "{folder}"], "model.nlpb: No such file"),
        (["tag", "--model", "nowhere.nlpb"], "nowhere.nlpb: No such file or directory"),
        (["tag", "--model", "{odd}"], "not a file of nlp_builder"),
        (["tag", "--model", "{odd}", "nowhere.txt"], "nowhere.txt: No such file or directory"),
        (["evaluate", "--model", "{odd}", "--data", "{data}"], "not a file of nlp_builder"),
        (["evaluate", "--model", "m", "--data", "nowhere.txt"], "found nothing at .*nowhere.txt"),
        (["evaluate", "--model", "m", "--data", "{odd}"], "odd.txt, line 2: expected 2 columns"),
        (["evaluate", "--model", "m", "--data", "{folder}"], "got the folder"),
        (["evaluate", "--model", "m", "--data", "{empty}"], "found none in .*empty.txt"),
        (
            ["evaluate", "--model", "m", "--data", "{data}", "--encoding", "no"],
            "give another --encod",
        ),
        (["train", "--train", "{odd}", "--out", "x.nlpb"], "odd.txt, line 2: expected 2 columns"),
        (
            ["train", "--train", "{data}", "--out", "x.nlpb", "--tag-column", "9"],
            r"the tag \(9\), got 2 columns: .*: give --text-column, --tag-column or --separator",
        ),
        (["train", "--train", "{one}", "--out", "x.nlpb"], "expected several texts .* --valid"),
        (["train", "--train", "{data}", "--out", "no/where/x.nlpb"], "--out in a folder that is"),
        (["train", "--train", "{data}", "--out", "x", "--vectors", "nowhere.vec"], "nowhere.vec"),
        (["train", "--train", "{data}", "--out", "x", "--resume", "nowhere"], "nowhere: No such"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(run, tmp_path, arguments, message):
    files = {
        "odd": ONE_TOKEN_A_LINE,
        "empty": "\n\n",
        "one": "Ada B-PER\n",
        "data": "Ada B-PER\nwrote O\n\nAda B-PER\n",
    }
    for name, content in files.items():
        (tmp_path / f"{name}.txt").write_text(content)
    paths = {name: str(tmp_path / f"{name}.txt") for name in files}
    code, out, err = run(*(a.format(folder=tmp_path, **paths) for a in arguments))
    assert (code, out) == (2, "")
    last = err.splitlines()[-1]
    assert last.startswith("nlp-builder: error: ")
    assert re.search(message, last)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["label"],
        ["train", "--train", "x"],
        ["train", "--train", "x", "--out", "y", "--model", "BERT"],
        ["train", "--train", "x", "--out", "y", "--epochs", "0"],
        ["train", "--train", "x", "--out", "y", "--dropout", "1"],
        ["train", "--train", "x", "--out", "y", "--learning-rate", "-1"],
        ["tag", "--model", "x", "--chunk", "none"],
        ["evaluate", "--model", "x", "--data", "y", "--json", "--by-token"],
    ],
)
def test_wrong_arguments_are_code_2_with_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith("usage: nlp-builder")


def test_traceback_shows_where_an_error_comes_from():
    with pytest.raises(FileNotFoundError):
        main(["--traceback", "inspect", "nowhere.nlpb"])


def test_inspect_does_not_wait_for_keras(model_file):
    script = f"""
import sys
from nlp_builder.cli import main
code = main(["inspect", {str(model_file)!r}])
print(code, [name for name in ("keras", "tensorflow", "sklearn") if name in sys.modules])
"""
    shown = python("-c", script).stdout
    assert shown.startswith("format 2, ")
    assert "custom objects" not in shown
    assert shown.endswith("\n0 []\n")


def test_inspect_shows_what_a_file_holds(run, model_file):
    code, out, err = run("inspect", model_file)
    assert (code, err) == (0, "")
    assert out.startswith("format 2, ")
    assert "labeling.BiGRU_CRF_Model, 3 labels: ['O', 'B-LOC', 'B-PER']\n" in out
    assert "TrainableWordEmbeddingSequence(" in out
