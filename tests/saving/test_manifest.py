"""The manifest: version, writers, sizes and hashes."""

import hashlib
import json

import pytest

from nlp_builder import saving
from nlp_builder.saving import Archive, ArchiveError
from tests.saving import forging
from tests.saving.example import packed


def test_it_tells_format_version_writers_and_parts():
    members = forging.members_of(packed())
    parts = {name: data for name, data in members.items() if name != "manifest.json"}
    assert json.loads(members["manifest.json"]) == {
        "format": "nlp_builder",
        "version": 2,
        "libraries": {"nlp_builder": "0.1.0"},
        "members": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in parts.items()
        },
    }


def test_writers_come_back():
    libraries = {"keras": "3.15.1", "nlp_builder": "0.1.0"}
    assert saving.unpack(saving.pack(Archive({}, libraries=libraries))).libraries == libraries


@pytest.mark.parametrize(
    ("libraries", "end"),
    [({"nlp_builder": "7.1"}, r" \(it was written by '7\.1'\)"), ({}, ""), ([1], ""), (None, "")],
)
def test_a_newer_file_says_what_wrote_it_if_it_tells(libraries, end):
    newer = forging.manifest_with(version=3, libraries=libraries)(packed())
    with pytest.raises(ArchiveError, match=f"install a newer nlp_builder{end}$"):
        saving.unpack(newer)
