"""Rows that are made when they are asked for."""

import numpy as np
import pandas
import pyarrow
import pytest

from nlp_builder.text import lazy_map

ROWS = [["a"], ["b", "c"], []]


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        tuple(ROWS),
        pandas.Series(ROWS, index=[2, 0, 1]),
        pandas.Series(ROWS, index=["x", "y", "z"])[::1],
        pyarrow.array(ROWS),
        lazy_map(list, ROWS),
    ],
)
def test_a_function_is_applied_by_position(rows):
    lengths = lazy_map(len, rows)
    assert [*lengths] == [1, 2, 0] and lengths[-2] == 2 and [*lengths[1:]] == [2, 0]


def test_rows_of_arrays_and_of_numbers():
    numbers = pandas.Series([3, 4, 5])[::-1]
    assert [*lazy_map(int, numbers)] == [*lazy_map(int, np.array([5, 4, 3]))] == [5, 4, 3]
    assert [*lazy_map(sum, np.eye(2))] == [1, 1]


@pytest.mark.parametrize(
    "rows",
    [
        {"a": 1},
        {"a"},
        (row for row in ROWS),
        "abc",
        b"abc",
        3,
        np.array(3),
        None,
        pandas.DataFrame({"a": [1]}),
    ],
)
def test_what_is_no_sequence_is_refused(rows):
    with pytest.raises(TypeError, match="expected rows in a list, a Series, an array or LazyRows"):
        lazy_map(len, rows)


def test_what_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match=r"expected a function of a row, got \[\['a'\], .*pass it"):
        lazy_map(ROWS, len)
