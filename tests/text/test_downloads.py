import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

from nlp_builder import text
from nlp_builder.text.downloads import RemoteFile, data_folder, fetch_file
from tests.text.file_server import Answer, running_server

CONTENT = b"Ada B-PER\nwrote O\n" * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running_server() as files:
        yield files


@pytest.fixture
def known(server):
    return RemoteFile("small/train.txt", server.give("/train.txt", CONTENT), SHA256)


@pytest.fixture
def unknown(server):
    return RemoteFile("small/train.txt", server.give("/train.txt", CONTENT))


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_is_downloaded_once_and_then_read_without_its_server(tmp_path, known):
    path = fetch_file(known, folder=tmp_path)
    assert path == tmp_path / "small" / "train.txt"
    assert path.read_bytes() == CONTENT
    gone = RemoteFile(known.name, "http://127.0.0.1:9/train.txt", SHA256)
    assert fetch_file(gone, folder=tmp_path, retries=0) == path
    assert names(tmp_path) == ["small/train.txt"]


def test_a_bar_shows_how_far_it_is_unless_it_is_not_wanted(tmp_path, known, capsys):
    fetch_file(known, folder=tmp_path / "shown")
    assert "100%" in capsys.readouterr().err
    fetch_file(known, folder=tmp_path / "silent", progress=False)
    assert "%" not in capsys.readouterr().err


def test_a_server_that_fails_is_asked_again(tmp_path, server, known):
    server.give("/train.txt", Answer(status=500), CONTENT)
    assert fetch_file(known, folder=tmp_path).read_bytes() == CONTENT
    assert server.asked == ["/train.txt"] * 2


@pytest.mark.parametrize("first", [Answer(CONTENT[:99], missing=9), Answer(CONTENT + b"x")])
def test_a_cut_or_damaged_download_is_tried_again(tmp_path, server, known, first):
    server.give("/train.txt", first, CONTENT)
    assert fetch_file(known, folder=tmp_path).read_bytes() == CONTENT
    assert names(tmp_path) == ["small/train.txt"]


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (Answer(CONTENT + b"x"), ValueError, "does not match the known hash"),
        (Answer(b""), ValueError, "does not match the known hash"),
        (Answer(CONTENT[:99], missing=len(CONTENT) - 99), OSError, "IncompleteRead"),
        (Answer(status=404), OSError, "FileNotFoundError: 404 Not Found"),
        (Answer(status=500), OSError, "HTTPError: 500 Server Error"),
        (Answer(status=302), OSError, "FileNotFoundError: 302 Found"),
        (Answer(status=429), OSError, "HTTPError: 429 Client Error"),
        (Answer(CONTENT, hangs=True), OSError, "ReadTimeout"),
    ],
    ids=["wrong", "empty", "cut", "404", "500", "no page", "too busy", "hanging"],
)
def test_an_error_names_file_address_and_folder_and_leaves_nothing(
    tmp_path, server, known, answer, kind, reason
):
    server.give("/train.txt", answer)
    with pytest.raises(kind, match=reason) as caught:
        fetch_file(known, folder=tmp_path, retries=0, timeout=0.3)
    message = str(caught.value)
    assert f"expected the file {tmp_path / 'small' / 'train.txt'}, got none" in message
    assert known.address in message
    assert "set NLP_BUILDER_DATA to a folder that holds small/train.txt" in message
    assert names(tmp_path) == []


def test_what_is_not_there_is_asked_for_once(tmp_path, server, known):
    server.give("/train.txt", Answer(status=404))
    with pytest.raises(OSError, match="put it there"):
        fetch_file(known, folder=tmp_path)
    assert server.asked == ["/train.txt"]


def test_a_file_without_end_is_refused(tmp_path, known):
    with pytest.raises(OSError, match="it is larger than 80000 bytes"):
        fetch_file(known, folder=tmp_path, max_bytes=80_000)
    assert names(tmp_path) == []


def test_a_hanging_server_takes_no_longer_than_its_timeout(tmp_path, server, known):
    server.give("/train.txt", Answer(CONTENT, hangs=True))
    start = time.monotonic()
    with pytest.raises(OSError, match="timeout"):
        fetch_file(known, folder=tmp_path, retries=0, timeout=0.3)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("fixture", ["known", "unknown"])
def test_without_a_server_the_error_says_what_to_do(tmp_path, request, fixture):
    file = request.getfixturevalue(fixture)
    file = RemoteFile(file.name, "http://127.0.0.1:9/train.txt", file.sha256)
    with pytest.raises(OSError, match=r"got none.*127\.0\.0\.1.*download it by hand"):
        fetch_file(file, folder=tmp_path, retries=0)


def test_a_file_put_there_by_hand_is_taken(tmp_path, server, known, unknown):
    path = tmp_path / known.name
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    assert fetch_file(known, folder=tmp_path) == path
    assert fetch_file(unknown, folder=tmp_path) == path
    assert server.asked == []


