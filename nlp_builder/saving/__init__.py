"""The archive: configuration, vocabularies and arrays to a file and back.

A file is a stored (uncompressed) zip of exactly four members: `manifest.json`, `config.json`,
`vocabularies.json` and `weights.safetensors`; FORMAT.md describes each byte. Nothing in it is code,
no path in it is followed, no class is imported by name. The same content gives the same bytes.
"""

from nlp_builder.saving.archive import Archive, pack, unpack
from nlp_builder.saving.errors import ArchiveError
from nlp_builder.saving.files import open_archive, write, write_pieces
from nlp_builder.saving.limits import Limits
from nlp_builder.saving.manifest import FORMAT_NAME, FORMAT_VERSION, OLDEST_VERSION
from nlp_builder.saving.tensor_types import is_finite

__all__ = [
    "FORMAT_NAME",
    "FORMAT_VERSION",
    "OLDEST_VERSION",
    "Archive",
    "ArchiveError",
    "Limits",
    "is_finite",
    "open_archive",
    "pack",
    "unpack",
    "write",
    "write_pieces",
]
