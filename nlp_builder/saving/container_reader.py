"""A container that is read: each byte that a zip may choose has to be as it is written."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from nlp_builder.saving.container import (
    ALL_ONES,
    CENTRAL,
    LOCAL,
    UNIX,
    WINDOWS,
    Member,
    directory,
    entries_of,
    local_header,
)
from nlp_builder.saving.errors import refuse

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
# What is the first member in other zips, with what reads them.
_OTHER_ZIPS = {
    b"metadata.json": "a .keras file, which keras.saving.load_model reads",
    b"model.weights.h5": "a .keras file, which keras.saving.load_model reads",
}
# Bytes of the header of a member without its name.
_SHORTEST = 30


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
    length = len(local_header(Member(name, ALL_ONES, 0)))
    header = bytes(data[offset : offset + length])
    _require_name(header, offset, name)
    header = header.ljust(length, b"\0")
    crc, _, size = struct.unpack_from("<3L", header, 14)
    if size == ALL_ONES:
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
    system = rest[5] if windows and len(rest) > 5 and rest[5] == WINDOWS else UNIX
    expected = directory(members, system=system)
    if bytes(rest[: len(expected)]) != expected:
        _refuse_directory(bytes(rest[: len(expected)]), members, system, start)
    if len(rest) > len(expected):
        extra = len(rest) - len(expected)
        refuse(f"{extra:,} bytes follow the end of the zip at byte {start + len(expected):,}")


def _require_name(header: bytes, offset: int, name: str) -> None:
    if offset == 0 and not header:
        refuse("not a file of nlp_builder: there are no bytes")
    if offset == 0 and not header.startswith(LOCAL):
        known = (text for magic, text in _OTHER_FORMATS.items() if header.startswith(magic))
        kind = next(known, "other content")
        refuse(f"not a file of nlp_builder but {kind}: it begins with {header[:8]!r}")
    if (found := _name_in(header)) != name.encode():
        whole = len(header) >= _SHORTEST + len(name)
        other = f", as in {_OTHER_ZIPS[found]}" if found in _OTHER_ZIPS else ""
        what = _shown(found) + other if whole else "the end of the file, which is cut short"
        refuse(f"expected the member {name} at byte {offset:,}, found {what}")


def _name_in(header: bytes) -> bytes | None:
    """Return the name of a member, or None if no member begins here."""
    if not header.startswith(LOCAL):
        return None
    return header[30 : 30 + int.from_bytes(header[26:28], "little")]


def _shown(name: bytes | None) -> str:
    return "no member" if name is None else f"the member {name!r}"


def _difference(found: bytes, expected: bytes, fields: dict[str, tuple[int, int]]) -> str:
    for field, (start, end) in fields.items():
        if found[start:end] != expected[start:end]:
            numbers = (int.from_bytes(part[start:end], "little") for part in (found, expected))
            zipped_anew = " (a file that was unpacked and zipped anew is not read)"
            return "{}: {}, expected {}".format(field, *numbers) + zipped_anew
    return "name or extra field"


def _refuse_directory(rest: bytes, members: Sequence[Member], system: int, start: int) -> None:
    if (name := _name_in(rest)) is not None:
        refuse(f"expected the zip directory at byte {start:,}, found {_shown(name)}")
    for member, entry in zip(members, entries_of(members, system), strict=True):
        found, rest = rest[: len(entry)], rest[len(entry) :]
        if not found.startswith(CENTRAL):
            refuse(f"the zip directory has no entry of {member.name}")
        if found != entry:
            difference = _difference(found, entry, _CENTRAL_FIELDS)
            refuse(f"the entry of {member.name} in the zip directory differs in its {difference}")
    refuse("the record that ends the zip has other numbers than the directory, or is cut short")
