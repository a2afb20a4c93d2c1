"""Each hostile file ends in the one error, which says what is wrong, at little time and memory."""

import time
import tracemalloc
from collections.abc import Callable

import pytest

from nlp_builder import saving
from nlp_builder.saving import ArchiveError, Limits
from tests.saving.example import packed
from tests.saving.forging import CONFIG, member
from tests.saving.hostile import HOSTILE, HOSTILE_FILES

SECONDS, MIB = 2, 200


def check_refused(read: Callable[[], object], message: str) -> None:
    started = time.perf_counter()
    with pytest.raises(ArchiveError, match=message) as caught:
        read()
    assert time.perf_counter() - started < SECONDS
    assert len(str(caught.value)) < 600
    tracemalloc.start()
    with pytest.raises(ArchiveError):
        read()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MIB * 2**20


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name):
    change, message = HOSTILE[name]
    data = change(packed())
    assert len(data) < 60 * 2**20
    check_refused(lambda: saving.unpack(data), message)


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_a_large_hostile_file_is_refused(name, tmp_path):
    write, message = HOSTILE_FILES[name]
    write(tmp_path / "hostile.nlpb", packed())
    check_refused(lambda: saving.open_archive(tmp_path / "hostile.nlpb"), message)


@pytest.mark.parametrize("piece", [b'{"":0},', b"[],", b'"a",', b"0.5,"])
def test_the_largest_config_that_is_read_takes_little(piece):
    inner = piece * ((4 * 2**20 - 20) // len(piece))
    data = member(CONFIG, b'{"a":[' + inner + b"1]}")(packed())
    tracemalloc.start()
    assert len(saving.unpack(data, limits=Limits(values=3 * 10**6)).config["a"]) > 500_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MIB * 2**20
