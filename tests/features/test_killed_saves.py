"""A save that is killed at any moment leaves a file that loads: the old one, or a new one."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import nlp_builder
from tests.features import killed_saves
from tests.features.killed_saves import VERSIONS, same, shown, version

ROUNDS, SEED = 200, 5


def kill_saves(path: Path, rounds: int) -> dict:
    """Kill saves in a process of its own, and in a group of its own, of which nothing is left."""
    command = [sys.executable, "-m", killed_saves.__name__, str(path), str(rounds), str(SEED)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            out, errors = process.communicate(timeout=600)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, errors[-2000:]
    return json.loads(out)


@pytest.mark.skipif(sys.platform != "linux", reason="forks a process that has TensorFlow")
def test_saves_that_are_killed_leave_a_file_that_loads(tmp_path):
    """Each load of a round is checked where the kills are; here, that they hit."""
    path = tmp_path / "block.nlpb"
    found = kill_saves(path, ROUNDS)
    print(found)
    assert found["the old file"] + found["a new file"] == sum(found["versions"].values()) == ROUNDS
    assert {*found["versions"]} == {*VERSIONS}
    assert found["the old file"] >= ROUNDS // 10
    assert found["a new file"] >= ROUNDS // 10
    # These were in the middle of writing.
    assert found["a hidden file beside it"] >= ROUNDS // 20
    last = shown(nlp_builder.load(path))
    assert [same(last, shown(version(name))) for name in VERSIONS].count(True) == 1
