"""Libraries take turns; one that is not there, or does not run, is left out."""

import json
import sys

import pytest

ECHO = """
import sys
sys.path.append({folder!r})
from turns import serve
if "fails" in sys.argv:
    raise ImportError("no such library")
seconds = {{"ours": 2.0, "peer": 3.0}}
serve(lambda measure="", **request: seconds[sys.argv[1]] if measure else request)
"""


@pytest.fixture
def script(tmp_path, folder_of_benchmarks):
    path = tmp_path / "echo.py"
    path.write_text(ECHO.format(folder=sys.path[0]), encoding="utf-8")
    return str(path)


def test_a_peer_whose_python_is_not_there_is_left_out_with_a_message(capsys):
    from turns import those_there

    pythons = {"GiaNLP": ".no-such-folder/bin/python", "NumPy": sys.executable, "Flair": ""}
    assert those_there(pythons) == {"NumPy": sys.executable}
    told = capsys.readouterr().out
    assert "GiaNLP is left out: .no-such-folder/bin/python is not there, make bench-env" in told
    assert "Flair is left out" in told


def test_a_peer_that_does_not_run_is_left_out_and_its_error_is_shown(script, capsys):
    from turns import Worker, ask_all

    with (
        Worker(sys.executable, script, "ours") as ours,
        Worker(sys.executable, script, "fails") as peer,
    ):
        workers = {"ours": ours, "peer": peer}
        assert ask_all(workers, size=3) == {"ours": {"size": 3}}
    assert list(workers) == ["ours"]
    assert "no such library" in capsys.readouterr().out


def test_ours_is_not_left_out(script):
    from turns import Worker, ask_all

    with Worker(sys.executable, script, "fails") as worker, pytest.raises(RuntimeError):
        ask_all({"ours": worker}, size=3)


def test_a_ratio_is_that_of_the_same_turn(script):
    from turns import Worker, ratios, take_turns

    with (
        Worker(sys.executable, script, "ours") as ours,
        Worker(sys.executable, script, "peer") as peer,
    ):
        turns = take_turns({"ours": ours, "peer": peer}, "anything", 2)
    assert turns == [{"ours": 2.0, "peer": 3.0}] * 2
    assert ratios([*turns, {"ours": 1.0, "peer": 4.0}], "peer") == [1.5, 1.5, 4.0]


@pytest.mark.parametrize(
    ("given", "repeats"), [([], 7), (["--quick"], 2), (["--repeats", "5", "--quick"], 5)]
)
def test_quick_changes_defaults_alone(given, repeats, monkeypatch):
    from turns import options, read_options

    monkeypatch.setattr(sys, "argv", ["one.py", *given])
    assert read_options(options("one", "What it does."), repeats=2).repeats == repeats


def test_a_line_has_the_command_that_made_it(monkeypatch, tmp_path):
    from turns import add_line, shown

    monkeypatch.setattr(sys, "argv", ["/some/where/one.py", "--corpus", "a folder"])
    for number in (1, 2):
        add_line(tmp_path / "new" / "one.jsonl", {"table": [shown("it", ours=f"{number} s")]})
    lines = (tmp_path / "new" / "one.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["table"][0]["ours"] for line in lines] == ["1 s", "2 s"]
    assert json.loads(lines[0])["command"] == "python benchmarks/one.py --corpus 'a folder'"
