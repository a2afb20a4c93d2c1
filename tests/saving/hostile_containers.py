"""Containers that are not quite those of nlp_builder, and other formats."""

import gzip
import io
import struct
import zipfile
import zlib

from tests.saving.forging import (
    CENTRAL,
    CONFIG,
    END,
    LOCAL,
    MANIFEST,
    VOCABULARIES,
    WEIGHTS,
    Change,
    appended,
    both,
    described,
    member,
    members_of,
    patched,
    renamed,
    zipped,
)

PICKLE = b"\x80\x04\x95\x15\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93."
OLD_PICKLE = b"cos\nsystem\n(S'true'\ntR."
TAR = b"block.nlpb".ljust(257, b"\0") + b"ustar\x0000" + bytes(248)
GIB = 2**30


def deflated_zeros(name: str) -> Change:
    """A member of 1 GiB of zeros in a few KiB, as zip programs write it."""

    def change(data: bytes) -> bytes:
        packer = zlib.compressobj(wbits=-15)
        piece = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
        content = piece * 1024 + zlib.compressobj(wbits=-15).flush()
        others = {**members_of(data), name: content}
        place = [*others].index(name)
        sizes = struct.pack("<HLLLL", 8, 1 << 5 | 1, 0, len(content), GIB)
        patches = [patched(LOCAL, place, 8, sizes[:2]), patched(LOCAL, place, 22, sizes[-4:])]
        patches += [patched(CENTRAL, place, 10, sizes[:2]), patched(CENTRAL, place, 24, sizes[-4:])]
        return both(*patches)(zipped(others.items()))

    return change


def nested_bomb(data: bytes) -> bytes:
    inner = zipped([(CONFIG, deflated_zeros(CONFIG)(data))])
    return member(CONFIG, zipped([(str(number), inner) for number in range(3)]))(data)


def crowded_directory(data: bytes) -> bytes:
    """A zip of a million entries without a name."""
    entry = struct.pack("<4s2B5H3L5H2L", CENTRAL, *(20, 3, 20), *[0] * 14)
    start = data.index(CENTRAL)
    end = struct.pack("<4s4H2LH", END, 0, 0, 0xFFFF, 0xFFFF, len(entry) * 10**6, start, 0)
    return data[:start] + entry * 10**6 + end


def overlapping_members(data: bytes) -> bytes:
    """Two entries of the directory lead to one place."""
    place = zipfile.ZipFile(io.BytesIO(data)).getinfo(CONFIG).header_offset
    return patched(CENTRAL, 2, 42, struct.pack("<L", place))(data)


def linked(data: bytes) -> bytes:
    return described(CONFIG, external_attr=0o120777 << 16)(data)


def other_crc(data: bytes) -> bytes:
    """A CRC that is wrong in both places, so that the zip agrees with itself."""
    place = data.index(CENTRAL) + 16
    crc = struct.pack("<L", int.from_bytes(data[place : place + 4], "little") ^ 1)
    return both(patched(LOCAL, 0, 14, crc), patched(CENTRAL, 0, 16, crc))(data)


def twice(data: bytes) -> bytes:
    return appended("confih.json", b"{}")(data).replace(b"confih.json", b"config.json")


def without(*names: str) -> Change:
    return lambda data: zipped((n, c) for n, c in members_of(data).items() if n not in names)


def in_order(*names: str) -> Change:
    return lambda data: zipped((name, members_of(data)[name]) for name in names)


