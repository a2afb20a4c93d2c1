import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import iterate_texts
from nlp_builder.text.texts import read_texts
from tests.text.strategies import any_text, token_lists

STRINGS = ["a b", "", "c"]


@pytest.mark.parametrize(
    "texts",
    [
        STRINGS,
        tuple(STRINGS),
        pd.Series(STRINGS, index=[7, 3, 5]),
        np.array(STRINGS),
        np.array(STRINGS, dtype=object),
        (text for text in STRINGS),
    ],
    ids=["list", "tuple", "Series", "array", "object array", "generator"],
)
def test_strings_come_from_any_collection(texts):
    assert list(iterate_texts(texts)) == STRINGS


@pytest.mark.parametrize(
    "texts",
    [
        [["a", "b"], ["c", "d"]],
        (("a", "b"), ("c", "d")),
        np.array([["a", "b"], ["c", "d"]]),
        [np.array(["a", "b"]), ["c", "d"]],
        pd.Series([["a", "b"], ("c", "d")]),
    ],
    ids=["lists", "tuples", "2-d array", "1-d array", "Series"],
)
def test_token_lists_come_as_lists_of_plain_str(texts):
    result = list(iterate_texts(texts))
    assert result == [["a", "b"], ["c", "d"]]
    assert {type(token) for tokens in result for token in tokens} == {str}


@given(st.lists(any_text) | token_lists)
def test_any_text_passes_unchanged(texts):
    assert list(iterate_texts(texts)) == texts


def test_a_generator_is_read_one_text_at_a_time():
    read = []

    def stream():
        for number in range(10**9):
            read.append(number)
            yield "text"

    texts = iterate_texts(stream())
    next(texts), next(texts)
    assert read == [0, 1]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("ab", r"expected a list of texts, got the str 'ab': wrap it in a list"),
        ("a" * 99, r"got the str 'a{40}\.\.\.': wrap it in a list"),
        (b"ab", "bytes.*decode it"),
        (None, "got None .NoneType."),
        (3, "got 3 .int."),
        ({"text": ["a"]}, "got a dict: this block reads one text"),
        (pd.DataFrame({"text": ["a"]}), "got a DataFrame.*one of its columns"),
        ({"a", "b"}, "got a set, which has no order"),
        (np.array("ab"), "without dimensions"),
    ],
)
def test_what_is_no_collection_of_texts_is_refused_at_once(texts, message):
    with pytest.raises(TypeError, match=message):
        iterate_texts(texts)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a", None], "at position 1, got None .NoneType.: drop it"),
        (["a", float("nan")], "at position 1, got nan .float."),
        ([1], "at position 0, got 1 .int."),
        ([b"a"], "at position 0.*bytes.: decode it"),
        ([{"text": "a"}], "at position 0.*dict.: this block reads one text"),
        ([np.zeros((1, 1))], "at position 0.*ndarray"),
        (["a", ["b"]], "got a str at position 0 and a token list at position 1"),
        ([["b"], "a"], "got a token list at position 0 and a str at position 1"),
        ([["a"], ["b", 3]], "text at position 1, got 3 .int. as token 1"),
        ([["a"], ["b", ["c"]]], r"text at position 1, got \['c'\] .list. as token 1"),
        ([np.array([1.0])], "text at position 0, got 1.0 .float. as token 0"),
    ],
)
def test_a_wrong_text_is_named_by_its_position(texts, message):
    with pytest.raises(TypeError, match=message):
        list(iterate_texts(texts))


@pytest.mark.parametrize("texts", [STRINGS, [["a", "b"], []], []])
def test_a_list_is_read_without_a_copy_unless_one_is_wanted(texts):
    assert read_texts(texts) is texts
    copied = read_texts(texts, copy=True)
    assert copied == texts
    assert copied is not texts
    assert not any(one is other for one in copied for other in texts if isinstance(one, list))


@pytest.mark.parametrize(
    "texts",
    [
        tuple(STRINGS),
        np.array(STRINGS),
        pd.Series(STRINGS),
        iter(STRINGS),
        [np.str_("a b"), "", "c"],
    ],
    ids=["tuple", "array", "Series", "iterator", "NumPy strings"],
)
def test_other_collections_are_read_into_a_list(texts):
    assert read_texts(texts) == STRINGS


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a", None], "at position 1, got None"),
        (["a", ["b"]], "got a str at position 0 and a token list at position 1"),
        ([["a"], ["b", 3]], "text at position 1, got 3 .int. as token 1"),
    ],
)
def test_a_list_is_checked_before_it_is_taken(texts, message):
    with pytest.raises(TypeError, match=message):
        read_texts(texts)
