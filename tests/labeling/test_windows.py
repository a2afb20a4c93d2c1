"""Long texts as windows and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.labeling.windows import windows_of

texts = st.lists(st.lists(st.text(), max_size=40), max_size=4)


@st.composite
def limits(draw):
    maxlen = draw(st.integers(1, 12))
    return maxlen, draw(st.none() | st.integers(0, maxlen - 1))


@given(texts, limits())
def test_pieces_put_together_are_the_texts(texts, limits):
    windows = windows_of(texts, *limits)
    assert windows.joined(windows.pieces) == texts
    assert windows.joined([tuple(piece) for piece in windows.pieces]) == [tuple(t) for t in texts]


@given(texts, limits())
def test_pieces_of_long_texts_are_full_and_none_is_too_long(texts, limits):
    maxlen, _ = limits
    for text in texts:
        lengths = {len(piece) for piece in windows_of([text], *limits).pieces}
        assert lengths == {min(len(text), maxlen)}


@given(st.integers(0, 60), limits())
def test_each_token_is_taken_from_where_it_stands_farthest_from_a_cut(length, limits):
    windows = windows_of([np.arange(length)], *limits)
    # (words, 2) for each piece: the token, and how far it is from where the piece was cut
    results = []
    for piece in windows.pieces:
        far = np.full(len(piece), length)
        places = np.arange(len(piece))
        if len(piece) and piece[0] > 0:
            far = np.minimum(far, places)
        if len(piece) and piece[-1] < length - 1:
            far = np.minimum(far, places[::-1])
        results.append(np.stack([piece, far], axis=1))
    [joined] = windows.joined(results)
    farthest = np.full(length, -1)
    for token, far in (row for result in results for row in result):
        farthest[token] = max(farthest[token], far)
    np.testing.assert_array_equal(joined[:, 0], np.arange(length))
    np.testing.assert_array_equal(joined[:, 1], farthest)


def test_a_window_shares_a_quarter_with_the_next():
    pieces = windows_of([list(range(14))], 8).pieces
    assert pieces == [list(range(8)), list(range(6, 14))]
    assert windows_of([list("abc")], 1).pieces == [["a"], ["b"], ["c"]]


def test_short_texts_are_not_copied():
    texts = [["a"], [], ["a", "b"]]
    for maxlen in (None, 2):
        pieces = windows_of(texts, maxlen).pieces
        assert [piece is text for piece, text in zip(pieces, texts, strict=True)] == [True] * 3


def test_arrays_keep_their_type_and_columns():
    windows = windows_of([list("abcdef"), []], 4, 2)
    rows = [
        np.full((len(piece), 3), number, "float32") for number, piece in enumerate(windows.pieces)
    ]
    joined = windows.joined(rows)
    assert [(array.shape, array.dtype) for array in joined] == [((6, 3), "f4"), ((0, 3), "f4")]
    assert joined[0][:, 0].tolist() == [0, 0, 0, 1, 1, 1]


def test_results_of_other_lengths_are_named():
    windows = windows_of([list("abcde")], 4)
    with pytest.raises(ValueError, match="a result for each of 2 pieces, got 1"):
        windows.joined([list("abcd")])
    with pytest.raises(ValueError, match=r"each of the 4 tokens of piece 1, got 5.*padding"):
        windows.joined([list("abcd"), list("bcdef")])


@pytest.mark.parametrize("overlap", [-1, 4, 9])
def test_an_overlap_that_leaves_no_step_is_refused(overlap):
    with pytest.raises(ValueError, match=rf"overlap from 0 to maxlen - 1 = 3, got {overlap}"):
        windows_of([["a"]], 4, overlap)


def test_other_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="expected maxlen to be a whole number of at least 1, got"):
        windows_of([["a"]], 0)
    with pytest.raises(TypeError, match="got a str for text 1"):
        windows_of([["a"], "abc"], 2)