def test_a_file_damaged_on_the_disk_is_downloaded_anew_or_named(tmp_path, server, known):
    path = fetch_file(known, folder=tmp_path)
    path.write_bytes(CONTENT[:-1])
    other = hashlib.sha256(CONTENT[:-1]).hexdigest()
    with pytest.warns(UserWarning, match=rf"SHA-256 {other}: it is now .*train.txt.{other[:8]}"):
        assert fetch_file(known, folder=tmp_path).read_bytes() == CONTENT
    # It may be one that people put there.
    assert names(tmp_path) == ["small/train.txt", f"small/train.txt.{other[:8]}"]
    assert path.with_name(f"train.txt.{other[:8]}").read_bytes() == CONTENT[:-1]


@pytest.mark.parametrize("answer", [Answer(status=404), Answer(b"neither")])
def test_a_file_of_another_edition_stays_where_the_right_one_is_not_to_be_had(
    tmp_path, server, known, answer
):
    path = tmp_path / known.name
    path.parent.mkdir()
    path.write_bytes(b"Ada B-PER")
    server.give("/train.txt", answer)
    with pytest.raises((OSError, ValueError)) as caught:
        fetch_file(known, folder=tmp_path, retries=0)
    message = str(caught.value)
    other = hashlib.sha256(b"Ada B-PER").hexdigest()
    assert f"expected the SHA-256 {SHA256} of {path}, got {other}" in message
    for name in ("read_columns", "load_corpus_folder"):
        assert f"nlp_builder.text.{name}(" in message
        assert hasattr(text, name)
    assert path.read_bytes() == b"Ada B-PER"
    assert names(tmp_path) == ["small/train.txt"]


@pytest.mark.parametrize("damaged", ["train.txt", "train.txt.sha256"])
def test_an_unknown_checksum_is_kept_and_holds_from_then_on(tmp_path, server, unknown, damaged):
    path = fetch_file(unknown, folder=tmp_path)
    assert names(tmp_path) == ["small/train.txt", "small/train.txt.sha256"]
    assert path.with_name("train.txt.sha256").read_text() == SHA256
    assert fetch_file(unknown, folder=tmp_path) == path

    with (path.parent / damaged).open("ab") as file:
        file.write(b"0")
    with pytest.raises(ValueError, match=r"expected the SHA-256 .*delete both files"):
        fetch_file(unknown, folder=tmp_path)
    for name in names(tmp_path):
        (tmp_path / name).unlink()
    assert fetch_file(unknown, folder=tmp_path).read_bytes() == CONTENT
    assert len(server.asked) == 2


def test_a_cut_download_of_an_unknown_checksum_is_not_trusted(tmp_path, server, unknown):
    server.give("/train.txt", Answer(CONTENT[:99], missing=9))
    with pytest.raises(OSError, match="IncompleteRead"):
        fetch_file(unknown, folder=tmp_path, retries=0)
    assert names(tmp_path) == []


def test_reading_the_folder_writes_nothing(tmp_path, known, unknown):
    for file in (unknown, known):
        path = fetch_file(file, folder=tmp_path)
    before = {each: each.stat().st_mtime_ns for each in [tmp_path, *tmp_path.rglob("*")]}
    path.parent.chmod(0o555)
    assert fetch_file(known, folder=tmp_path) == fetch_file(unknown, folder=tmp_path) == path
    path.parent.chmod(0o755)
    assert {each: each.stat().st_mtime_ns for each in [tmp_path, *tmp_path.rglob("*")]} == before


def test_a_read_only_folder_gives_what_it_has(tmp_path, known, unknown):
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "train.txt").write_bytes(CONTENT)
    (tmp_path / "small").chmod(0o555)
    if os.access(tmp_path / "small", os.W_OK):
        pytest.skip("this user may write everywhere")
    assert fetch_file(unknown, folder=tmp_path).read_bytes() == CONTENT
    other = RemoteFile("small/test.txt", known.address, SHA256)
    with pytest.raises(OSError, match=r"test\.txt, got none.*PermissionError"):
        fetch_file(other, folder=tmp_path)
    (tmp_path / "small").chmod(0o755)


def test_a_folder_that_cannot_be_made_is_named(tmp_path, known):
    (tmp_path / "small").write_text("a file")
    with pytest.raises(OSError, match=r"train\.txt, got none.*download it by hand"):
        fetch_file(known, folder=tmp_path)


@pytest.mark.parametrize("fixture", ["known", "unknown"])
def test_two_threads_may_ask_at_once(tmp_path, request, fixture):
    file, start, found = request.getfixturevalue(fixture), threading.Barrier(4), []

    def fetch():
        start.wait()
        found.append(fetch_file(file, folder=tmp_path, progress=False).read_bytes())

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [CONTENT] * 4
    assert not [name for name in names(tmp_path) if "train.txt" not in name]


def test_the_folder_is_the_users_cache_or_what_the_variable_says(tmp_path, monkeypatch, known):
    monkeypatch.delenv("NLP_BUILDER_DATA", raising=False)
    assert data_folder().name == "nlp_builder"
    assert data_folder().is_absolute()
    monkeypatch.setenv("NLP_BUILDER_DATA", str(tmp_path))
    assert fetch_file(known) == tmp_path / "small" / "train.txt"
    monkeypatch.setenv("NLP_BUILDER_DATA", "~/data")
    assert data_folder() == Path.home() / "data"