ZIPS: dict[str, tuple[Change, str]] = {
    "nothing": (lambda _: b"", "the file is empty|there are no bytes"),
    "zeros": (lambda _: bytes(1000), "not a file of nlp_builder but other content"),
    "pickle": (lambda _: PICKLE, "not a file of nlp_builder but a pickle"),
    "pickle of an old protocol": (lambda _: OLD_PICKLE, "not a file of nlp_builder but other"),
    "pickle in a zip": (lambda _: zipped([("archive/data.pkl", PICKLE)]), "expected the member ma"),
    "pickle among members": (appended("data.pkl", PICKLE), "found the member b'data.pkl'"),
    "pickle as config": (member(CONFIG, PICKLE), "config.json cannot be read"),
    "joblib": (lambda _: zlib.compress(PICKLE), "not a file of nlp_builder but other content"),
    "HDF5": (lambda _: b"\x89HDF\r\n\x1a\n" + bytes(1000), "not a file of nlp_builder but HDF5"),
    "gzip": (lambda data: gzip.compress(data), "not a file of nlp_builder but gzip"),
    "tar": (lambda _: TAR, "not a file of nlp_builder but other content"),
    "numpy": (lambda _: b"\x93NUMPY\x01\0", "not a file of nlp_builder but other content"),
    "Keras": (lambda _: zipped([("metadata.json", b"{}")]), "expected the member manifest.json"),
    "safetensors": (lambda data: members_of(data)[WEIGHTS], "not a file of nlp_builder but other"),
    "zip without members": (lambda _: zipped([]), "a zip without members"),
    "prefix": (lambda data: b"#!/bin/sh\n" + data, "not a file of nlp_builder but other content"),
    "zip as prefix": (lambda data: data + data, "bytes follow the end of the zip"),
    "suffix": (lambda data: data + b"\0", "1 bytes follow the end of the zip"),
    "comment": (lambda data: data[:-2] + b"\2\0PK", "the record that ends the zip"),
    "one name twice": (twice, "expected the zip directory at byte .*, found the member b'config"),
    "no manifest": (without(MANIFEST), "expected the member manifest.json at byte 0, found the"),
    "no config": (without(CONFIG), "expected the member config.json at byte .*found the member"),
    "no vocabularies": (without(VOCABULARIES), "expected the member vocabularies.json at byte"),
    "no weights": (without(WEIGHTS), "expected the member weights.safetensors at byte .* no memb"),
    "added member": (appended("more.json"), "found the member b'more.json'"),
    "folder": (appended("folder/"), "found the member b'folder/'"),
    "path upward": (appended("../../evil.py", b"x"), "found the member b'../../evil.py'"),
    "absolute path": (appended("/etc/passwd", b"x"), "found the member b'/etc/passwd'"),
    "Windows path": (renamed(CONFIG, "C:\\config.json"), "the member config.json at byte .*found"),
    "name upward": (renamed(CONFIG, "../config.json"), "found the member b'../config.json'"),
    "name in capitals": (renamed(CONFIG, "Config.json"), "found the member b'Config.json'"),
    "other order": (in_order(CONFIG, MANIFEST, VOCABULARIES, WEIGHTS), "expected the member mani"),
    "link": (linked, "entry of config.json in the zip directory differs in its attributes"),
    "executable": (described(CONFIG, external_attr=0o755 << 16), "in its attributes"),
    "comment of a member": (described(WEIGHTS, comment=b"x"), "lengths of name, extra field and"),
    "extra field": (described(CONFIG, extra=b"\1\0\1\0x"), "in its lengths of name and extra"),
    "time": (lambda data: patched(LOCAL, 1, 10, b"\1")(data), "in its time"),
    "other system": (described(CONFIG, create_system=7), "in its version of zip"),
    "zip bomb": (deflated_zeros(CONFIG), "zip header of config.json .* in its compression: 8"),
    "zip bomb in the weights": (deflated_zeros(WEIGHTS), "weights.safetensors .* in its compress"),
    "zip bomb in the manifest": (deflated_zeros(MANIFEST), "manifest.json .* in its compress"),
    "zip bombs in zips": (nested_bomb, "config.json cannot be read"),
    "size of 4 GB": (patched(LOCAL, 1, 22, b"\xfe\xff\xff\xff"), "config.json .* in its version"),
    "sizes of 4 GB": (
        patched(LOCAL, 1, 18, b"\xfe\xff\xff\xff" * 2),
        "config.json .* in its version",
    ),
    "sizes of 1 GB": (patched(LOCAL, 1, 18, b"\0\0\0\x40" * 2), "has 1,073,741,824 bytes by its"),
    "size of zip64, of which there is none": (patched(LOCAL, 1, 18, b"\xff" * 8), "in its version"),
    "packed size": (patched(LOCAL, 3, 18, b"\1\0\0\0"), "weights.safetensors .* in its size"),
    "size in the directory": (patched(CENTRAL, 1, 24, b"\xff" * 4), "entry of config.json .* size"),
    "encrypted": (patched(LOCAL, 1, 6, b"\1\0"), "config.json .* in its flags: 1, expected"),
    "size follows": (patched(LOCAL, 0, 6, b"\x08\0"), "manifest.json .* in its flags: 8, expected"),
    "encrypted in the directory": (patched(CENTRAL, 1, 8, b"\1\0"), "in its flags: 1, expected"),
    "newer zip": (patched(LOCAL, 0, 4, b"\x63\0"), "in its version of zip: 99, expected"),
    "other disk": (patched(CENTRAL, 0, 34, b"\1\0"), "entry of manifest.json .* in its disk"),
    "overlapping members": (overlapping_members, "entry of vocabularies.json .* in its place"),
    "no directory": (lambda data: data[: data.index(CENTRAL)], "has no entry of manifest.json"),
    "lost entry": (lambda data: data.replace(CENTRAL, b"PK\1\3"), "has no entry of manifest.json"),
    "crowded directory": (crowded_directory, "entry of manifest.json in the zip directory"),
    "too few entries": (patched(END, 0, 8, b"\3\0\3\0"), "the record that ends the zip"),
    "directory elsewhere": (patched(END, 0, 16, b"\0\0\0\0"), "the record that ends the zip"),
    "wrong CRC": (other_crc, "manifest.json has another CRC than its zip header gives for it"),
}
