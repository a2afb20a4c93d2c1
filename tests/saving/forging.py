"""Tools to make files that only look as if nlp_builder had written them.

They use `zipfile`, `json` and `hashlib`, not the code that is tested.
"""

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import safetensors.numpy

from nlp_builder.saving import Archive

MANIFEST, CONFIG = "manifest.json", "config.json"
VOCABULARIES, WEIGHTS = "vocabularies.json", "weights.safetensors"
EPOCH = (1980, 1, 1, 0, 0, 0)
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"

Change = Callable[[bytes], bytes]


def members_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, EPOCH) if isinstance(name, str) else name
            archive.writestr(info, content)
    return buffer.getvalue()


def sealed(members: Mapping[str, bytes]) -> bytes:
    """A zip whose manifest tells the sizes and hashes of what is in it."""
    parts = {name: content for name, content in members.items() if name != MANIFEST}
    manifest = json.loads(members[MANIFEST])
    manifest["members"] = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in parts.items()
    }
    return zipped([(MANIFEST, json.dumps(manifest).encode()), *parts.items()])


def member(name: str, content: bytes | Callable[[], bytes]) -> Change:
    """Another content for a member, with a manifest that agrees."""
    return lambda data: sealed(
        {**members_of(data), name: content if isinstance(content, bytes) else content()}
    )


def manifest(content: bytes) -> Change:
    """Another manifest, as it is."""
    return lambda data: zipped({**members_of(data), MANIFEST: content}.items())


def manifest_with(**changes: Any) -> Change:
    """The manifest with other values; None takes a key away."""

    def change(data: bytes) -> bytes:
        values = {**json.loads(members_of(data)[MANIFEST]), **changes}
        kept = {key: value for key, value in values.items() if value is not None}
        return manifest(json.dumps(kept).encode())(data)

    return change


def identity_with(name: str, **changes: Any) -> Change:
    """The manifest with something else about a member."""

    def change(data: bytes) -> bytes:
        named = json.loads(members_of(data)[MANIFEST])["members"]
        return manifest_with(members={**named, name: {**named.get(name, {}), **changes}})(data)

    return change


def weights(header: Any, content: bytes = b"", *, length: int | None = None) -> Change:
    """Other weights: a header (JSON, or bytes), the length that is told of it, and what follows."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    told = struct.pack("<Q", len(text) if length is None else length)
    return member(WEIGHTS, told + text + content)


def tensor(dtype: Any, shape: Any, start: Any, end: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def one_tensor(dtype: Any, shape: Any, start: Any, end: Any, content: bytes = b"") -> Change:
    return weights({"array": tensor(dtype, shape, start, end)}, content)


def patched(signature: bytes, number: int, offset: int, new: bytes) -> Change:
    """Other bytes within the n-th zip record of a kind."""

    def change(data: bytes) -> bytes:
        place = -1
        for _ in range(number + 1):
            place = data.index(signature, place + 1)
        return data[: place + offset] + new + data[place + offset + len(new) :]

    return change


def from_windows(data: bytes) -> bytes:
    """The same zip, if Python writes it on Windows."""
    return both(*(described(name, create_system=0) for name in members_of(data)))(data)


def version_1(archive: Archive) -> bytes:
    """A file as the first releases wrote it, with the library safetensors."""
    members = {
        MANIFEST: b'{"format":"nlp_builder","version":1}',
        CONFIG: json.dumps(archive.config).encode(),
        VOCABULARIES: json.dumps(archive.vocabularies).encode(),
        WEIGHTS: safetensors.numpy.save(dict(archive.arrays)),
    }
    return sealed(members)


def appended(name: str | zipfile.ZipInfo, content: bytes = b"") -> Change:
    """One more member, as other programs add it."""

    def change(data: bytes) -> bytes:
        return zipped([*members_of(data).items(), (name, content)])

    return change


def renamed(old: str, new: str) -> Change:
    return lambda data: zipped((new if n == old else n, c) for n, c in members_of(data).items())


def described(name: str, **attributes: Any) -> Change:
    """The zip with something else about a member in its headers."""

    def change(data: bytes) -> bytes:
        infos = {info.filename: info for info in zipfile.ZipFile(io.BytesIO(data)).infolist()}
        for attribute, value in attributes.items():
            setattr(infos[name], attribute, value)
        return zipped((infos[n], content) for n, content in members_of(data).items())

    return change


def both(*changes: Change) -> Change:
    def change(data: bytes) -> bytes:
        for each in changes:
            data = each(data)
        return data

    return change
