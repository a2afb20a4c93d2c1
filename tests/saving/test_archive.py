"""Plain values, lists of strings and arrays to bytes and back, and no byte that does not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_builder import saving
from nlp_builder.saving import Archive, ArchiveError, Limits
from tests.saving import forging
from tests.saving.example import example, packed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)  # fmt: skip


def test_content_comes_back():
    kept = saving.unpack(packed())
    assert kept.config == example().config
    assert kept.vocabularies == example().vocabularies
    assert kept.libraries == {"nlp_builder": "0.1.0"}
    assert kept.version == saving.FORMAT_VERSION == 2
    for name, array in example().arrays.items():
        assert kept.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(kept.arrays[name], array)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_any_plain_values_come_back(config):
    assert saving.unpack(saving.pack(Archive(config))).config == config


@given(st.dictionaries(st.text(), st.lists(st.text(st.characters()), unique=True), max_size=3))
def test_any_tokens_come_back(vocabularies):
    kept = saving.unpack(saving.pack(Archive({}, vocabularies)))
    assert kept.vocabularies == vocabularies


def test_an_archive_of_nothing_comes_back():
    kept = saving.unpack(saving.pack(Archive({})))
    assert (kept.config, kept.vocabularies, kept.arrays, kept.libraries) == ({}, {}, {}, {})


def test_same_content_gives_same_bytes_whatever_the_order_of_names():
    given = example()
    turned = Archive(
        dict(reversed(given.config.items())),
        dict(reversed(given.vocabularies.items())),
        dict(reversed(given.arrays.items())),
        given.libraries,
    )
    assert saving.pack(turned) == packed()
    assert saving.pack(saving.unpack(packed())) == packed()


def test_sizes_are_those_of_the_members():
    members = forging.members_of(packed())
    assert saving.unpack(packed()).sizes == {name: len(data) for name, data in members.items()}


def test_arrays_are_views_of_the_bytes():
    data = bytearray(packed())
    array = saving.unpack(data).arrays["matrix"]
    assert np.shares_memory(array, np.frombuffer(data, np.uint8))
    array[1, 2] = 7
    with pytest.raises(ArchiveError, match=r"weights.safetensors has another CRC"):
        saving.unpack(data)
    assert not saving.unpack(packed()).arrays["matrix"].flags.writeable


def test_what_a_file_cannot_hold_is_refused():
    with pytest.raises(TypeError, match="not JSON serializable"):
        saving.pack(Archive({"object": object()}))
    with pytest.raises(ValueError, match="Out of range float values"):
        saving.pack(Archive({"number": float("nan")}))
    with pytest.raises(TypeError, match="expected config as a dict, got list"):
        saving.pack(Archive([]))  # type: ignore[arg-type]  # what is tested
    with pytest.raises(TypeError, match="expected an Archive, got dict"):
        saving.pack({})  # type: ignore[arg-type]  # what is tested
    with pytest.raises(TypeError, match=r"expected libraries as versions \(str\) by name"):
        saving.pack(Archive({}, libraries={"keras": 3}))  # type: ignore[dict-item]  # what is tested


def test_an_archive_of_an_older_version_is_not_written_as_a_new_one():
    with pytest.raises(ValueError, match="expected an archive of version 2, got 1"):
        saving.pack(Archive({}, version=1))


def test_paths_are_told_from_bytes():
    with pytest.raises(TypeError, match="got str: for a path, call load"):
        saving.unpack("block.nlpb")  # type: ignore[arg-type]  # what is tested


def test_a_truncated_file_is_refused_at_each_length():
    for length in range(len(packed())):
        with pytest.raises(ArchiveError):
            saving.unpack(packed()[:length])


def test_a_large_file_is_refused_when_truncated_at_each_kib():
    data = saving.pack(Archive({}, {}, {"matrix": np.ones(2**18, "float32")}))
    ends = [*range(1024), *range(1024, len(data) - 1024, 1024), *range(len(data) - 1024, len(data))]
    for length in ends:
        with pytest.raises(ArchiveError):
            saving.unpack(memoryview(data)[:length])


def test_each_flipped_bit_is_refused():
    data = bytearray(packed())
    for bit in range(8 * len(data)):
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ArchiveError):
            saving.unpack(data)
        data[bit // 8] ^= 1 << bit % 8
    assert data == packed()


def test_thousands_of_other_changes_are_refused():
    generator = np.random.default_rng(5)
    for _ in range(3000):
        data = bytearray(packed())
        start, length = generator.integers(len(data)), generator.integers(1, 40)
        kind = generator.integers(4)
        part = data[start : start + length]
        elsewhere = int(generator.integers(len(data) - length))
        data[start : start + length] = [
            generator.bytes(len(part)),  # noise
            b"",  # a piece is lost
            part + part,  # a piece is twice
            data[elsewhere : elsewhere + length],  # a piece of another place
        ][kind]
        if data != packed():
            with pytest.raises(ArchiveError):
                saving.unpack(data)


@settings(max_examples=300)
@given(st.binary(max_size=300), st.sampled_from([0, 4, 30, 43]))
def test_any_bytes_end_in_the_one_error(noise, kept):
    with pytest.raises(ArchiveError):
        saving.unpack(packed()[:kept] + noise)


@settings(max_examples=300)
@given(
    st.sampled_from([forging.CONFIG, forging.VOCABULARIES, forging.WEIGHTS]),
    st.binary(max_size=60) | JSON.map(lambda value: saving.pack(Archive({"a": value}))[:200]),
)
def test_any_content_of_a_member_loads_or_ends_in_the_one_error(name, content):
    data = forging.member(name, content)(packed())
    try:
        kept = saving.unpack(data)
    except ArchiveError:
        return
    assert kept.sizes[name] == len(content)


def test_a_file_of_version_1_loads():
    kept = saving.unpack(forging.version_1(example()))
    assert (kept.version, kept.libraries) == (1, {})
    assert kept.config == example().config
    assert kept.vocabularies == example().vocabularies
    for name, array in example().arrays.items():
        np.testing.assert_array_equal(kept.arrays[name], array)


def test_only_a_file_of_version_1_may_come_from_windows():
    assert saving.unpack(forging.from_windows(forging.version_1(example()))).version == 1
    with pytest.raises(
        ArchiveError, match=r"entry of manifest.json .* differs in its version of z"
    ):
        saving.unpack(forging.from_windows(packed()))


def test_a_newer_version_says_what_to_do_whatever_else_it_holds():
    newer = forging.both(
        forging.manifest_with(version=3, libraries={"nlp_builder": "0.9"}, more=1, members=None),
        forging.renamed(forging.CONFIG, "blocks.json"),
    )(packed())
    message = r"version 3 .* reads 1 to 2: install a newer nlp_builder \(it was written by '0.9'\)"
    with pytest.raises(ArchiveError, match=message):
        saving.unpack(newer)


def test_limits_are_handed_on():
    with pytest.raises(ArchiveError, match=r"tokens .*: 10, but the limit is 9"):
        saving.unpack(packed(), limits=Limits(tokens=9))
    assert saving.unpack(packed(), limits=Limits(tokens=10)).vocabularies
