"""The zip: the same bytes as Python's zipfile writes, also where sizes need 64 bits."""

import io
import zipfile
import zlib

import numpy as np
import pytest

from nlp_builder import saving
from nlp_builder.saving import Archive, ArchiveError, container
from nlp_builder.saving.container import Member
from nlp_builder.saving.container_reader import member_at
from tests.saving import forging
from tests.saving.example import packed

MIB = bytes(2**20)


class Sink(io.BytesIO):
    """A file that keeps all but long runs of content, in whose place it moves on."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[int, bytes] = {}
        self.place = self.end = 0

    def write(self, data) -> int:
        if len(data) < len(MIB):
            self.kept[self.place] = bytes(data)
        self.place += len(data)
        self.end = max(self.end, self.place)
        return len(data)

    def seek(self, place: int, whence: int = 0) -> int:
        self.place = place + (0, self.place, self.end)[whence]
        return self.place

    def tell(self) -> int:
        return self.place


def by_zipfile(names: list[str], mebibytes: list[int]) -> tuple[Sink, list[zipfile.ZipInfo]]:
    """Write members of many zeros."""
    sink, infos = Sink(), []
    with zipfile.ZipFile(sink, "w") as archive:
        for name, size in zip(names, mebibytes, strict=True):
            info = zipfile.ZipInfo(name, forging.EPOCH)
            info.create_system = 3
            info.file_size = size * len(MIB)
            with archive.open(info, "w") as file:
                for _ in range(size):
                    file.write(MIB)
            infos.append(info)
    return sink, infos


def test_the_bytes_are_those_of_zipfile():
    assert forging.zipped(forging.members_of(packed()).items()) == packed()


def test_zipfile_finds_nothing_wrong():
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            *("manifest.json", "config.json", "vocabularies.json", "weights.safetensors")
        ]
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {info.date_time for info in archive.infolist()} == {forging.EPOCH}


@pytest.mark.parametrize(
    "mebibytes",
    [
        pytest.param([1, 1960, 1], id="close to 2 GiB"),
        pytest.param([1, 1, 2048], id="one of 2 GiB, in the end"),
        pytest.param([2049, 1, 1], id="others behind 2 GiB"),
        pytest.param([1, 2048, 2049], id="beyond 4 GiB"),
    ],
)
def test_large_sizes_are_written_as_by_zipfile(mebibytes):
    names = ["a", "bb", "ccc"]
    sink, infos = by_zipfile(names, mebibytes)
    members = [Member(info.filename, info.file_size, info.CRC) for info in infos]
    for member, info in zip(members, infos, strict=True):
        assert sink.kept[info.header_offset] == container.local_header(member)
    start = sum(member.length for member in members)
    written = b"".join(sink.kept[place] for place in sorted(sink.kept) if place >= start)
    assert written == container.directory(members)


def test_a_member_is_found_where_the_one_before_it_ends():
    data = memoryview(packed())
    found = member_at(data, 0, "manifest.json")
    assert bytes(found.content) == forging.members_of(packed())["manifest.json"]
    assert member_at(data, found.end, "config.json").content[:1] == b"{"


def test_an_error_says_which_byte_of_the_zip_is_wrong():
    data = forging.patched(forging.LOCAL, 2, 10, b"\5")(packed())
    place = packed().index(b"vocabularies.json", packed().index(b"PK\3\4", 40)) - 30
    message = rf"the zip header of vocabularies.json at byte {place:,} differs in its time"
    with pytest.raises(ArchiveError, match=message):
        saving.unpack(data)


def test_a_size_beyond_the_end_is_no_size():
    header = container.local_header(Member("a", 10, zlib.crc32(b"")))
    with pytest.raises(ArchiveError, match="a has 10 bytes by its zip header, the file only 3 mor"):
        member_at(memoryview(header + b"123"), 0, "a")


@pytest.mark.slow
def test_a_file_beyond_4_gib_comes_back(tmp_path):
    matrix = np.zeros((1, 2**30 + 1), "float32")
    matrix[0, -1] = 1
    saving.write(tmp_path / "large.nlpb", Archive({}, {}, {"matrix": matrix}))
    assert (tmp_path / "large.nlpb").stat().st_size > 2**32
    kept = saving.open_archive(tmp_path / "large.nlpb")
    assert kept.arrays["matrix"][0, -1] == 1
    with zipfile.ZipFile(tmp_path / "large.nlpb") as archive:
        assert archive.getinfo("weights.safetensors").file_size > 2**32
        assert archive.read("config.json") == b"{}"
