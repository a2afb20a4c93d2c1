"""The container: a zip of stored members, of which each byte of zip is given by names and contents.

The members follow each other from byte 0 on, then comes the directory, then nothing. All that a zip
may say beside that (comments, links, times, other systems, compression, encryption) is fixed, so a
reader of the directory and a reader of the members see the same, and no other file hides in it.
The bytes are those that `zipfile` of Python writes (APPNOTE.TXT, 6.3.10,
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
_LOCAL_FORMAT, _CENTRAL_FORMAT = "<4s5H3L2H", "<4s2B5H3L5H2L"
# The first moment that a zip can name: a file's bytes tell nothing of when it was written.
_DATE = 1 << 5 | 1
_ATTRIBUTES = 0o600 << 16
UNIX, WINDOWS = 3, 0
# What does not fit in 31 bits stands in fields of 64 bits, and all ones stand in its place.
_NARROW, ALL_ONES = 2**31 - 1, 2**32 - 1
_VERSION, _WIDE_VERSION = 20, 45


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
    def length(self) -> int:
        """Bytes from the begin of the header to the end of the content."""
        return len(local_header(self)) + self.size


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
    size = ALL_ONES if wide else member.size
    extra = struct.pack("<2H2Q", 1, 16, member.size, member.size) if wide else b""
    name = member.name.encode("ascii")
    version = _WIDE_VERSION if wide else _VERSION
    fields = (version, 0, 0, 0, _DATE, member.crc, size, size, len(name), len(extra))
    return struct.pack(_LOCAL_FORMAT, LOCAL, *fields) + name + extra


def directory(members: Sequence[Member], *, system: int = UNIX) -> bytes:
    """Return what stands after the last member.

    Args:
        members: all of them, in their order.
        system: the number of the system that the file says it was written on.

    Returns:
        The directory and the records that end the file.
    """
    entries = entries_of(members, system)
    start = sum(member.length for member in members)
    return b"".join(entries) + _end(len(members), sum(map(len, entries)), start)


def entries_of(members: Sequence[Member], system: int) -> list[bytes]:
    """Return the entries of the directory.

    Args:
        members: as for `directory`.
        system: as for `directory`.

    Returns:
        One entry for each member.
    """
    places = accumulate((member.length for member in members[:-1]), initial=0)
    return [_entry(m, place, system) for m, place in zip(members, places, strict=True)]


def _is_wide(member: Member) -> bool:
    return member.size * 1.05 > _NARROW


def _entry(member: Member, place: int, system: int) -> bytes:
    long_size, long_place = member.size > _NARROW, place > _NARROW
    longs = [member.size] * (2 * long_size) + [place] * long_place
    extra = struct.pack(f"<2H{len(longs)}Q", 1, 8 * len(longs), *longs) if longs else b""
    name = member.name.encode("ascii")
    version = _WIDE_VERSION if longs or _is_wide(member) else _VERSION
    size = ALL_ONES if long_size else member.size
    fields = (version, system, version, 0, 0, 0, _DATE, member.crc, size, size)
    lengths = (len(name), len(extra), 0, 0, 0)
    where = (_ATTRIBUTES, ALL_ONES if long_place else place)
    return struct.pack(_CENTRAL_FORMAT, CENTRAL, *fields, *lengths, *where) + name + extra


def _end(count: int, size: int, place: int) -> bytes:
    wide = b""
    if place > _NARROW:
        wide_numbers = (44, _WIDE_VERSION, _WIDE_VERSION, 0, 0, count, count, size, place)
        wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", *wide_numbers)
        wide += struct.pack("<4sLQL", b"PK\x06\x07", 0, place + size, 1)
    numbers = (0, 0, count, count, size, min(place, ALL_ONES), 0)
    return wide + struct.pack("<4s4H2LH", b"PK\x05\x06", *numbers)
