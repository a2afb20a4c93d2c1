"""Lists of strings by name."""

import pytest

from nlp_builder import saving
from nlp_builder.saving import Archive, Limits
from nlp_builder.saving.vocabularies import vocabularies_from, vocabularies_to


def test_any_sequence_of_strings_is_kept():
    data = vocabularies_to({"b": ("x", "y"), "a": []})
    assert data == b'{"a":[],"b":["x","y"]}'
    assert vocabularies_from(memoryview(data), Limits()) == {"a": [], "b": ["x", "y"]}


def test_a_token_that_is_twice_is_not_written():
    with pytest.raises(ValueError, match="the vocabulary 'words': the token 'a' is there 2 times"):
        saving.pack(Archive({}, {"words": ["a", "b", "a"]}))


def test_a_token_that_is_no_string_is_not_written():
    with pytest.raises(TypeError, match="the vocabulary 'words': expected strings, found int"):
        saving.pack(Archive({}, {"words": ["a", 1]}))  # type: ignore[list-item]  # what is tested


def test_commas_and_quotes_in_tokens_do_not_count():
    tokens = [f'{number},",[{{' for number in range(100)]
    data = vocabularies_to({"words": tokens})
    assert vocabularies_from(memoryview(data), Limits(tokens=101)) == {"words": tokens}
