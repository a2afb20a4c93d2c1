import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import pad_ids
from nlp_builder.text.ragged import TokenStream

maxlens = st.none() | st.integers(1, 8)


@given(st.lists(st.lists(st.integers(0, 99), max_size=5), max_size=5), maxlens)
def test_padded_rows_start_with_the_row_and_go_on_with_the_value(rows, maxlen):
    padded = pad_ids(rows, maxlen=maxlen, value=-1)
    width = maxlen or max([1, *map(len, rows)])
    assert padded.dtype == np.int32
    assert padded.tolist() == [(row + [-1] * width)[:width] for row in rows]


def test_rows_may_be_arrays():
    rows = [np.array([1, 2]), np.array([], dtype=np.int32), np.array([3], dtype=np.int64)]
    assert pad_ids(rows).tolist() == [[1, 2], [0, 0], [3, 0]]


def test_rows_must_hold_whole_numbers():
    with pytest.raises(TypeError, match=r"expected rows of whole numbers.*float64"):
        pad_ids([[1.5]])


@pytest.mark.parametrize("rows", ["ab", ["ab"]])
def test_strings_are_no_rows(rows):
    with pytest.raises(TypeError, match="got a str in place of a list"):
        pad_ids(rows)


@pytest.mark.parametrize(("maxlen", "error"), [(0, ValueError), (2.0, TypeError)])
def test_the_width_is_a_whole_number_of_at_least_one(maxlen, error):
    with pytest.raises(error, match="expected maxlen to be a whole number of at least 1, got"):
        pad_ids([[1]], maxlen=maxlen)


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=5), max_size=5), maxlens)
def test_a_stream_knows_the_lengths_of_what_it_has_read(texts, limit):
    stream = TokenStream(iter(texts), limit)
    cut = [tokens[:limit] for tokens in texts]
    assert list(stream) == [token for tokens in cut for token in tokens]
    assert stream.lengths.tolist() == [len(tokens) for tokens in cut]
    assert stream.width == limit or max([1, *map(len, texts)])


def test_a_list_can_be_streamed_twice():
    stream = TokenStream([["a", "b"], ["c"]], 1)
    assert list(stream) == list(stream) == ["a", "c"]
    assert stream.lengths.tolist() == [1, 1]
