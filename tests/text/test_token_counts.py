from collections import Counter
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import FIRST_ID, TokenCounts
from tests.text.strategies import any_text, token_lists

tokens_strategy = st.lists(st.sampled_from("abcdef") | any_text, max_size=20)


@given(token_lists)
def test_counting_in_pieces_equals_counting_at_once(texts):
    pieces = TokenCounts()
    for tokens in texts:
        pieces.update(tokens)
    assert pieces == TokenCounts(chain.from_iterable(texts))
    assert pieces.total == sum(map(len, texts))
    assert len(pieces) == len(set(chain.from_iterable(texts)))


@given(tokens_strategy, tokens_strategy, tokens_strategy)
def test_merging_is_associative_and_commutative(first, second, third):
    a, b, c = map(TokenCounts, (first, second, third))
    assert a.merge(b).merge(c) == a.merge(b.merge(c)) == TokenCounts(first + second + third)
    assert a.merge(b).freeze() == b.merge(a).freeze()


def test_a_merge_leaves_its_parts_alone():
    left, right = TokenCounts(["a"]), TokenCounts(["a", "b"])
    merged = left.merge(right)
    merged.update(["c"])
    assert (left.total, right.total, merged["a"], merged["z"]) == (1, 2, 2, 0)
    assert list(merged) == ["a", "b", "c"]
    assert repr(merged) == "TokenCounts(3 distinct, 4 in total)"


@given(tokens_strategy)
def test_the_order_is_by_frequency_then_code_points(tokens):
    counts = Counter(tokens)
    expected = sorted(counts, key=lambda token: (-counts[token], [*map(ord, token)]))
    assert TokenCounts(tokens).freeze().tokens == tuple(expected)


@given(st.permutations(list("aabbbcd")))
def test_the_order_of_the_corpus_does_not_matter(tokens):
    assert TokenCounts(tokens).freeze(max_size=3).tokens == ("b", "a", "c")


@given(tokens_strategy, st.integers(1, 4), st.integers(1, 5), st.floats(0, 100))
def test_all_limits_hold_together(tokens, min_frequency, max_size, percentile):
    counts = TokenCounts(tokens)
    vocabulary = counts.freeze(
        min_frequency=min_frequency, max_size=max_size, min_freq_percentile=percentile
    )
    assert len(vocabulary.tokens) <= max_size
    assert all(counts[token] >= min_frequency for token in vocabulary.tokens)
    frequencies = list(Counter(tokens).values()) or [0]
    assert all(counts[t] >= np.percentile(frequencies, percentile) for t in vocabulary.tokens)
    assert vocabulary.tokens == counts.freeze().tokens[: len(vocabulary.tokens)]


def test_the_percentile_is_that_of_the_distinct_tokens_frequencies():
    counts = TokenCounts(["a"] * 4 + ["b"] * 3 + ["c"] * 2 + ["d"])
    assert counts.freeze(min_freq_percentile=0).tokens == ("a", "b", "c", "d")
    assert counts.freeze(min_freq_percentile=50).tokens == ("a", "b")
    assert counts.freeze(min_freq_percentile=100).tokens == ("a",)


def test_no_tokens_give_an_empty_vocabulary():
    assert len(TokenCounts().freeze(min_freq_percentile=5)) == FIRST_ID


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ("ab", "got 'ab' .str.: wrap it in a list"),
        (None, "got None .NoneType."),
        (["a", 1], "expected tokens of type str, got 1 .int."),
        ([["a"]], "something unhashable.*one text at a time"),
        ([None], "got None .NoneType."),
    ],
)
def test_only_tokens_are_counted(tokens, message):
    counts = TokenCounts(["a"])
    with pytest.raises(TypeError, match=message):
        counts.update(tokens)
    assert counts == TokenCounts(["a"])


@pytest.mark.parametrize(
    ("limits", "error", "message"),
    [
        (
            {"min_frequency": 0},
            ValueError,
            "min_frequency to be a whole number of at least 1, got 0",
        ),
        ({"min_frequency": 1.5}, TypeError, "got 1.5 .float."),
        ({"min_frequency": True}, TypeError, "got True .a bool."),
        ({"max_size": 0}, ValueError, "max_size to be a whole number of at least 1, got 0"),
        ({"max_size": "9"}, TypeError, "got '9' .str."),
        ({"min_freq_percentile": 101}, ValueError, "from 0 to 100 or None, got 101"),
        ({"min_freq_percentile": float("nan")}, ValueError, "got nan"),
        ({"min_freq_percentile": "5"}, TypeError, "got '5' .str."),
    ],
)
def test_limits_that_make_no_sense_are_refused(limits, error, message):
    with pytest.raises(error, match=message):
        TokenCounts(["a"]).freeze(**limits)


def test_merge_wants_counts():
    with pytest.raises(TypeError, match="expected TokenCounts to merge, got Counter"):
        TokenCounts().merge(Counter())
