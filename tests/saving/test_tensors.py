"""The layout of safetensors: read and written as the library does, and aligned."""

import json
import struct

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from nlp_builder import saving
from nlp_builder.saving import Archive, is_finite
from nlp_builder.saving.tensor_reader import Tensor, arrays_from, layout_of
from nlp_builder.saving.tensor_types import ITEM_SIZES, numpy_type, type_name
from nlp_builder.saving.tensor_writer import weights_to
from tests.saving import forging

DTYPES = [
    np.dtype(ml_dtypes.bfloat16) if name == "BF16" else numpy_type(name) for name in ITEM_SIZES
]
BRAIN = np.dtype(ml_dtypes.bfloat16)
MIB = 2**20


def strategy(dtype: np.dtype) -> st.SearchStrategy[np.ndarray]:
    shapes = arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    if dtype == BRAIN:
        numbers = arrays_of.arrays("int8", shapes)
        return numbers.map(lambda array: array.astype(BRAIN))
    finite = {"allow_nan": False, "allow_infinity": False} if dtype.kind == "f" else {}
    return arrays_of.arrays(dtype, shapes, elements=arrays_of.from_dtype(dtype, **finite))


ARRAYS = st.dictionaries(
    st.text(st.characters(codec="utf-8")).filter(
        lambda name: not name.startswith(("padding/", "__"))
    ),
    st.sampled_from(DTYPES).flatmap(strategy),
    max_size=6,
)


def content_of(arrays: dict[str, np.ndarray]) -> bytes:
    return b"".join(weights_to(arrays))


def read(content: bytes) -> dict[str, np.ndarray]:
    return arrays_from(layout_of(memoryview(content), saving.Limits()))


def header_of(content: bytes) -> dict:
    return json.loads(content[8 : 8 + struct.unpack_from("<Q", content)[0]])


def check_equal(found: np.ndarray, expected: np.ndarray) -> None:
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert found.tobytes() == expected.tobytes()


@given(ARRAYS)
def test_any_arrays_come_back(arrays):
    kept = saving.unpack(saving.pack(Archive({}, {}, arrays))).arrays
    assert kept.keys() == arrays.keys()
    for name, array in arrays.items():
        check_equal(kept[name], array)


@given(ARRAYS)
def test_the_library_reads_what_is_written(arrays):
    found = dict(safetensors.deserialize(content_of(arrays)))
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name]["dtype"] == type_name(array.dtype)
        assert tuple(found[name]["shape"]) == array.shape
        assert bytes(found[name]["data"]) == array.tobytes()


@given(ARRAYS)
def test_what_the_library_writes_is_read(arrays):
    kept = read(safetensors.numpy.save(arrays))
    assert kept.keys() == arrays.keys()
    for name, array in arrays.items():
        check_equal(kept[name], array)


@pytest.mark.parametrize("before", range(1, 140, 23))
def test_large_arrays_begin_at_multiples_of_64_bytes_of_the_file(before):
    arrays = {
        "large": np.ones(MIB // 4, "float32"),
        "odd": np.ones(before, "float64"),
        "larger": np.ones((5, MIB + 3), "int8"),
        "small": np.ones(7, "float16"),
    }
    data = saving.pack(Archive({"a": "b" * before}, {}, arrays))
    header = header_of(weights := forging.members_of(data)["weights.safetensors"])
    begin = data.index(weights[:200]) + 8 + struct.unpack_from("<Q", weights)[0]
    starts = {name: begin + entry["data_offsets"][0] for name, entry in header.items()}
    assert starts["large"] % 64 == starts["larger"] % 64 == 0
    assert all(start % ITEM_SIZES[header[name]["dtype"]] == 0 for name, start in starts.items())
    assert {name for name in header if name.startswith("padding/")} <= {"padding/0", "padding/1"}
    for name, array in saving.unpack(data).arrays.items():
        check_equal(array, arrays[name])


def test_large_arrays_are_aligned_in_a_map(tmp_path):
    arrays = {"large": np.ones(MIB, "float32"), "odd": np.ones(3, "float64")}
    saving.write(tmp_path / "block.nlpb", Archive({}, {}, arrays))
    large = saving.open_archive(tmp_path / "block.nlpb").arrays["large"]
    assert large.ctypes.data % 64 == 0


def test_the_order_is_by_item_size_then_bytes_then_name():
    arrays = {
        "b": np.ones(2, "float32"),
        "a": np.ones(2, "int32"),
        "c": np.ones(3, "float32"),
        "d": np.ones(1, "float64"),
        "e": np.ones(99, "int8"),
    }
    header = header_of(content_of(arrays))
    assert sorted(header, key=lambda name: header[name]["data_offsets"]) == [*"dcabe"]


def test_arrays_are_not_copied():
    array = np.ones((300, 200), "float32")
    _, part = weights_to({"array": array})
    assert np.shares_memory(part, array)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype="float32").reshape(3, 4).T,
        np.arange(12, dtype=">f4"),
        np.arange(12, dtype="int16")[::-2],
        np.ones((2, 2), order="F"),
        np.array(3, ">i8"),
    ],
    ids=["turned", "other bytes first", "backwards", "columns first", "one number"],
)
def test_arrays_that_lie_otherwise_come_back(array):
    kept = read(content_of({"array": array}))["array"]
    assert (kept.shape, kept.dtype) == (array.shape, array.dtype.newbyteorder("<"))
    np.testing.assert_array_equal(kept, array)


@pytest.mark.parametrize("dtype", ["complex64", "object", "U3", "datetime64[s]", "longdouble"])
def test_other_types_are_refused(dtype):
    with pytest.raises(TypeError, match=r"cannot keep the array 'a' .*expected one of BOOL, U8"):
        weights_to({"a": np.zeros(2, dtype)})


@pytest.mark.parametrize("name", ["padding/0", "padding/x", "__metadata__"])
def test_names_of_the_format_are_refused(name):
    with pytest.raises(ValueError, match=f"cannot name an array '{name}'"):
        weights_to({name: np.zeros(2)})
    with pytest.raises(TypeError, match="expected names of arrays as str, got 3"):
        weights_to({3: np.zeros(2)})  # type: ignore[dict-item]  # what is tested


def test_gaps_are_hidden():
    entry = {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}
    header = json.dumps({"padding/0": entry}).encode()
    layout = layout_of(
        memoryview(struct.pack("<Q", len(header)) + header + b"\0\0"), saving.Limits()
    )
    assert layout.tensors == (Tensor("padding/0", "U8", (2,), 0, 2),)
    assert arrays_from(layout) == {}


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype.kind in "fV"], ids=str)
@pytest.mark.parametrize("wrong", [np.nan, -np.nan, np.inf, -np.inf])
def test_one_wrong_number_is_found_wherever_it_stands(dtype, wrong):
    array = np.zeros(70_000, dtype)
    array[::7] = ml_dtypes.finfo(dtype).max
    array[3::7] = ml_dtypes.finfo(dtype).smallest_subnormal
    assert is_finite(array)
    for place in (0, 65_535, 65_536, 69_999):
        array[place] = wrong
        assert not is_finite(array)
        assert not is_finite(array[::-1])
        array[place] = 0


def test_other_arrays_are_finite():
    assert is_finite(np.zeros((0, 3)))
    assert is_finite(np.array(["text"]))
    assert is_finite(np.full(3, 2**31 - 1, "int32"))
    assert is_finite(np.ones(3, ">f4"))
    assert not is_finite(np.array(np.inf, ">f8"))
