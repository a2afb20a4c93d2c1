"""The archive: plain values, lists of strings and arrays to bytes and back."""

import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder import saving
from nlp_builder.saving import Archive, ArchiveError


def example() -> Archive:
    return Archive(
        {"numbers": [1, 2.5, None, True]},
        {"letters": ["\n", " ", "\u2028", "\ud800", ""]},
        {"matrix": np.arange(6, dtype="float32").reshape(2, 3), "empty": np.zeros((0, 4), "int32")},
    )


def rewritten(data: bytes, **members: bytes) -> bytes:
    """The zip with other content for some members, and the manifest as it was."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, members.get(info.filename, old.read(info.filename)))
    return buffer.getvalue()


def with_manifest(data: bytes, **changes: object) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    return rewritten(data, **{"manifest.json": json.dumps({**manifest, **changes}).encode()})


def test_content_comes_back():
    kept = saving.unpack(saving.pack(example()))
    assert kept.config == {"numbers": [1, 2.5, None, True]}
    assert kept.vocabularies == {"letters": ["\n", " ", "\u2028", "\ud800", ""]}
    assert kept.arrays["matrix"].dtype == np.float32
    np.testing.assert_array_equal(kept.arrays["matrix"], example().arrays["matrix"])
    assert kept.arrays["empty"].shape == (0, 4)


@given(st.lists(st.text(st.characters()), max_size=20))
def test_any_token_survives(tokens):
    kept = saving.unpack(saving.pack(Archive({}, {"tokens": tokens})))
    assert kept.vocabularies["tokens"] == tokens


def test_same_content_gives_same_bytes():
    again = Archive({"b": 1, "a": 2}), Archive({"a": 2, "b": 1})
    assert saving.pack(again[0]) == saving.pack(again[1])
    assert saving.pack(example()) == saving.pack(example())


def test_members_are_stored_and_no_more_than_four():
    with zipfile.ZipFile(io.BytesIO(saving.pack(example()))) as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert sorted(archive.namelist()) == [
            "config.json",
            "manifest.json",
            "vocabularies.json",
            "weights.safetensors",
        ]


def test_bytes_that_are_no_archive_are_refused():
    with pytest.raises(ArchiveError, match="not a file of nlp_builder"):
        saving.unpack(b"\x80\x04\x95 a pickle, say")
    with pytest.raises(TypeError, match="expected the bytes of a saved block, got str"):
        saving.unpack("text")


def test_a_truncated_file_is_refused_at_each_length():
    data = saving.pack(example())
    for length in range(0, len(data), 7):
        with pytest.raises(ArchiveError):
            saving.unpack(data[:length])


def test_a_changed_member_is_refused():
    data = rewritten(saving.pack(example()), **{"config.json": b'{"numbers": [2]}'})
    with pytest.raises(ArchiveError, match="differs from the size or SHA-256"):
        saving.unpack(data)


def test_an_added_member_is_refused():
    buffer = io.BytesIO(saving.pack(example()))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("../evil.py", "print()")
    with pytest.raises(ArchiveError, match="expected the members"):
        saving.unpack(buffer.getvalue())


def test_a_newer_version_says_what_to_do():
    data = with_manifest(saving.pack(example()), version=saving.FORMAT_VERSION + 1)
    with pytest.raises(ArchiveError, match="install a newer nlp_builder"):
        saving.unpack(data)


def test_another_format_is_refused():
    with pytest.raises(ArchiveError, match="names the format 'other'"):
        saving.unpack(with_manifest(saving.pack(example()), format="other"))


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(TypeError, match="not JSON serializable"):
        saving.pack(Archive({"object": object()}))


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "block.nlpb"
    saving.write(path, b"old")
    with pytest.raises(TypeError):
        saving.write(path, "not bytes")
    assert saving.read(path) == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["block.nlpb"]


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        saving.write(tmp_path / "nowhere" / "block.nlpb", b"new")
    with pytest.raises(IsADirectoryError, match="expected the name of a file, got the folder"):
        saving.write(tmp_path, b"new")
    assert list(tmp_path.iterdir()) == []


def test_bytes_and_paths_are_told_apart():
    with pytest.raises(TypeError, match="for the bytes of a block, call deserialize"):
        saving.read(b"bytes")
    with pytest.raises(TypeError, match="for a path, call load"):
        saving.unpack("block.nlpb")


def test_a_full_disk_leaves_the_old_file(tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    path = tmp_path / "block.nlpb"
    saving.write(path, b"old")
    # A process may write no file beyond 1,000 bytes: the same error as on a full disk.
    script = f"""
        import resource, signal
        from nlp_builder import saving
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        saving.write({str(path)!r}, b"new" * 1000)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True
    )
    assert "File too large" in done.stderr
    assert "an older file of that name is as it was" in done.stderr
    assert saving.read(path) == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["block.nlpb"]


def test_a_killed_process_leaves_the_old_file_or_the_new_one(tmp_path):
    path = tmp_path / "block.nlpb"
    saving.write(path, b"0" * 1_000_000)
    script = f"""
        import itertools
        from nlp_builder import saving
        for number in itertools.count():
            saving.write({str(path)!r}, str(number % 10).encode() * 1_000_000)
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
        data = saving.read(path)
        assert len(data) == 1_000_000
        assert len(set(data)) == 1


def test_a_link_stays_a_link(tmp_path):
    saving.write(tmp_path / "real.nlpb", b"old")
    (tmp_path / "link.nlpb").symlink_to(tmp_path / "real.nlpb")
    saving.write(tmp_path / "link.nlpb", b"new")
    assert (tmp_path / "link.nlpb").is_symlink()
    assert saving.read(tmp_path / "real.nlpb") == b"new"
