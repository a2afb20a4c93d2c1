"""Hostile files are refused, each for what is wrong with it, and do nothing else.

All are loaded by one process, with a hook that hears what the interpreter does (`watch.py`).
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.features import hostile as keras_configs
from tests.hostile.arguments import ARGUMENTS
from tests.hostile.changing import GOOD, changed, good
from tests.hostile.crowds import CROWDS
from tests.hostile.graphs import CIRCLES, COMPUTED
from tests.hostile.harmless import HARMLESS
from tests.hostile.layers import FOREIGN
from tests.hostile.mutations import mutated
from tests.hostile.sizes import CROWDED, SIZES
from tests.hostile.states import STATES
from tests.hostile.tasks import OTHERS, TASKS
from tests.saving import hostile as containers

SECONDS, BYTES = 2, 200 * 10**6
MUTANTS = 300
MODELS = {**SIZES, **CROWDED, **COMPUTED, **CIRCLES, **FOREIGN}
BLOCKS = {**ARGUMENTS, **STATES, **CROWDS, **MODELS, **TASKS, **OTHERS}
MESSAGES = {
    **{f"file: {name}": message for name, (_, message) in containers.HOSTILE_FILES.items()},
    **{f"container: {name}": message for name, (_, message) in containers.HOSTILE.items()},
    **{f"Keras: {name}": message for name, (_, message) in keras_configs.HOSTILE.items()},
    **{f"block: {name}": message for name, (_, _, message) in BLOCKS.items()},
}
Report = dict[str, Any]

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="measures memory by /proc"
)


def write(folder: Path) -> list[tuple[str, str]]:
    """Write all files; returns their names and paths."""
    paths = {name: folder / f"{number}.nlpb" for number, name in enumerate(MESSAGES)}
    sound = good("trained_tagger")
    for name, (make, _) in containers.HOSTILE_FILES.items():
        make(paths[f"file: {name}"], sound)
    for name, (change, _) in containers.HOSTILE.items():
        paths[f"container: {name}"].write_bytes(change(sound))
    for name, (alter, _) in keras_configs.HOSTILE.items():
        paths[f"Keras: {name}"].write_bytes(keras_configs.hostile(alter))
    for name, (start, draft, _) in BLOCKS.items():
        paths[f"block: {name}"].write_bytes(changed(start, draft))
    for number, (name, (start, draft, _)) in enumerate(HARMLESS.items()):
        paths[f"harmless: {name}"] = folder / f"harmless{number}.nlpb"
        paths[f"harmless: {name}"].write_bytes(changed(start, draft))
    return [(name, str(path)) for name, path in paths.items()]


def mutants(folder: Path) -> list[tuple[str, str]]:
    """Write trained taggers with one change each."""
    names = []
    for seed in range(MUTANTS):
        change, data = mutated(good("trained_tagger"), seed)
        path = folder / f"mutant{seed}.nlpb"
        path.write_bytes(data)
        names.append((f"mutant {seed}: {change}", str(path)))
    return names


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> dict[tuple[str, str], Report]:
    folder = tmp_path_factory.mktemp("hostile")
    files = write(folder)
    sound = []
    for number, name in enumerate(GOOD):
        path = folder / f"good{number}.nlpb"
        path.write_bytes(good(name))
        sound.append(str(path))
    listed = folder / "files.json"
    listed.write_text(json.dumps([files, sound, mutants(folder)]))
    run = subprocess.run(
        [sys.executable, "-m", "tests.hostile.watch", str(listed)], capture_output=True, text=True
    )
    lines = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    found = {(line["name"], line["way"]): line for line in lines if len(line) > 2}
    assert run.returncode == 0, (lines[-1:], run.stderr[-2000:])
    for _, path in files:  # sparse ones are large for who copies them
        Path(path).unlink()
    return found


@pytest.mark.parametrize("name", MESSAGES)
def test_a_hostile_file_is_refused_and_does_nothing_else(name, reports):
    told = {way: report for (of, way), report in reports.items() if of == name}
    assert {"load", "inspect"} <= set(told)
    for way, report in told.items():
        # What shows only when blocks are made is no fault in a list of what there is.
        if way != "inspect" or report["error"] is not None:
            assert report["error"] == "nlp_builder.saving.errors.ArchiveError", report
            assert re.search(MESSAGES[name], report["message"]) or way == "inspect", report
        # What is in a file is shown in short, and a terminal obeys none of it.
        assert len(report["message"]) < 1_500, report
        assert report["message"].replace("\n", " ").isprintable(), report
        assert report["seconds"] < SECONDS, report
        assert report["memory"] < BYTES, report
        assert report["events"] == [], report


@pytest.mark.parametrize("name", HARMLESS)
def test_what_looks_hostile_and_is_harmless_loads(name, reports):
    told = [report for (of, _), report in reports.items() if of == f"harmless: {name}"]
    assert len(told) > 1
    for report in told:
        assert report["error"] is None, report
        assert report["seconds"] < SECONDS, report
        assert report["memory"] < BYTES, report
        assert report["events"] == [], report


def test_a_file_with_a_change_at_random_is_refused_or_works(reports):
    loads = {
        of: r for (of, way), r in reports.items() if of.startswith("mutant ") and way == "load"
    }
    wrong = {of: report["wrong"] for (of, way), report in reports.items() if way == "use"}
    assert len(loads) == MUTANTS
    assert 20 < len(wrong) < MUTANTS - 100
    for name, report in loads.items():
        assert report["error"] in (None, "nlp_builder.saving.errors.ArchiveError"), (name, report)
        assert report["seconds"] < SECONDS, (name, report)
        assert report["memory"] < BYTES, (name, report)
        assert report["events"] == [], (name, report)
    # A model may be wired so that Keras finds out when it computes, and says so.
    of_blocks = {name: text for name, text in wrong.items() if " at models/" not in name}
    assert set(of_blocks.values()) == {""}, of_blocks
    assert "outputs are not finite" not in wrong.values(), wrong


def test_no_file_changes_what_comes_after_it(reports):
    settings = [report["settings"] for report in reports.values() if "settings" in report]
    assert all(setting == settings[0] for setting in settings)
    after = [report for (name, _), report in reports.items() if name == "good"]
    assert after
    assert all(report["error"] is None and not report["events"] for report in after)


SELF_TEST = """
import os, socket, subprocess, sys
from tests.hostile.watch import Watch
watch = Watch()
sys.addaudithook(watch.hear)
acts = {
    "open": lambda: open("/etc/hostname").close(),
    "exec": lambda: exec("1"),
    "compile": lambda: compile("1", "x", "eval"),
    "import": lambda: __import__("this_is_no_module", fromlist=["x"]),
    "subprocess.Popen": lambda: subprocess.run(["true"]),
    "socket.__new__": lambda: socket.socket().close(),
    "os.listdir": lambda: os.listdir("/"),
    "os.rename": lambda: os.rename("/nowhere/a", "/nowhere/b"),
}
for name, act in acts.items():
    def attempt():
        try:
            act()
        except Exception:
            pass
    print(name, any(event.startswith(name) for event in watch.heard("/archive", attempt)))
print("nothing", bool(watch.heard("/archive", lambda: sum(range(3)))))
"""


def test_the_watch_hears_what_it_has_to():
    run = subprocess.run([sys.executable, "-c", SELF_TEST], capture_output=True, text=True)
    heard = dict(line.split() for line in run.stdout.splitlines())
    assert heard.pop("nothing") == "False", run.stderr
    assert len(heard) == 8
    assert set(heard.values()) == {"True"}, heard
