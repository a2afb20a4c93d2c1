"""Manifests, configurations and vocabularies that nlp_builder never writes."""

from tests.saving.forging import (
    CONFIG,
    VOCABULARIES,
    WEIGHTS,
    Change,
    identity_with,
    manifest,
    manifest_with,
    member,
)

PICKLE = b"\x80\x04\x95\x15\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93."
OLD_PICKLE = b"cos\nsystem\n(S'true'\ntR."
TAR = b"block.nlpb".ljust(257, b"\0") + b"ustar\x0000" + bytes(248)
GIB = 2**30

MANIFESTS: dict[str, tuple[Change, str]] = {
    "manifest is a list": (manifest(b"[]"), "manifest.json holds list, expected an object"),
    "manifest is empty": (manifest(b""), "manifest.json cannot be read"),
    "manifest is deep": (manifest(b"[" * 100_000), "levels of manifest.json: 100,000, but the li"),
    "manifest has NaN": (manifest(b'{"version":NaN}'), "NaN is no number of JSON"),
    "manifest has a key twice": (manifest(b'{"a":1,"a":1}'), "the key 'a' is there twice"),
    "manifest has a huge number": (
        manifest(b'{"version":' + b"9" * 10**6 + b"}"),
        "a number has 1,000,000 digits",
    ),
    "manifest is not UTF-8": (manifest(b'{"a":"\xff"}'), "manifest.json cannot be read: 'utf-8'"),
    "manifest has a byte order mark": (manifest(b"\xef\xbb\xbf{}"), "Unexpected UTF-8 BOM"),
    "manifest is UTF-16": (manifest('{"a":1}'.encode("utf-16-le")), "manifest.json cannot be r"),
    "manifest is too large": (manifest(b" " * 5 * 2**20), "bytes of manifest.json: 5,242,880, but"),
    "other format": (manifest_with(format="other"), "manifest.json names the format 'other'"),
    "no format": (manifest_with(format=None), "manifest.json names the format None"),
    "version 0": (manifest_with(version=0), "manifest.json names the version 0"),
    "version -1": (manifest_with(version=-1), "manifest.json names the version -1"),
    "version true": (manifest_with(version=True), "manifest.json names the version True"),
    "version '2'": (manifest_with(version="2"), "manifest.json names the version '2'"),
    "version 1.5": (manifest_with(version=1.5), "manifest.json names the version 1.5"),
    "no version": (manifest_with(version=None), "manifest.json names the version None"),
    "newer version": (manifest_with(version=99), "version 99 .* install a newer nlp_builder"),
    "libraries in version 1": (manifest_with(version=1), "has the unknown .'libraries'"),
    "no libraries": (manifest_with(libraries=None), "manifest.json lacks .'libraries'"),
    "libraries are a list": (manifest_with(libraries=[]), "libraries in manifest.json are no ver"),
    "a library has a number": (manifest_with(libraries={"keras": 3}), "are no versions by name"),
    "manifest has more": (manifest_with(url="http://"), "has the unknown .'url'"),
    "no list of members": (manifest_with(members=[]), "list of members in manifest.json is list"),
    "members lack one": (manifest_with(members={CONFIG: {}}), "list of members in manifest.json l"),
    "members name another": (identity_with("../evil", bytes=1), "the unknown .'../evil'"),
    "a member is described by more": (identity_with(CONFIG, url="x"), "has the unknown .'url'"),
    "size is true": (identity_with(CONFIG, bytes=True), "has the size True"),
    "size is a fraction": (identity_with(CONFIG, bytes=1.0), "has the size 1.0"),
    "wrong size": (identity_with(CONFIG, bytes=1), "config.json has .* manifest.json says 1"),
    "size is huge": (identity_with(WEIGHTS, bytes=2**70), "weights.safetensors has .* says 118059"),
    "wrong hash of config": (identity_with(CONFIG, sha256="0" * 64), "config.json differs from t"),
    "wrong hash of vocabularies": (identity_with(VOCABULARIES, sha256=""), "vocabularies.json dif"),
    "wrong hash of weights": (identity_with(WEIGHTS, sha256=1), "weights.safetensors differs from"),
}
TEXTS: dict[str, tuple[Change, str]] = {
    "config is a list": (member(CONFIG, b"[1]"), "config.json holds list, expected an object"),
    "config is deep": (member(CONFIG, b'{"a":' * 100_000), "levels of config.json: 100,000, but"),
    "config is a bit deep": (member(CONFIG, b"[" * 101 + b"]" * 101), "levels of config.json: 101"),
    "config has NaN": (member(CONFIG, b'{"a":NaN}'), "NaN is no number of JSON"),
    "config has infinity": (member(CONFIG, b'{"a":-Infinity}'), "-Infinity is no number of JSON"),
    "config has a number too large": (member(CONFIG, b'{"a":1e999}'), "number 1e999 is too large"),
    "config has a long number": (member(CONFIG, b'{"a":-' + b"1" * 5000 + b"}"), "5,001 digits"),
    "config has a key twice": (member(CONFIG, b'{"a":{"b":1,"b":2}}'), "key 'b' is there twice"),
    "config has many keys twice": (
        member(CONFIG, b"{" + b'"":1,' * 100_000 + b'"":1}'),
        "the key '' is there twice",
    ),
    "config ends early": (member(CONFIG, b'{"a":"'), "config.json cannot be read: Unterminated"),
    "config is too large": (
        member(CONFIG, b" " * 5 * 2**20),
        "config.json: 5,242,880, but the",
    ),
    "vocabularies are a list": (member(VOCABULARIES, b'["a"]'), "vocabularies.json holds list"),
    "vocabulary is an object": (member(VOCABULARIES, b'{"a":{"b":"c"}}'), "'a' is dict, expected"),
    "vocabulary is a text": (member(VOCABULARIES, b'{"a":"b"}'), "'a' is str, expected a list"),
    "vocabulary is a path": (member(VOCABULARIES, b'{"a":"/etc/passwd"}'), "'a' is str, expected"),
    "number in a vocabulary": (member(VOCABULARIES, b'{"a":["b",1]}'), "strings, found int"),
    "null in a vocabulary": (member(VOCABULARIES, b'{"a":[null]}'), "strings, found NoneType"),
    "list in a vocabulary": (member(VOCABULARIES, b'{"a":["b",["c"]]}'), "strings, found list"),
    "token twice": (member(VOCABULARIES, b'{"a":["b","c","b"]}'), "the token 'b' is there 2 times"),
    "name of a vocabulary twice": (member(VOCABULARIES, b'{"a":[],"a":[]}'), "'a' is there twice"),
    "15 million tokens": (
        member(VOCABULARIES, lambda: b'{"a":[' + b'"",' * 15_000_000 + b'""]}'),
        r"vocabularies in vocabularies.json: 15,000,00.* pass limits=Limits\(tokens=15000002\)",
    ),
    "20 million numbers": (
        member(VOCABULARIES, lambda: b'{"a":[' + b"1," * 20_000_000 + b"1]}"),
        "vocabularies.json holds more than lists of strings: 20,000,002 values",
    ),
    "10 million lists": (
        member(VOCABULARIES, lambda: b'{"a":[' + b"[]," * 10_000_000 + b"1]}"),
        "vocabularies.json holds more than lists of strings: 20,000,002 values",
    ),
    "many tokens among escapes": (
        member(VOCABULARIES, lambda: b'{"a":[' + b'"\\\\","\\"",' * 4_000_000 + b'"b"]}'),
        "vocabularies in vocabularies.json: 8,000,00",
    ),
    "deep vocabulary": (
        member(VOCABULARIES, b"[" * 1_000_000),
        "holds more than lists of strings: 1,000",
    ),
    "deep vocabulary of names": (
        member(VOCABULARIES, b'{"a":' * 1_000_000),
        "vocabularies in vocabularies.json: 999,999, but the limit is 10,000",
    ),
    "brackets": (member(VOCABULARIES, lambda: b"[" * 40_000_000), "holds more than lists of st"),
    "backslashes": (
        member(VOCABULARIES, lambda: b"\\" * 40_000_000),
        "vocabularies.json cannot",
    ),
    "one long token": (
        member(VOCABULARIES, lambda: b'{"a":["' + b"b" * 40_000_000 + b'",1]}'),
        "strings, found int",
    ),
}
