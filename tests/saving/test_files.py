"""Files: there is always a whole one, and arrays stay in it until they are used."""

import errno
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import textwrap
import tracemalloc

import numpy as np
import pytest

from nlp_builder import saving
from nlp_builder.saving import Archive, ArchiveError, Limits
from tests.saving.example import example, packed


def archive(value: float = 0.0, size: int = 1000) -> Archive:
    return Archive({"value": value}, {}, {"array": np.full(size, value, "float32")})


def value_in(path) -> float:
    kept = saving.open_archive(path)
    (value,) = set(kept.arrays["array"].tolist())
    assert value == kept.config["value"]
    return value


def names_in(folder) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def test_a_file_holds_what_pack_returns(tmp_path):
    saving.write(tmp_path / "block.nlpb", example())
    assert (tmp_path / "block.nlpb").read_bytes() == packed()


def test_a_file_gives_what_unpack_returns(tmp_path):
    saving.write(str(tmp_path / "block.nlpb"), example())
    found, expected = saving.open_archive(str(tmp_path / "block.nlpb")), saving.unpack(packed())
    assert found.config == expected.config
    assert found.sizes == expected.sizes
    for name, array in expected.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array)


def test_what_is_written_into_arrays_stays_out_of_the_file(tmp_path):
    saving.write(tmp_path / "block.nlpb", archive(1))
    opened = saving.open_archive(tmp_path / "block.nlpb").arrays["array"]
    opened[:] = 2
    assert value_in(tmp_path / "block.nlpb") == 1
    assert set(opened.tolist()) == {2}


def test_a_file_can_be_replaced_or_removed_while_it_is_open(tmp_path):
    saving.write(tmp_path / "block.nlpb", archive(1))
    opened = saving.open_archive(tmp_path / "block.nlpb").arrays["array"]
    saving.write(tmp_path / "block.nlpb", archive(2))
    assert set(opened.tolist()) == {1}
    (tmp_path / "block.nlpb").unlink()
    assert set(opened.tolist()) == {1}


def test_neither_writing_nor_reading_copies_arrays(tmp_path):
    large = archive(1, 2**23)
    tracemalloc.start()
    saving.write(tmp_path / "block.nlpb", large)
    opened = saving.open_archive(tmp_path / "block.nlpb")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert opened.arrays["array"].nbytes == 2**25
    assert peak < 2**22


def test_memory_is_given_back_with_the_last_array(tmp_path):
    if not os.path.exists("/proc/self/maps"):
        pytest.skip("needs /proc")
    saving.write(tmp_path / "block.nlpb", archive(1))

    def is_mapped() -> bool:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            return "block.nlpb" in maps.read()

    opened = saving.open_archive(tmp_path / "block.nlpb").arrays
    assert is_mapped()
    part = opened["array"][3:5]
    del opened
    assert is_mapped()
    del part
    assert not is_mapped()


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "block.nlpb"
    saving.write(path, archive(1))
    with pytest.raises(TypeError, match="expected an Archive, got str"):
        saving.write(path, "text")  # type: ignore[arg-type]  # what is tested
    with pytest.raises(TypeError, match="not JSON serializable"):
        saving.write(path, Archive({"object": object()}))
    assert value_in(path) == 1
    assert names_in(tmp_path) == ["block.nlpb"]


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        saving.write(tmp_path / "nowhere" / "block.nlpb", archive())
    with pytest.raises(IsADirectoryError, match="expected the name of a file, got the folder"):
        saving.write(tmp_path, archive())
    assert names_in(tmp_path) == []


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"No such file or directory: .*block.nlpb"):
        saving.open_archive(tmp_path / "block.nlpb")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(IsADirectoryError):
        saving.open_archive(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("needs pipes with names")
    os.mkfifo(tmp_path / "block.nlpb")
    with pytest.raises(OSError, match=r"expected a regular file, got a pipe or a device: .*block"):
        saving.open_archive(tmp_path / "block.nlpb")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_file(device):
    if not os.path.exists(device):
        pytest.skip(f"needs {device}")
    with pytest.raises(OSError, match="expected a regular file, got a pipe or a device"):
        saving.open_archive(device)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "block.nlpb").touch()
    with pytest.raises(ArchiveError, match="the file is empty"):
        saving.open_archive(tmp_path / "block.nlpb")


