import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import FIRST_ID, PADDING_ID, UNKNOWN_ID, Vocabulary
from tests.text.strategies import any_text

tokens_strategy = st.lists(st.sampled_from("abcdef") | any_text, max_size=20)


@given(st.lists(any_text, unique=True, max_size=20), tokens_strategy)
def test_ids_and_tokens_are_each_others_inverse(known, tokens):
    vocabulary = Vocabulary(known)
    ids = vocabulary.ids(tokens)
    assert ids.dtype == np.int32
    assert vocabulary.tokens_of(ids, unknown="?") == [t if t in vocabulary else "?" for t in tokens]
    assert vocabulary.ids(known).tolist() == [*range(FIRST_ID, len(vocabulary))]
    assert [vocabulary.id_of(token) for token in tokens] == ids.tolist()


@given(st.lists(any_text, unique=True, max_size=20), any_text)
def test_the_ids_of_characters_are_those_of_tokens(known, text):
    for vocabulary in (Vocabulary(known), Vocabulary(dict.fromkeys("".join(known)))):
        for _ in range(2):  # the second time a table is there
            ids = vocabulary.character_ids(text)
            assert ids.dtype == np.int32
            assert ids.tolist() == vocabulary.ids(list(text)).tolist()


def test_an_alphabet_that_was_used_is_equal_to_its_copies():
    alphabet = Vocabulary(["a"])
    alphabet.character_ids("ab")
    assert alphabet == Vocabulary(["a"]) == copy.deepcopy(alphabet)
    assert copy.deepcopy(alphabet).character_ids("ab").tolist() == [2, 1]


def test_a_vocabulary_is_a_value():
    vocabulary = Vocabulary(["a", "b"])
    assert vocabulary == Vocabulary(iter("ab")) == copy.deepcopy(vocabulary)
    assert vocabulary != Vocabulary(["b", "a"])
    assert vocabulary != ("a", "b")
    assert hash(vocabulary) == hash(Vocabulary(["a", "b"]))
    assert vocabulary.index == {"a": 2, "b": 3}
    assert repr(vocabulary) == "Vocabulary(2 tokens: ['a', 'b'])"
    with pytest.raises(TypeError, match="does not support item assignment"):
        vocabulary.index["c"] = 4
    with pytest.raises(AttributeError):
        vocabulary.tokens = ("c",)


def test_numpy_strings_become_plain_ones():
    vocabulary = Vocabulary(np.array(["a"]))
    assert type(vocabulary.tokens[0]) is str
    assert vocabulary.ids(np.array(["a", "b"])).tolist() == [FIRST_ID, UNKNOWN_ID]


def test_padding_is_left_out_of_the_tokens():
    assert Vocabulary(["a"]).tokens_of([2, PADDING_ID, 1]) == ["a", "<unknown>"]


@pytest.mark.parametrize("wrong", [-1, 3])
def test_ids_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"expected ids from 0 to 2, got {wrong}"):
        Vocabulary(["a"]).tokens_of([2, wrong])


def test_the_known_fraction_counts_running_tokens():
    assert Vocabulary(["a"]).known_fraction(["a", "a", "a", "b"]) == 0.75
    assert Vocabulary(["a"]).known_fraction([]) == 1.0


@pytest.mark.parametrize(
    ("tokens", "error", "message"),
    [
        ("ab", TypeError, "got 'ab' .str.: wrap it in a list"),
        (3, TypeError, "got 3 .int."),
        (["a", 3], TypeError, "expected tokens of type str, got 3 .int."),
        (["a", "b", "a"], ValueError, "expected each token once, got 'a' more than once"),
    ],
)
def test_a_vocabulary_holds_each_token_once(tokens, error, message):
    with pytest.raises(error, match=message):
        Vocabulary(tokens)


def test_the_ids_of_a_bare_str_are_refused():
    with pytest.raises(TypeError, match=r"got 'ab' .str.: wrap it in a list, or pass list.text."):
        Vocabulary(["a"]).ids("ab")


def test_tokens_that_were_checked_are_numbered_when_they_are_used():
    vocabulary = Vocabulary.of_distinct(["a", "b"])
    assert vocabulary == Vocabulary(["a", "b"])
    assert vocabulary.ids(["b", "c"]).tolist() == [3, UNKNOWN_ID]
    with pytest.raises(ValueError, match="'a' more than once"):
        Vocabulary.of_distinct(["a", "a"]).id_of("a")
