"""What a file holds, to bytes and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nlp_builder.saving.container import Member, directory, local_header
from nlp_builder.saving.container_reader import Found, member_at, require_crc, require_end
from nlp_builder.saving.json_text import from_json, to_json
from nlp_builder.saving.limits import Limits
from nlp_builder.saving.manifest import (
    FORMAT_VERSION,
    MANIFEST,
    Manifest,
    identified,
    manifest_from,
    manifest_values,
)
from nlp_builder.saving.tensor_reader import WEIGHTS, arrays_from, layout_of
from nlp_builder.saving.tensor_writer import ALIGNMENT, weights_to
from nlp_builder.saving.vocabularies import VOCABULARIES, vocabularies_from, vocabularies_to

CONFIG = "config.json"
_PARTS = (CONFIG, VOCABULARIES, WEIGHTS)
_LIMITS_OF = {CONFIG: "config_bytes", VOCABULARIES: "vocabulary_bytes", WEIGHTS: "file_bytes"}


@dataclass(frozen=True)
class Archive:
    """What a file holds.

    Args:
        config: plain JSON values (dict, list, str, int, float, bool, None).
        vocabularies: lists of strings by name, no string twice in one list; any string survives,
            lone surrogates included.
        arrays: NumPy arrays of any shape by name, with finite numbers.
        libraries: versions of the libraries that wrote the file, by name.
        version: of the format that the file has.
        sizes: bytes of each member by name, for an archive that was read.
    """

    config: Mapping[str, Any]
    vocabularies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    version: int = FORMAT_VERSION
    sizes: Mapping[str, int] = field(default_factory=dict)


def pieces(archive: Archive) -> list[Any]:
    """Lay out a file.

    Args:
        archive: as for `pack`.

    Returns:
        Buffers of bytes, which make the file one after the other; arrays are views where they can.

    Raises:
        TypeError: as for `pack`.
        ValueError: as for `pack`.
    """
    if not isinstance(archive, Archive):
        raise TypeError(f"expected an Archive, got {type(archive).__name__}")
    if archive.version != FORMAT_VERSION:
        raise ValueError(f"expected an archive of version {FORMAT_VERSION}, got {archive.version}")
    contents: dict[str, list[Any]] = {
        CONFIG: [to_json(_as_dict(archive.config))],
        VOCABULARIES: [vocabularies_to(archive.vocabularies)],
        WEIGHTS: weights_to(archive.arrays),
    }
    identities = {name: identified(name, parts) for name, parts in contents.items()}
    members = [member for member, _ in identities.values()]
    named = manifest_values(archive.libraries, {name: i for name, (_, i) in identities.items()})
    manifest = _aligned(to_json(named), members)
    contents = {MANIFEST: [manifest], **contents}
    members.insert(0, identified(MANIFEST, [manifest])[0])
    laid = [p for m in members for p in (local_header(m), *contents[m.name])]
    return [*laid, directory(members)]


def pack(archive: Archive) -> bytes:
    """Turn an archive into the bytes of a file.

    Arrays with NaN or infinity are written, and `unpack` refuses them: see `is_finite`.

    Args:
        archive: what to keep.

    Returns:
        The bytes; equal archives give equal bytes.

    Raises:
        TypeError: if there is something that a file cannot hold, as a function or complex numbers.
        ValueError: if a token is twice in a vocabulary, or the version is not the present one.

    Example:
        >>> data = pack(Archive({"greeting": "hello"}))
        >>> unpack(data).config
        {'greeting': 'hello'}
    """
    return b"".join(pieces(archive))


def unpack(data: bytes | bytearray | memoryview, *, limits: Limits | None = None) -> Archive:
    """Read the bytes of a file.

    Args:
        data: what `pack` returned.
        limits: how much is read; None for `Limits()`.

    Returns:
        The archive; its arrays are views of `data`, and can be written if `data` can.

    Raises:
        ArchiveError: if the bytes are not of this format, are of a newer version, are damaged, or
            hold more than the limits. No other error comes of bytes.
        TypeError: if `data` is not bytes.

    Example:
        >>> unpack(b"something else")
        Traceback (most recent call last):
            ...
        nlp_builder.saving.errors.ArchiveError: not a file of nlp_builder but other content: ...
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(
            f"expected the bytes of a saved block, got {type(data).__name__}: for a path, call load"
        )
    return read_archive(memoryview(data).cast("B"), limits or Limits())


def read_archive(data: memoryview, limits: Limits) -> Archive:
    """Read a file.

    Args:
        data: all of it.
        limits: how much is read.

    Returns:
        As for `unpack`.

    Raises:
        ArchiveError: as for `unpack`.
    """
    limits.require("file_bytes", "bytes of the file", len(data))
    manifest, found = _members(data, limits)
    parts = {each.member.name: each for each in found}
    for each in found[1:3]:
        _require_sound(manifest, each)
    config = from_json(CONFIG, parts[CONFIG].content, limits)
    layout = layout_of(parts[WEIGHTS].content, limits)
    # To hash the weights takes as long as to read the words, and needs no interpreter.
    with ThreadPoolExecutor(1) as thread:
        hashed = thread.submit(_require_sound, manifest, parts[WEIGHTS])
        vocabularies = vocabularies_from(parts[VOCABULARIES].content, limits)
        hashed.result()
    sizes = {name: each.member.size for name, each in parts.items()}
    arrays = arrays_from(layout)
    return Archive(config, vocabularies, arrays, manifest.libraries, manifest.version, sizes)


def _as_dict(config: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(config, Mapping):
        raise TypeError(f"expected config as a dict, got {type(config).__name__}")
    return dict(config)


def _aligned(manifest: bytes, members: Sequence[Member]) -> bytes:
    """Return the manifest with blanks, so that the last member begins where its data is aligned."""
    first = Member(MANIFEST, len(manifest), 0)
    before = first.length + sum(member.length for member in members[:-1])
    start = before + len(local_header(members[-1]))
    return manifest + b" " * (-start % ALIGNMENT)


def _members(data: memoryview, limits: Limits) -> tuple[Manifest, list[Found]]:
    # The manifest goes first: a newer version may have other members.
    found = [member_at(data, 0, MANIFEST)]
    limits.require("config_bytes", f"bytes of {MANIFEST}", found[0].member.size)
    require_crc(found[0])
    manifest = manifest_from(from_json(MANIFEST, found[0].content, limits), _PARTS)
    for name in _PARTS:
        found.append(member_at(data, found[-1].end, name))
    require_end(data, found, windows=manifest.version == 1)
    manifest.require_sizes(each.member for each in found[1:])
    for each in found[1:]:
        limits.require(
            _LIMITS_OF[each.member.name], f"bytes of {each.member.name}", each.member.size
        )
    return manifest, found


def _require_sound(manifest: Manifest, found: Found) -> None:
    require_crc(found)
    manifest.require_hash(found)
