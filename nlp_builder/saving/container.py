"""The container: a zip of stored members, of which each byte of zip is given by names and contents.

The members follow each other from byte 0 on, then comes the directory, then nothing. All that a zip
may say beside that (comments, links, times, other systems, compression, encryption) is fixed, so a
reader of the directory and a reader of the members see the same, and no other file hides in it.
The bytes are those that `zipfile` of Python writes (APPNOTE.TXT, 6.3.10,
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from nlp_builder.saving.errors import refuse

_LOCAL, _CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
_LOCAL_FORMAT, _CENTRAL_FORMAT = "<4s5H3L2H", "<4s2B5H3L5H2L"
# The first moment that a zip can name: a file's bytes tell nothing of when it was written.
_DATE = 1 << 5 | 1
_ATTRIBUTES = 0o600 << 16
_UNIX, _WINDOWS = 3, 0
# What does not fit in 31 bits stands in fields of 64 bits, and all ones stand in its place.
_NARROW, _ONES = 2**31 - 1, 2**32 - 1
_VERSION, _WIDE_VERSION = 20, 45
_LOCAL_FIELDS = {
    "version of zip": (4, 6),
    "flags": (6, 8),
    "compression": (8, 10),
    "time": (10, 14),
    "size": (18, 26),
    "lengths of name and extra field": (26, 30),
}
_CENTRAL_FIELDS = {
    "version of zip": (4, 8),
    "flags": (8, 10),
    "compression": (10, 12),
    "time": (12, 16),
    "CRC": (16, 20),
    "size": (20, 28),
    "lengths of name, extra field and comment": (28, 34),
    "disk": (34, 36),
    "kind": (36, 38),
    "attributes": (38, 42),
    "place": (42, 46),
}
# What people may take for a file of ours.
_OTHER_FORMATS = {
    b"\x80": "a pickle, which is never read",
    b"\x89HDF": "HDF5",
    b"\x1f\x8b": "gzip",
    b"PK\x05\x06": "a zip without members",
}


@dataclass(frozen=True)
class Member:
    """What a zip says of a member.

    Args:
        name: the name, ASCII.
        size: bytes.
        crc: CRC-32 of the content.
    """

    name: str
    size: int
    crc: int

    @property
    def end(self) -> int:
        """Bytes from the begin of the header to the end of the content."""
        return len(local_header(self)) + self.size


@dataclass(frozen=True)
class Found:
    """A member of a file that is read.

    Args:
        member: what its header says.
        content: its bytes, a view.
        end: the byte of the file that follows.
    """

    member: Member
    content: memoryview
    end: int


def local_header(member: Member) -> bytes:
    """Return what stands before the content of a member.

    Args:
        member: the member.

    Returns:
        The header.

    Example:
        >>> local_header(Member("config.json", 2, 0))[-11:]
        b'config.json'
    """
    wide = _is_wide(member)
    size = _ONES if wide else member.size
    extra = struct.pack("<2H2Q", 1, 16, member.size, member.size) if wide else b""
    name = member.name.encode("ascii")
    version = _WIDE_VERSION if wide else _VERSION
    fields = (version, 0, 0, 0, _DATE, member.crc, size, size, len(name), len(extra))
    return struct.pack(_LOCAL_FORMAT, _LOCAL, *fields) + name + extra


def directory(members: Sequence[Member], *, system: int = _UNIX) -> bytes:
    """Return what stands after the last member.

    Args:
        members: all of them, in their order.
        system: the number of the system that the file says it was written on.

    Returns:
        The directory and the records that end the file.
    """
    places = [0, *accumulate(member.end for member in members)]
    entries = _entries(members, system)
    return b"".join(entries) + _end(len(members), sum(map(len, entries)), places[-1])


def member_at(data: memoryview, offset: int, name: str) -> Found:
    """Read a member.

    Args:
        data: the whole file.
        offset: where the header of the member begins.
        name: the name that it must have.

    Returns:
        The member; its CRC is not checked yet.

    Raises:
        ArchiveError: if there is no such member, its header says more than `local_header` writes,
            or the file ends before it.
    """
    length = len(local_header(Member(name, _ONES, 0)))
    header = bytes(data[offset : offset + length]).ljust(length, b"\0")
    _require_name(header, offset, name)
    crc, _, size = struct.unpack_from("<3L", header, 14)
    if size == _ONES:
        (size,) = struct.unpack_from("<Q", header, 30 + len(name) + 4)
    member = Member(name, size, crc)
    expected = local_header(member)
    if header[: len(expected)] != expected:
        place = f"the zip header of {name} at byte {offset:,}"
        refuse(f"{place} differs in its {_difference(header, expected, _LOCAL_FIELDS)}")
    start = offset + len(expected)
    if size > len(data) - start:
        left = max(len(data) - start, 0)
        refuse(f"{name} has {size:,} bytes by its zip header, the file only {left:,} more")
    return Found(member, data[start : start + size], start + size)


def require_crc(found: Found) -> None:
    """Check the content of a member against its CRC-32.

    Args:
        found: the member.

    Raises:
        ArchiveError: if they differ.
    """
    if zlib.crc32(found.content) != found.member.crc:
        refuse(f"{found.member.name} has another CRC than its zip header gives for it")


def require_end(data: memoryview, found: Sequence[Found], *, windows: bool) -> None:
    """Check that a file ends with the directory of its members, and nothing else.

    Args:
        data: the whole file.
        found: its members, in their order.
        windows: whether it may say that it was written on Windows.

    Raises:
        ArchiveError: if one byte differs.
    """
    members = [each.member for each in found]
    start = found[-1].end
    rest = data[start:]
    system = rest[5] if windows and len(rest) > 5 and rest[5] == _WINDOWS else _UNIX
    expected = directory(members, system=system)
    if bytes(rest[: len(expected)]) != expected:
        _refuse_directory(bytes(rest[: len(expected)]), members, system, start)
    if len(rest) > len(expected):
        extra = len(rest) - len(expected)
        refuse(f"{extra:,} bytes follow the end of the zip at byte {start + len(expected):,}")


def _is_wide(member: Member) -> bool:
    return member.size * 1.05 > _NARROW


def _entries(members: Sequence[Member], system: int) -> list[bytes]:
    places = accumulate((member.end for member in members[:-1]), initial=0)
    return [_entry(m, place, system) for m, place in zip(members, places, strict=True)]


def _entry(member: Member, place: int, system: int) -> bytes:
    long_size, long_place = member.size > _NARROW, place > _NARROW
    longs = [member.size] * (2 * long_size) + [place] * long_place
    extra = struct.pack(f"<2H{len(longs)}Q", 1, 8 * len(longs), *longs) if longs else b""
    name = member.name.encode("ascii")
    version = _WIDE_VERSION if longs or _is_wide(member) else _VERSION
    size = _ONES if long_size else member.size
    fields = (version, system, version, 0, 0, 0, _DATE, member.crc, size, size)
    lengths = (len(name), len(extra), 0, 0, 0)
    where = (_ATTRIBUTES, _ONES if long_place else place)
    return struct.pack(_CENTRAL_FORMAT, _CENTRAL, *fields, *lengths, *where) + name + extra


def _end(count: int, size: int, place: int) -> bytes:
    wide = b""
    if place > _NARROW:
        wide_numbers = (44, _WIDE_VERSION, _WIDE_VERSION, 0, 0, count, count, size, place)
        wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", *wide_numbers)
        wide += struct.pack("<4sLQL", b"PK\x06\x07", 0, place + size, 1)
    numbers = (0, 0, count, count, size, min(place, _ONES), 0)
    return wide + struct.pack("<4s4H2LH", b"PK\x05\x06", *numbers)


def _require_name(header: bytes, offset: int, name: str) -> None:
    if offset == 0 and not header.startswith(_LOCAL):
        known = (text for magic, text in _OTHER_FORMATS.items() if header.startswith(magic))
        kind = next(known, "other content")
        refuse(f"not a file of nlp_builder but {kind}: it begins with {header[:8]!r}")
    if (found := _name_in(header)) != name.encode():
        refuse(f"expected the member {name} at byte {offset:,}, found {_shown(found)}")


def _name_in(header: bytes) -> bytes | None:
    """Return the name of a member, or None if no member begins here."""
    if not header.startswith(_LOCAL):
        return None
    return header[30 : 30 + int.from_bytes(header[26:28], "little")]


def _shown(name: bytes | None) -> str:
    return "no member" if name is None else f"the member {name!r}"


def _difference(found: bytes, expected: bytes, fields: dict[str, tuple[int, int]]) -> str:
    for field, (start, end) in fields.items():
        if found[start:end] != expected[start:end]:
            numbers = (int.from_bytes(part[start:end], "little") for part in (found, expected))
            return "{}: {}, expected {}".format(field, *numbers)
    return "name or extra field"


def _refuse_directory(rest: bytes, members: Iterable[Member], system: int, start: int) -> None:
    if (name := _name_in(rest)) is not None:
        refuse(f"expected the zip directory at byte {start:,}, found {_shown(name)}")
    for member, entry in zip(members, _entries([*members], system), strict=True):
        found, rest = rest[: len(entry)], rest[len(entry) :]
        if not found.startswith(_CENTRAL):
            refuse(f"the zip directory has no entry of {member.name}")
        if found != entry:
            difference = _difference(found, entry, _CENTRAL_FIELDS)
            refuse(f"the entry of {member.name} in the zip directory differs in its {difference}")
    refuse("the record that ends the zip has other numbers than the directory, or is cut short")