def test_bytes_are_told_from_paths():
    with pytest.raises(TypeError, match="for the bytes of a block, call deserialize"):
        saving.open_archive(packed())  # type: ignore[arg-type]  # what is tested


def test_limits_are_handed_on(tmp_path):
    saving.write(tmp_path / "block.nlpb", archive())
    with pytest.raises(ArchiveError, match=r"bytes of the file: .* but the limit is 1,000"):
        saving.open_archive(tmp_path / "block.nlpb", limits=Limits(file_bytes=1000))


def test_a_file_reaches_the_disk_before_its_name_and_the_name_after_it(tmp_path, monkeypatch):
    if os.name != "posix":
        pytest.skip("folders can be opened on POSIX only")
    seen = []

    def seen_fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        seen.append((is_folder, (tmp_path / "block.nlpb").exists()))

    monkeypatch.setattr(os, "fsync", seen_fsync)
    saving.write(tmp_path / "block.nlpb", archive())
    assert seen == [(False, False), (True, True)]


def test_a_link_stays_a_link(tmp_path):
    saving.write(tmp_path / "real.nlpb", archive(1))
    (tmp_path / "link.nlpb").symlink_to(tmp_path / "real.nlpb")
    saving.write(tmp_path / "link.nlpb", archive(2))
    assert (tmp_path / "link.nlpb").is_symlink()
    assert value_in(tmp_path / "real.nlpb") == value_in(tmp_path / "link.nlpb") == 2


def test_who_may_read_a_file_stays(tmp_path):
    saving.write(tmp_path / "block.nlpb", archive(1))
    (tmp_path / "block.nlpb").chmod(0o640)
    saving.write(tmp_path / "block.nlpb", archive(2))
    assert stat.S_IMODE((tmp_path / "block.nlpb").stat().st_mode) == 0o640


def test_a_full_disk_leaves_the_old_file(tmp_path):
    path = tmp_path / "block.nlpb"
    saving.write(path, archive(1))
    # A process may write no file beyond 1,000 bytes: the same error as on a full disk.
    script = f"""
        import resource, signal
        import numpy as np
        from nlp_builder import saving
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        saving.write({str(path)!r}, saving.Archive({{}}, {{}}, {{"array": np.ones(1000)}}))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True
    )
    assert f"{os.strerror(errno.EFBIG)}: {str(path)!r}\n" in done.stderr
    assert "an older file of that name is as it was" in done.stderr
    assert value_in(path) == 1
    assert names_in(tmp_path) == ["block.nlpb"]


def test_a_killed_process_leaves_the_old_file_or_the_new_one(tmp_path):
    path = tmp_path / "block.nlpb"
    saving.write(path, archive(0, 250_000))
    script = f"""
        import itertools
        import numpy as np
        from nlp_builder.saving import Archive, write
        for number in itertools.count():
            array = np.full(250_000, number, "float32")
            write({str(path)!r}, Archive({{"value": number}}, {{}}, {{"array": array}}))
            print(number, flush=True)
    """
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert value_in(path) >= 0


def test_many_processes_write_one_name(tmp_path):
    path = tmp_path / "block.nlpb"
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for _ in pool.imap_unordered(write_value, [(path, value) for value in range(20)]):
            assert value_in(path) in range(20)
    assert names_in(tmp_path) == ["block.nlpb"]


def write_value(place_and_value) -> None:
    path, value = place_and_value
    saving.write(path, archive(value))


def test_a_pipe_or_a_device_is_not_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"got a pipe or a device: .*pipe"):
        saving.write(tmp_path / "pipe", example())
    assert (tmp_path / "pipe").is_fifo()
    assert [entry.name for entry in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize("path", [None, 3, ["a"]])
def test_what_is_no_path_is_said_so(path):
    with pytest.raises(TypeError, match=r"expected a path, a str or os\.PathLike, got"):
        saving.write(path, example())
    with pytest.raises(TypeError, match=r"expected a path, a str or os\.PathLike, got"):
        saving.open_archive(path)


def test_a_name_may_be_as_long_as_the_disk_takes(tmp_path):
    for name in ("n" * 255, "ł" * 127):
        saving.write(tmp_path / name, example())
        assert saving.open_archive(tmp_path / name).config == example().config
    assert len(list(tmp_path.iterdir())) == 2
