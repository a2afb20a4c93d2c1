import gzip
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_builder.text.tar_members import read_member

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def packed(members, form="ustar"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", format=FORMATS[form]) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def write(tmp_path):
    def write_file(data):
        path = tmp_path / "corpus.tar.gz"
        path.write_bytes(data)
        return path

    return write_file


names = st.from_regex(r"[a-z]{1,9}(/[a-z .]{0,20}[a-z]){0,4}", fullmatch=True)


@settings(max_examples=30)
@given(
    members=st.dictionaries(names, st.binary(max_size=1100), min_size=1, max_size=4),
    form=st.sampled_from([*FORMATS]),
)
def test_any_members_come_back(tmp_path_factory, members, form):
    path = tmp_path_factory.getbasetemp() / "any.tar.gz"
    path.write_bytes(packed(members, form))
    assert {name: read_member(path, name) for name in members} == members


def test_a_long_path_and_a_leading_dot_are_no_matter(write):
    long = "/".join(["folder" * 5] * 5) + "/train.csv"
    path = write(packed({"./a/train.csv": b"a", long: b"b"}))
    assert read_member(path, "a/train.csv") == b"a"
    assert read_member(path, long) == b"b"


def test_folders_links_and_times_of_a_mac_are_passed_over(write):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, kind in [("a", tarfile.DIRTYPE), ("a/link.csv", tarfile.SYMTYPE)]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("a/train.csv")
        info.size, info.pax_headers = 3, {"mtime": "1.5", "LIBARCHIVE.xattr": "é" * 600}
        archive.addfile(info, io.BytesIO(b"abc"))
    path = write(file.getvalue())
    assert read_member(path, "a/train.csv") == b"abc"
    with pytest.raises(ValueError, match=r"a file a/link\.csv in .*got \['a/train\.csv'\]"):
        read_member(path, "a/link.csv")


@given(st.data())
def test_no_cut_or_changed_archive_gives_other_content(tmp_path_factory, data):
    path, whole = tmp_path_factory.getbasetemp() / "cut.tar.gz", packed({"a.csv": b"content" * 99})
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.binary(max_size=1))
    path.write_bytes(whole[:at] + byte + whole[at + 1 :] if byte else whole[:at])
    try:
        content = read_member(path, "a.csv")
    except ValueError as error:
        assert "got " in str(error) and "cut.tar.gz" in str(error)
    else:
        assert content == b"content" * 99


def header_with(change):
    tar = bytearray(gzip.decompress(packed({"a.csv": b"abc"})))
    change(tar)
    tar[148:156] = b" " * 8
    tar[148:156] = b"%06o\0 " % sum(tar[:512])
    return gzip.compress(bytes(tar))


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (b"77777777777\0", "it ends before its members do"),
        (b"-0000000001\0", "expected a number in a header"),
        (b"\x80" + b"\0" * 10 + b"\x03", "expected a number in a header"),
        (b"0000000000x\0", "expected a number in a header"),
    ],
)
def test_a_size_that_cannot_be_is_refused(write, size, message):
    def change(tar):
        tar[124:136] = size

    with pytest.raises(ValueError, match=message):
        read_member(write(header_with(change)), "a.csv")


def test_an_archive_that_grows_too_large_is_refused(write):
    path = write(packed({"a.csv": b"0" * 10_000_000}))
    assert path.stat().st_size < 20_000
    with pytest.raises(ValueError, match="it unpacks to more than 1000000 bytes"):
        read_member(path, "a.csv", max_bytes=1_000_000)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"a file a\.csv in .*corpus\.tar\.gz, got \[\]"),
        (b"<html>", r"corpus\.tar\.gz: Not a gzipped file"),
        (gzip.compress(b"a table" * 99, mtime=0), r"corpus.tar.gz: .* number in a header"),
        (gzip.compress(b"short", mtime=0), r"corpus\.tar\.gz: a header is damaged"),
        (packed({"b.csv": b""}), r"a file a\.csv in .*corpus\.tar\.gz, got \['b\.csv'\]"),
    ],
    ids=["empty", "page", "table", "short", "other"],
)
def test_what_is_no_such_archive_is_named(write, data, message):
    with pytest.raises(ValueError, match=message):
        read_member(write(data), "a.csv")


def test_a_header_with_another_checksum_is_refused(write):
    tar = bytearray(gzip.decompress(packed({"a.csv": b"abc"})))
    tar[0:1] = b"b"
    with pytest.raises(ValueError, match="a header is damaged"):
        read_member(write(gzip.compress(bytes(tar))), "b.csv")
