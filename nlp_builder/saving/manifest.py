"""The first member: the format and version of a file, who wrote it, and what its parts must be."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nlp_builder.saving.container import Member
from nlp_builder.saving.container_reader import Found
from nlp_builder.saving.errors import ArchiveError, refuse

FORMAT_NAME = "nlp_builder"
FORMAT_VERSION = 2
OLDEST_VERSION = 1

MANIFEST = "manifest.json"
_KEYS = {1: {"format", "version", "members"}, 2: {"format", "version", "members", "libraries"}}
_CHUNK = 2**18


@dataclass(frozen=True)
class Manifest:
    """What the manifest of a file says.

    Args:
        version: of the format.
        libraries: versions of the libraries that wrote the file, by name.
        members: for each other member its size as "bytes" and its "sha256" in hexadecimal digits.
    """

    version: int
    libraries: Mapping[str, str]
    members: Mapping[str, Mapping[str, Any]]

    def require_sizes(self, members: Iterable[Member]) -> None:
        """Check the members that the container has against the sizes that are named here.

        Args:
            members: all members but this one.

        Raises:
            ArchiveError: if one has another size.
        """
        for member in members:
            if (expected := self.members[member.name]["bytes"]) != member.size:
                refuse(f"{member.name} has {member.size:,} bytes, {MANIFEST} says {expected!r:.40}")

    def require_hash(self, found: Found) -> None:
        """Check the content of a member.

        Args:
            found: the member.

        Raises:
            ArchiveError: if it has another SHA-256 than is named here.
        """
        name = found.member.name
        if hashlib.sha256(found.content).hexdigest() != self.members[name]["sha256"]:
            refuse(f"{name} differs from the SHA-256 that {MANIFEST} gives for it")


def identified(name: str, parts: Iterable[Any]) -> tuple[Member, dict[str, Any]]:
    """Return what the container and the manifest say of a member.

    Args:
        name: the name.
        parts: the pieces of its content, each one a buffer of bytes.

    Returns:
        The member, and its size and SHA-256.

    Example:
        >>> identified("config.json", [b"{", b"}"])[0].size
        2
    """
    size = crc = 0
    digest = hashlib.sha256()
    for part in parts:
        content = memoryview(part)
        size += len(content)
        for start in range(0, len(content), _CHUNK):  # twice over what the processor still holds
            piece = content[start : start + _CHUNK]
            digest.update(piece)
            crc = zlib.crc32(piece, crc)
    return Member(name, size, crc), {"bytes": size, "sha256": digest.hexdigest()}


def manifest_values(libraries: Mapping[str, str], members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest of a file of the present version.

    Args:
        libraries: versions by name, of what writes the file.
        members: what `identified` says of each other member.

    Returns:
        Plain values.

    Raises:
        TypeError: if a name or a version is no str.
    """
    if not _are_strings(libraries):
        raise TypeError(f"expected libraries as versions (str) by name, got {libraries!r}")
    return {
        "format": FORMAT_NAME,
        "version": FORMAT_VERSION,
        "libraries": dict(libraries),
        "members": dict(members),
    }


def manifest_from(values: Mapping[str, Any], names: Iterable[str]) -> Manifest:
    """Check a manifest.

    Args:
        values: the JSON.
        names: all members but this one.

    Returns:
        The manifest; what it says of the members is not compared with them yet.

    Raises:
        ArchiveError: if it is of another format or of a newer version, or lacks something, or
            holds more.
    """
    version = _version(values)
    _require_keys(MANIFEST, values, _KEYS[version])
    libraries, members = values.get("libraries", {}), values["members"]
    if not isinstance(libraries, dict) or not _are_strings(libraries):
        refuse(f"the libraries in {MANIFEST} are no versions by name")
    _require_keys(f"the list of members in {MANIFEST}", members, set(names))
    for name, identity in members.items():
        _require_keys(f"{name} in {MANIFEST}", identity, {"bytes", "sha256"})
        if type(identity["bytes"]) is not int:
            refuse(f"{name} in {MANIFEST} has the size {identity['bytes']!r:.40}")
    return Manifest(version, libraries, members)


def _version(values: Mapping[str, Any]) -> int:
    if values.get("format") != FORMAT_NAME:
        refuse(f"{MANIFEST} names the format {values.get('format')!r:.40}")
    version = values.get("version")
    if type(version) is not int or version < OLDEST_VERSION:
        refuse(f"{MANIFEST} names the version {version!r:.40}")
    if version > FORMAT_VERSION:
        raise ArchiveError(
            f"the file has version {version} of the format, this nlp_builder reads "
            f"{OLDEST_VERSION} to {FORMAT_VERSION}: install a newer nlp_builder"
            f"{_writer(values.get('libraries'))}"
        )
    return version


def _writer(libraries: Any) -> str:
    version = libraries.get(FORMAT_NAME) if isinstance(libraries, dict) else None
    return f" (it was written by {version[:40]!r})" if isinstance(version, str) else ""


def _are_strings(libraries: Mapping[Any, Any]) -> bool:
    return all(isinstance(text, str) for item in libraries.items() for text in item)


def _require_keys(place: str, found: Any, expected: set[str]) -> None:
    if not isinstance(found, dict):
        refuse(f"{place} is {type(found).__name__}, expected an object")
    if found.keys() != expected:
        missing, unknown = sorted(expected - found.keys()), sorted(found.keys() - expected)
        refuse(f"{place} lacks {missing} and has the unknown {unknown[:5]!r:.80}")
