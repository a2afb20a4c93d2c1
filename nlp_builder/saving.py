"""The archive: configuration, vocabularies and arrays to bytes and back, with JSON and safetensors.

A file is a stored (uncompressed) zip of exactly four members:

* `manifest.json`: the name and version of the format, and size and SHA-256 of the other members;
* `config.json`: what was built, as plain JSON values;
* `vocabularies.json`: lists of strings by name;
* `weights.safetensors`: arrays by name (https://github.com/huggingface/safetensors).

Nothing in it is code, no path in it is followed, no class is imported by name. The same content
always gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import safetensors
import safetensors.numpy

__all__ = [
    "FORMAT_NAME",
    "FORMAT_VERSION",
    "Archive",
    "ArchiveError",
    "pack",
    "read",
    "unpack",
    "write",
]

FORMAT_NAME = "nlp_builder"
FORMAT_VERSION = 1

_MANIFEST = "manifest.json"
_CONFIG = "config.json"
_VOCABULARIES = "vocabularies.json"
_WEIGHTS = "weights.safetensors"
_PARTS = (_CONFIG, _VOCABULARIES, _WEIGHTS)
# The first moment that a zip can name: a file's bytes tell nothing of when it was written.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


class ArchiveError(ValueError):
    """A file is not one of ours, is damaged, or lacks something that its content needs."""


@dataclass(frozen=True)
class Archive:
    """What a file holds.

    Args:
        config: plain JSON values (dict, list, str, int, float, bool, None).
        vocabularies: lists of strings by name; any string survives, lone surrogates included.
        arrays: NumPy arrays of any shape by name.
    """

    config: Mapping[str, Any]
    vocabularies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


def pack(archive: Archive) -> bytes:
    """Turn an archive into the bytes of a file.

    Args:
        archive: what to keep.

    Returns:
        The bytes; equal archives give equal bytes.

    Raises:
        TypeError: if `config` holds something that JSON has no word for.

    Example:
        >>> data = pack(Archive({"greeting": "hello"}))
        >>> unpack(data).config
        {'greeting': 'hello'}
    """
    arrays = {name: np.asarray(array, order="C") for name, array in archive.arrays.items()}
    parts = {
        _CONFIG: _to_json(archive.config),
        _VOCABULARIES: _to_json({name: list(v) for name, v in archive.vocabularies.items()}),
        _WEIGHTS: safetensors.numpy.save(arrays),
    }
    manifest = {
        "format": FORMAT_NAME,
        "version": FORMAT_VERSION,
        "members": {name: _identity(data) for name, data in parts.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive_file:
        for name, data in [(_MANIFEST, _to_json(manifest)), *parts.items()]:
            archive_file.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), data)
    return buffer.getvalue()


def unpack(data: bytes) -> Archive:
    """Read the bytes of a file.

    Args:
        data: what `pack` returned.

    Returns:
        The archive; its arrays may be read-only views of `data`.

    Raises:
        ArchiveError: if the bytes are not of this format, are of a newer version, or are damaged.
        TypeError: if `data` is not bytes.

    Example:
        >>> unpack(b"something else")
        Traceback (most recent call last):
            ...
        nlp_builder.saving.ArchiveError: not a file of nlp_builder: File is not a zip file
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(
            f"expected the bytes of a saved block, got {type(data).__name__}: for a path, call load"
        )
    members = _members(bytes(data))
    manifest = _from_json(_MANIFEST, members[_MANIFEST])
    _check_manifest(manifest, members)
    config = _from_json(_CONFIG, members[_CONFIG])
    vocabularies = _from_json(_VOCABULARIES, members[_VOCABULARIES])
    for name, tokens in vocabularies.items():
        if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
            _refuse(f"{_VOCABULARIES}: {name!r} is not a list of strings")
    try:
        arrays = safetensors.numpy.load(members[_WEIGHTS])
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise ArchiveError(f"{_WEIGHTS} cannot be read: {error}") from error
    return Archive(config, vocabularies, arrays)


def write(path: str | os.PathLike[str], data: bytes) -> None:
    """Write bytes to a file so that at any moment the old file or the new one is there, whole.

    Args:
        path: where to write; its folder must exist.
        data: the bytes.

    Raises:
        OSError: if the folder is missing, the path is a folder, or the disk is full; an older file
            is then as it was. A process that is killed here may leave a hidden file beside it.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write(f"{folder}/block.nlpb", b"content")
        ...     read(f"{folder}/block.nlpb")
        b'content'
    """
    target = Path(path).resolve()
    if target.is_dir():
        raise IsADirectoryError(f"expected the name of a file, got the folder {path}")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot write {path}: there is no folder {target.parent}")
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(path), None
        error.add_note(f"{path} was not written; an older file of that name is as it was.")
        raise


def read(path: str | os.PathLike[str]) -> bytes:
    """Read a whole file, as `write` left it.

    Args:
        path: the file.

    Returns:
        Its bytes.

    Raises:
        OSError: if there is no such file, or it may not be read.
        TypeError: if `path` is not a path.

    Example:
        >>> read("nowhere.nlpb")
        Traceback (most recent call last):
            ...
        FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.nlpb'
    """
    if isinstance(path, bytes | bytearray | memoryview):
        raise TypeError("expected a path, got bytes: for the bytes of a block, call deserialize")
    return Path(path).read_bytes()


def _refuse(reason: str) -> NoReturn:
    raise ArchiveError(f"{reason}. The file is damaged, or was not written by nlp_builder")


def _to_json(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return text.encode("ascii")


def _from_json(name: str, data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ArchiveError(f"{name} cannot be read: {error}") from error
    if not isinstance(value, dict):
        _refuse(f"{name} holds {type(value).__name__}, expected an object")
    return value


def _identity(data: bytes) -> dict[str, Any]:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _members(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive_file:
            names = [info.filename for info in archive_file.infolist()]
            if sorted(names) != sorted((_MANIFEST, *_PARTS)):
                _refuse(f"expected the members {(_MANIFEST, *_PARTS)}, found {names[:8]}")
            if any(i.compress_type != zipfile.ZIP_STORED for i in archive_file.infolist()):
                _refuse("a member is compressed, expected stored ones")
            return {name: archive_file.read(name) for name in names}
    except ArchiveError:
        raise
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
    ) as error:
        raise ArchiveError(f"not a file of nlp_builder: {error}") from error


def _check_manifest(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    if manifest.get("format") != FORMAT_NAME:
        _refuse(f"{_MANIFEST} names the format {manifest.get('format')!r}")
    version = manifest.get("version")
    if type(version) is not int or version < 1:
        _refuse(f"{_MANIFEST} names the version {version!r}")
    if version > FORMAT_VERSION:
        raise ArchiveError(
            f"the file has version {version} of the format, this nlp_builder reads up to "
            f"{FORMAT_VERSION}: install a newer nlp_builder"
        )
    if manifest.get("members") != {name: _identity(members[name]) for name in _PARTS}:
        _refuse("a member differs from the size or SHA-256 that the manifest gives for it")
