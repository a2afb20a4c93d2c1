"""Texts of a stream, some at a time."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text.pieces import in_pieces


@given(texts=st.lists(st.lists(st.just("a"), max_size=5)), size=st.integers(1, 7))
def test_pieces_are_the_texts_and_no_larger_than_asked(texts, size):
    pieces = list(in_pieces(texts, size))
    assert list(itertools.chain(*pieces)) == texts
    assert all(len(piece) == size for piece in pieces[:-1])
    assert all(1 <= len(piece) <= size for piece in pieces)


def test_long_texts_are_fewer_at_a_time():
    texts = [["a"] * 60_000] * 5
    assert [len(piece) for piece in in_pieces(texts, 100)] == [2, 2, 1]


def test_a_stream_is_read_no_further_than_it_is_asked_for():
    endless = (["a"] for _ in itertools.count())
    assert [len(piece) for piece in itertools.islice(in_pieces(endless, 3), 2)] == [3, 3]
    assert next(endless) == ["a"]
