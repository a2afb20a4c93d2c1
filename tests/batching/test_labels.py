"""Targets and weights in all the forms in which people have them."""

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.batching.labels import Labels, read_labels

LENGTHS = np.array([2, 1, 3])


def labels(values, kind="target") -> Labels:
    return Labels(values, 3, kind, lambda: LENGTHS)


def taken(values, kind="target", rows=(0, 1, 2), width=3):
    return labels(values, kind).take(np.array(rows), width=width)


@pytest.mark.parametrize(
    "values",
    [
        [3, 1, 2],
        np.array([3, 1, 2]),
        pandas.Series([3, 1, 2], index=[2, 0, 1]),
        pandas.Index([3, 1, 2]),
        pandas.DataFrame({"y": [3, 1, 2]}, index=["c", "a", "b"])["y"],
        pandas.Series([3, 1, 2], dtype="Int64"),
        pandas.Series([3, 1, 2], dtype=object),
    ],
    ids=lambda values: f"{type(values).__name__}-{getattr(values, 'dtype', '')}",
)
def test_numbers_are_taken_by_position(values):
    assert taken(values, rows=[2, 0]).tolist() == [2, 3]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2, 3], "int64"),
        (np.array([1, 2, 3], "uint8"), "uint8"),
        ([1.5, 2, 3], "float32"),
        (np.array([1, 2, 3], "float64"), "float32"),
        ([True, False, True], "float32"),
        ([[1], [2, 3][:1], [1, 2, 3]][:0] or [[1, 2], [3], [4, 5, 6]], "int32"),
    ],
)
def test_whole_numbers_stay_whole_and_others_become_float32(values, dtype):
    assert taken(values).dtype == dtype
    assert taken(values, "weight").dtype == "float32"


def test_rows_of_an_array_are_kept_whole():
    one_hot = np.eye(3, dtype="float32")
    np.testing.assert_array_equal(taken(one_hot, rows=[1, 2]), one_hot[1:])


@pytest.mark.parametrize("collection", [list, pandas.Series])
def test_tags_of_tokens_are_padded_and_cut(collection):
    tags = collection([[1, 2], [3], [4, 5, 6]])
    assert taken(tags, width=4).tolist() == [[1, 2, 0, 0], [3, 0, 0, 0], [4, 5, 6, 0]]
    assert taken(tags, width=2, rows=[2, 1]).tolist() == [[4, 5], [3, 0]]


def test_weights_of_tokens_are_zero_beyond_the_text():
    weights = taken([[1, 0.5], [0.25], [1, 1, 1]], "weight", rows=[0, 1], width=3)
    assert weights.dtype == "float32"
    assert weights.tolist() == [[1, 0.5, 0], [0.25, 0, 0]]


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), min_size=1, max_size=8), st.integers(1, 8))
def test_any_tags_come_back_cut_at_the_width(tags, width):
    lengths = np.array([len(row) for row in tags])
    array = Labels(tags, len(tags), "target", lambda: lengths).take(
        np.arange(len(tags)), width=width
    )
    expected = [(row + [0] * width)[:width] for row in tags]
    assert array.tolist() == expected


def test_outputs_keep_their_names_or_their_places():
    several = {"spam": [0, 1, 0], "tags": [[1, 2], [3], [4, 5, 6]]}
    found = taken(several, rows=[1], width=2)
    assert {name: array.tolist() for name, array in found.items()} == {
        "spam": [1],
        "tags": [[3, 0]],
    }
    pair = taken(tuple(several.values()), rows=[1], width=2)
    assert isinstance(pair, tuple)
    assert [array.tolist() for array in pair] == [[1], [[3, 0]]]


@pytest.mark.parametrize(
    "values",
    [
        ["spam", "ham", "ham"],
        np.array(["spam", "ham", "ham"]),
        pandas.Series(["spam", "ham", "ham"]),
        pandas.Series(["spam", "ham", "ham"], dtype="category"),
        [["B", "I"], ["O"], ["O", "O", "O"]],
        [0, 1, None],
    ],
    ids=str,
)
def test_names_of_classes_are_to_be_encoded_first(values):
    with pytest.raises(TypeError, match=r"expected numbers as targets.*encode labels as whole num"):
        taken(values)


@pytest.mark.parametrize("values", [5, "abc", iter([1, 2, 3]), (1, 2, 3), {"a": "abc"}])
def test_what_is_no_collection_is_refused(values):
    with pytest.raises(TypeError, match="a tuple or a dict holds those of several outputs"):
        taken(values)


def test_lengths_that_do_not_match_are_refused_with_the_output():
    with pytest.raises(ValueError, match=r"a target for each of 3 texts, got 2$"):
        taken(pandas.Series([1, 2]))
    with pytest.raises(ValueError, match="each of 3 texts, got 4 for the output 'b'"):
        taken({"a": [1, 2, 3], "b": [1, 2, 3, 4]})
    with pytest.raises(ValueError, match="expected a weight for each of 3 texts, got 1 for the ou"):
        taken(([1, 2, 3], [1]), "weight")


@pytest.mark.parametrize("wrong", [[1, 1], [], 1, [[1]], [-1], [[1], [2]]])
def test_a_text_needs_as_many_tags_as_tokens(wrong):
    with pytest.raises(ValueError, match="expected 1 tag ids for the 1 tokens of text 1, got"):
        taken([[0, 0], wrong, [0, 0, 0]])


def test_tags_of_tokens_are_whole_numbers():
    with pytest.raises(TypeError, match="expected whole numbers as tag ids"):
        taken([[0.5, 0], [1], [0, 0, 0]])


@pytest.mark.parametrize("weights", [[1, float("nan"), 1], [[1, 1], [float("inf")], [1, 1, 1]]])
def test_weights_are_finite(weights):
    with pytest.raises(ValueError, match="expected finite weights, got NaN or infinity"):
        taken(weights, "weight")


def test_weights_belong_to_the_outputs_of_the_targets():
    two = {"a": [1, 2, 3], "b": [1, 2, 3]}
    assert len(read_labels(two, [1, 1, 1], 3, lambda: LENGTHS)) == 2
    for wrong in ({"a": [1, 1, 1]}, ([1, 1, 1], [1, 1, 1])):
        with pytest.raises(ValueError, match=r"same outputs as the targets, \['a', 'b'\], got"):
            read_labels(two, wrong, 3, lambda: LENGTHS)
