"""Files that mean harm, or that came to harm: each has to end in ArchiveError, at little cost.

`HOSTILE` gives for a name how the bytes of a good file are changed, and what the error says.
`HOSTILE_FILES` has those that are too large for memory: they are written to a path, with holes.
"""

import zlib
from collections.abc import Callable
from pathlib import Path

from nlp_builder.saving import container
from tests.saving.forging import (
    CONFIG,
    MANIFEST,
    VOCABULARIES,
    WEIGHTS,
    Change,
    identity_with,
    members_of,
)
from tests.saving.hostile_containers import ZIPS
from tests.saving.hostile_tensors import TENSORS
from tests.saving.hostile_texts import MANIFESTS, TEXTS

GIB = 2**30
HOSTILE: dict[str, tuple[Change, str]] = {**ZIPS, **MANIFESTS, **TEXTS, **TENSORS}


def sparse(path: Path, begin: bytes, size: int, end: bytes = b"") -> None:
    """A file with a hole, which takes no place on the disk."""
    with open(path, "wb") as file:
        file.write(begin)
        file.seek(size - len(end))
        file.write(end)
        file.truncate(size)


def large_member(name: str, size: int) -> Callable[[Path, bytes], None]:
    """A good file but for one member that is large, and full of zeros."""

    def write(path: Path, data: bytes) -> None:
        parts = {n: container.Member(n, len(c), zlib.crc32(c)) for n, c in members_of(data).items()}
        parts[name] = container.Member(name, size, 0)
        contents = members_of(identity_with(name, bytes=size)(data))
        text = contents[MANIFEST]
        parts[MANIFEST] = container.Member(MANIFEST, len(text), zlib.crc32(text))
        with open(path, "wb") as file:
            for part in parts.values():
                file.write(container.local_header(part))
                if part.name == name:
                    file.seek(size, 1)
                else:
                    file.write(contents[part.name])
            file.write(container.directory([*parts.values()]))

    return write


HOSTILE_FILES: dict[str, tuple[Callable[[Path, bytes], None], str]] = {
    "empty file": (
        lambda path, data: path.write_bytes(b""),
        "is empty|there are no bytes",
    ),
    "17 GiB of nothing": (
        lambda path, data: sparse(path, data, 17 * GIB),
        "bytes of the file: 18,253,611,008, but the limit is 17,179,869,184",
    ),
    "3 GiB of nothing behind a good file": (
        lambda path, data: sparse(path, data, 3 * GIB),
        "bytes follow the end of the zip",
    ),
    "a good file at the end of nothing": (
        lambda path, data: sparse(path, b"", 3 * GIB, data),
        "not a file of nlp_builder",
    ),
    "a billion tokens": (
        large_member(VOCABULARIES, 3 * 10**9),
        "bytes of vocabularies.json: 3,000,000,000, but the limit is 268,435,456",
    ),
    "3 GB of config": (large_member(CONFIG, 3 * 10**9), "bytes of config.json: 3,000,000,000, but"),
    "6 GB of weights": (
        large_member(WEIGHTS, 6 * 10**9),
        "the header of weights.safetensors cannot be read",
    ),
}
