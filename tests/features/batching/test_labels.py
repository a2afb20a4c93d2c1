"""Targets and weights in all the forms in which people have them."""

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.features.batching.labels import Labels, read_labels
from nlp_builder.features.batching.steps import InputSteps
from nlp_builder.text import lazy_map


def steps(number: int, *lengths: int, maxlen: int | None = None) -> InputSteps:
    return InputSteps(number, maxlen, f"Block{number}", lambda: np.array(lengths))


WORDS = [steps(0, 2, 1, 3)]
ONES = [steps(0, 1, 1, 1)]


def taken(values, kind="target", rows=(0, 1, 2), width=3, inputs=WORDS, **kwargs):
    return Labels(values, 3, kind, inputs, **kwargs).take(np.array(rows), widths=[width])


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
    lengths = [len(row) for row in tags]
    labels = Labels(tags, len(tags), "target", [steps(0, *lengths)])
    array = labels.take(np.arange(len(tags)), widths=[width])
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


@pytest.mark.parametrize("wrong", [[1, 1], [], 1, [[1]], [-1], [[1], [2]], [[1], [2, 3]]])
def test_a_text_needs_as_many_tags_as_tokens(wrong):
    expected = "expected 1 tag ids for the 1 tokens of text 1, got .* token that Block0 counts one"
    with pytest.raises(ValueError, match=expected):
        taken([[0, 0], wrong, [0, 0, 0]])


@pytest.mark.parametrize(
    "rows",
    [
        [[0, 1], [1, 0], [1, 1]],
        [(0.5, 1), [1, 0], np.array([2, 3])],
        [[1], [0], [1]],
        [[[1, 2], [3, 4]]] * 3,
        pandas.Series([[0, 1], [1, 0], [1, 1]], index=[2, 0, 1]),
    ],
    ids=str,
)
def test_lists_of_one_length_are_vectors_of_texts_where_targets_are_not_by_token(rows):
    expected = np.array(list(rows))
    found = taken(rows, by_token=False)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == ("int64" if expected.dtype.kind == "i" else "float32")
    several = taken({"a": rows, "b": [[1, 2], [3], [4, 5, 6]]}, by_token={"a": False, "b": True})
    np.testing.assert_array_equal(several["a"], expected)
    assert several["b"].tolist() == [[1, 2, 0], [3, 0, 0], [4, 5, 6]]
    pair = taken(([[1, 2], [3], [4, 5, 6]], rows), by_token=(True, False))
    np.testing.assert_array_equal(pair[1], expected)


def test_vectors_of_texts_are_of_one_length():
    with pytest.raises(ValueError, match=r"of one length as targets.*got \[1, 2\].*0 and \[3\].*1"):
        taken([[1, 2], [3], [4, 5, 6]], by_token=False)
    with pytest.raises(ValueError, match="as weights of the texts for the output 'a'"):
        taken({"a": [[1, 2], 3, [4, 5]]}, "weight", by_token={"a": False})
    with pytest.raises(TypeError, match="expected numbers as targets"):
        taken([["a"], ["b"], ["c"]], by_token=False)


def test_each_output_is_told_whether_its_targets_are_by_token():
    for wrong in ({"b": True}, ()):
        with pytest.raises(ValueError, match="expected by_token for the output 'a', got"):
            taken({"a": [1, 2, 3]}, by_token=wrong)


def test_weights_for_all_outputs_may_be_by_token_if_one_output_is():
    by_output = {"a": False, "b": True}
    tags = {"a": [0, 1, 0], "b": [[1, 2], [3], [4, 5, 6]]}
    weights = [[1, 1], [1], [1, 1, 0.5]]
    assert len(read_labels(tags, weights, 3, WORDS, by_token=by_output)) == 2
    with pytest.raises(ValueError, match="of one length as weights"):
        read_labels({"a": [0, 1, 0]}, weights, 3, WORDS, by_token={"a": False})


def test_without_steps_a_list_is_a_vector():
    rows = [[0, 1], [1, 0], [1, 1]]
    assert Labels(rows, 3, "target", []).take([2, 0], widths=[1]).tolist() == [[1, 1], [0, 1]]


def test_tags_belong_to_the_input_with_as_many_steps():
    tags = [[1, 2], [3], [4, 5, 6]]
    inputs = [steps(0, 7, 2, 9), steps(2, 2, 1, 3), steps(3, 2, 1, 3)]
    found = Labels(tags, 3, "target", inputs).take([0, 1], widths=[9, 1, 4, 5])
    assert found.tolist() == [[1, 2, 0, 0], [3, 0, 0, 0]]


def test_tags_that_fit_no_input_are_told_of_the_one_that_most_texts_fit():
    inputs = [steps(0, 7, 2, 9), steps(1, 2, 1, 3)]
    with pytest.raises(ValueError, match=r"the 3 tokens of text 2, got .* that Block1 counts"):
        Labels([[1, 2], [3], [4, 5]], 3, "target", inputs)


def test_inputs_that_cut_the_same_steps_elsewhere_share_no_tags():
    inputs = [steps(0, 2, 1, 3, maxlen=8), steps(1, 2, 1, 3, maxlen=6)]
    with pytest.raises(ValueError, match=r"got the maxima \[8, 6\] of \['Block0', 'Block1'\]"):
        Labels([[1, 2], [3], [4, 5, 6]], 3, "target", inputs)


def test_tags_of_tokens_are_whole_numbers():
    with pytest.raises(TypeError, match=r"expected whole numbers as tag ids of .*, got 0.5 \(flo"):
        taken([[1, 0], [0.5], [0, 0, 0]])
    with pytest.raises(
        TypeError, match=r"expected whole numbers as tag ids of .*, got True \(bool"
    ):
        taken([[True, False], [True], [True] * 3])


@pytest.mark.parametrize("number", [2**31, 2**32 + 1, 2**62, -(2**32) + 1])
@pytest.mark.parametrize("rows_of", [list, lambda rows: lazy_map(list, rows)])
def test_a_tag_that_is_no_int32_does_not_become_another_one(number, rows_of):
    assert taken(rows_of([[0], [2**31 - 1], [1]]), inputs=ONES).tolist()[1][0] == 2**31 - 1
    with pytest.raises(ValueError, match=rf"of text 1, got \[{number}\]: .* below 2\*\*31"):
        taken(rows_of([[0], [number], [1]]), inputs=ONES)


@pytest.mark.parametrize("weights", [[1, float("nan"), 1], [[1, 1], [float("inf")], [1, 1, 1]]])
def test_weights_are_finite(weights):
    with pytest.raises(ValueError, match="expected finite weights, got NaN or infinity"):
        taken(weights, "weight")


@pytest.mark.parametrize("none", [{}, ()])
def test_outputs_are_at_least_one(none):
    with pytest.raises(ValueError, match=r"expected targets of at least one output, got [{(][)}]"):
        read_labels(none, None, 3, WORDS)
    with pytest.raises(ValueError, match="expected weights of at least one output"):
        read_labels([1, 2, 3], none, 3, WORDS)


def test_weights_belong_to_the_outputs_of_the_targets():
    two = {"a": [1, 2, 3], "b": [1, 2, 3]}
    assert len(read_labels(two, [1, 1, 1], 3, WORDS)) == 2
    for wrong in ({"a": [1, 1, 1]}, ([1, 1, 1], [1, 1, 1])):
        with pytest.raises(ValueError, match=r"same outputs as the targets, \['a', 'b'\], got"):
            read_labels(two, wrong, 3, WORDS)
