"""How much of a file is read."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from nlp_builder import saving
from nlp_builder.saving import Archive, ArchiveError, Limits

FORMAT = Path(__file__).parents[2] / "FORMAT.md"
NAMES = [limit.name for limit in dataclasses.fields(Limits)]
DATA = saving.pack(
    Archive({"a": [[1]]}, {"words": ["b", "c"], "none": []}, {"x": np.zeros(3), "y": np.zeros(40)})
)
SIZES = saving.unpack(DATA).sizes
# What the file has of each; blocks and objects are counted by those who read the config.
HAS = {
    "file_bytes": len(DATA),
    "config_bytes": max(SIZES["manifest.json"], SIZES["config.json"]),
    "vocabulary_bytes": SIZES["vocabularies.json"],
    "tokens": 4,
    "values": 14,
    "arrays": 2,
    "nesting": 3,
}


@pytest.mark.parametrize("name", HAS)
def test_a_file_that_just_fits_is_read(name):
    assert saving.unpack(DATA, limits=Limits(**{name: HAS[name]})).config == {"a": [[1]]}


@pytest.mark.parametrize("name", HAS)
def test_an_error_says_what_to_pass_to_read_a_file_that_is_larger(name):
    limits = Limits(**{name: HAS[name] - 1})
    message = rf"{HAS[name]:,}, but the limit is {HAS[name] - 1:,}\. If you trust the file, pass "
    with pytest.raises(ArchiveError, match=message + rf"limits=Limits\({name}={HAS[name]}\)"):
        saving.unpack(DATA, limits=limits)


def test_the_limit_of_arrays_can_be_raised():
    arrays = {str(number): np.zeros(1, "int8") for number in range(10_001)}
    data = saving.pack(Archive({}, {}, arrays))
    with pytest.raises(ArchiveError, match=r"arrays in weights.safetensors: 10,001"):
        saving.unpack(data)
    assert len(saving.unpack(data, limits=Limits(arrays=10_001)).arrays) == 10_001


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0, ValueError, "expected {} as a positive number, got 0"),
        (-1, ValueError, "expected {} as a positive number, got -1"),
        (1.5, TypeError, "expected {} as a whole number, got 1.5"),
        (None, TypeError, "expected {} as a whole number, got None"),
        (True, TypeError, "expected {} as a whole number, got True"),
    ],
)
def test_limits_are_positive_whole_numbers(name, value, error, message):
    with pytest.raises(error, match=message.format(name)):
        Limits(**{name: value})


def test_the_limits_are_those_of_the_documented_format():
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+)(?: ([MG])iB)? \|", FORMAT.read_text("utf-8"), re.M)
    units = {"": 1, "M": 2**20, "G": 2**30}
    found = {name: int(number.replace(",", "")) * units[unit] for name, number, unit in rows}
    assert found == dataclasses.asdict(Limits())


def test_limits_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Limits().tokens = 3  # type: ignore[misc]  # what is tested
