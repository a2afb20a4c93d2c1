"""Texts that are predicted one after the other."""

import pytest

from nlp_builder.models.streamed_texts import num_tokens, one_by_one


def test_tokens_of_several_texts_are_counted():
    names = ("a", "b")
    for text in ((["x"], ["y", "z", "x"]), {"b": ["x"], "a": ["x", "y", "z"]}):
        assert num_tokens(text, names) == 3
        assert list(one_by_one([text], names)) == [text]
    assert num_tokens(("x", "y"), None) == 2
    for odd in ("ab", ["a", "b"]):
        with pytest.raises(TypeError, match=r"a dict or a tuple of the texts \['a', 'b'\] as text"):
            list(one_by_one([odd], names))
    for odd in ({"a": ["x"]}, (["x"],), (["x"], ["y"], ["z"])):
        with pytest.raises(ValueError, match=r"expected the texts \['a', 'b'\] as text 0, got"):
            list(one_by_one([odd], names))
