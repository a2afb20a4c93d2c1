"""Reading one member of a gzipped tar archive into memory; nothing is unpacked to the disk."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_BLOCK = 512
# The types of a plain file; all others (links, folders, extended headers) are passed over.
_PLAIN = (b"0", b"\0")


def read_member(path: Path, name: str, *, max_bytes: int = 1 << 26) -> bytes:
    """Reads one file of a `.tar.gz` by its name.

    Extended headers are passed over, so that a name beyond ASCII or one too long for a plain header
    is not found.

    Source: the ustar format, IEEE Std 1003.1 (POSIX), "pax", section "ustar Interchange Format".

    Args:
        path: the archive.
        name: the member's name with its folders, as "corpus/train.csv".
        max_bytes: how many bytes the archive may unpack to.

    Returns:
        The content.

    Raises:
        ValueError: the archive is damaged or cut, lacks the member or has it as a link, or unpacks
            to more than `max_bytes`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "corpus.tar.gz")
        ...     _ = path.write_bytes(b"no archive")
        ...     read_member(path, "train.csv")
        Traceback (most recent call last):
            ...
        ValueError: expected a whole .tar.gz, got ...corpus.tar.gz: Not a gzipped file...
    """
    try:
        members = dict(_members(_unpacked(path, max_bytes)))
    except (EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
        raise ValueError(f"expected a whole .tar.gz, got {path}: {error}") from error
    if PurePosixPath(name) not in members:
        raise ValueError(f"expected a file {name} in {path}, got {[*map(str, members)][:9]}")
    return members[PurePosixPath(name)]


def _unpacked(path: Path, max_bytes: int) -> bytes:
    # Read to its end, since the checksum of gzip stands there.
    with gzip.open(path) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"it unpacks to more than {max_bytes} bytes")
    return content


def _members(content: bytes) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yields each plain file's name and content."""
    start = 0
    while (header := content[start : start + _BLOCK]).strip(b"\0"):
        begin = start + _BLOCK
        end = begin + _size(header)
        if end > len(content):
            raise ValueError("it ends before its members do")
        if header[156:157] in _PLAIN:
            yield _name(header), content[begin:end]
        start = begin + -(-(end - begin) // _BLOCK) * _BLOCK


def _size(header: bytes) -> int:
    """Returns the size of the content, of a header whose checksum holds."""
    # The checksum counts its own field as spaces.
    total = sum(header) - sum(header[148:156]) + 8 * ord(" ")
    if len(header) < _BLOCK or _octal(header[148:156]) != total:
        raise ValueError("a header is damaged")
    return _octal(header[124:136])


def _octal(field: bytes) -> int:
    digits = field.strip(b" \0")
    if not re.fullmatch(b"[0-7]+", digits):
        raise ValueError(f"expected a number in a header, got {digits!r}")
    return int(digits, 8)


def _name(header: bytes) -> PurePosixPath:
    # GNU's headers, whose magic ends in a space, have times where others have folders.
    parts = [header[345:500]] if header[257:263] == b"ustar\0" else []
    return PurePosixPath(*(_text(part) for part in [*parts, header[:100]]))


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("utf-8", "replace")
