"""The table of figures is all that changes in the README."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "readme_table.py"
BEFORE, AFTER = "# Title\r\n\r\nwords | and é\n\n", "\n## Limits\n\n* `none` \\1\n"
MARKERS = "<!-- bench:begin -->", "<!-- bench:end -->"


def result(name, what, ratio, command):
    row = {"what": what, "peer": "GiaNLP", "ratio": ratio, "ours": "4 M tokens/s", "asked": "15"}
    return json.dumps({"benchmark": name, "table": [row], "command": command})


@pytest.fixture
def folder(tmp_path):
    older = result("tutorial_epoch", "an older run", [1, 2, 3], "python older.py")
    newer = result("tutorial_epoch", "an epoch", [14.04, 15.06, 16], "python benchmarks/one.py")
    (tmp_path / "tutorial_epoch.jsonl").write_text(f"{older}\n{newer}\n", encoding="utf-8")
    crf = result("crf", "the CRF \\1", [2, 2, 2], "python benchmarks/crf.py --quick")
    (tmp_path / "crf.jsonl").write_text(f"{crf}\n", encoding="utf-8")
    (tmp_path / "memory.jsonl").write_text('{"benchmark": "memory"}\n', encoding="utf-8")
    (tmp_path / "empty.jsonl").touch()
    return tmp_path


def run(folder, text):
    readme = folder / "README.md"
    readme.write_bytes(text.encode())
    ended = subprocess.run(
        [sys.executable, SCRIPT, "--readme", readme, "--folder", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    return ended, readme.read_bytes().decode()


def test_only_what_is_between_the_markers_changes(folder):
    ended, text = run(folder, f"{BEFORE}{MARKERS[0]}\nold\n{MARKERS[1]}{AFTER}")
    assert ended.returncode == 0, ended.stderr
    assert text.startswith(f"{BEFORE}{MARKERS[0]}\n")
    assert text.endswith(f"\n{MARKERS[1]}{AFTER}")
    assert "old" not in text


def test_the_newest_line_of_each_benchmark_is_a_row_with_its_command(folder):
    _, text = run(folder, MARKERS[0] + MARKERS[1])
    rows = [line for line in text.splitlines() if line.startswith("|")][2:]
    assert rows == [
        "| an epoch | GiaNLP | 15.1 (14 to 16) | 4 M tokens/s | 15 | `python benchmarks/one.py` |",
        "| the CRF \\1 | GiaNLP | 2 | 4 M tokens/s | 15 | `python benchmarks/crf.py --quick` |",
    ]


def test_a_second_run_changes_nothing(folder):
    _, once = run(folder, f"{BEFORE}{MARKERS[0]}{MARKERS[1]}{AFTER}")
    assert run(folder, once)[1] == once


@pytest.mark.parametrize(
    "text",
    [BEFORE, MARKERS[0], MARKERS[1] + MARKERS[0], MARKERS[0] + MARKERS[0] + MARKERS[1]],
    ids=["none", "one", "the wrong order", "one twice"],
)
def test_a_readme_without_markers_is_refused(folder, text):
    ended, after = run(folder, text)
    assert ended.returncode == 2
    assert "expected <!-- bench:begin --> and behind it <!-- bench:end -->" in ended.stderr
    assert after == text


def test_a_folder_without_figures_is_refused(tmp_path):
    ended, after = run(tmp_path, MARKERS[0] + MARKERS[1])
    assert ended.returncode == 2
    assert "no benchmark has run" in ended.stderr
    assert after == MARKERS[0] + MARKERS[1]
