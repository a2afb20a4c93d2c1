"""JSON: what is counted before it is made, and what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.saving import ArchiveError, Limits, json_text
from nlp_builder.saving.json_text import from_json, structure, to_json

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=30,
)


def counted(value: object) -> tuple[int, int, int]:
    """Strings, values and levels, by walking through what was made."""
    if isinstance(value, str):
        return 1, 1, 0
    if not isinstance(value, dict | list):
        return 0, 1, 0
    parts = [counted(part) for part in (value.values() if isinstance(value, dict) else value)]
    strings, values, levels = ([part[i] for part in parts] for i in range(3))
    names = len(value) if isinstance(value, dict) else 0
    return names + sum(strings), 1 + sum(values), 1 + max(levels, default=0)


@given(PLAIN, st.booleans(), st.none() | st.integers(0, 2))
def test_counts_are_those_of_what_is_made(value, ascii_only, indent):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8")
    found = structure(memoryview(text))
    strings, values, nesting = counted(value)
    assert (found.strings, found.nesting) == (strings, nesting)
    assert found.values + 1 >= values


@given(st.lists(st.text('\\",[]{}a', max_size=9), max_size=9), st.data())
def test_counts_do_not_depend_on_where_pieces_end(tokens, data):
    text = json.dumps({"a": [tokens]}).encode()
    ended = data.draw(st.integers(0, len(text)))
    blanks = b" " * (json_text.CHUNK - ended)
    assert structure(memoryview(blanks + text)) == structure(memoryview(text))
    assert structure(memoryview(text)).strings == len(tokens) + 1


@given(st.binary(max_size=50))
def test_any_bytes_are_counted(data):
    assert structure(memoryview(data)).strings <= len(data)


def test_json_is_ascii_without_blanks_and_in_order():
    assert to_json({"b": [1, 2.5], "a": {"é": None}}) == b'{"a":{"\\u00e9":null},"b":[1,2.5]}'


@pytest.mark.parametrize("text", ["\ud800", "\udc00\ud800", "\U0001f600", "\\ud83d\\ude00", "\0"])
def test_odd_strings_come_back(text):
    data = memoryview(to_json({text: [text]}))
    assert from_json("config.json", data, Limits()) == {text: [text]}


def test_surrogates_that_json_would_join_are_refused():
    with pytest.raises(
        ValueError, match=r"the surrogates '\\ud83d\\ude00', which come back as one"
    ):
        to_json({"a": ["\ud83d\ude00"]})
    repaired = "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")
    assert to_json([repaired]) == b'["\\ud83d\\ude00"]'


def test_what_json_has_no_word_for_is_refused():
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        to_json({"a": float("inf")})
    with pytest.raises(TypeError, match="Object of type set is not JSON serializable"):
        to_json({"a": {1}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":1,"a":1}', "the key 'a' is there twice"),
        ('{"a":[NaN]}', "NaN is no number of JSON"),
        ('{"a":1e400}', "the number 1e400 is too large"),
        ('{"a":' + "1" * 4301 + "}", "a number has 4,301 digits, expected at most 4,300"),
        ("[]", "config.json holds list, expected an object"),
        ("{'a':1}", "config.json cannot be read: Expecting property name"),
        ('{"a":"\n"}', "config.json cannot be read: Invalid control character"),
    ],
)
def test_what_json_leaves_open_is_refused(text, message):
    with pytest.raises(ArchiveError, match=message):
        from_json("config.json", memoryview(text.encode()), Limits())


def test_levels_are_limited_however_deep_python_goes():
    deep = memoryview(b'{"a":' * 200_000 + b"1" + b"}" * 200_000)
    with pytest.raises(ArchiveError, match=r"levels of config.json: 200,000, but the limit is 100"):
        from_json("config.json", deep, Limits())
    with pytest.raises(ArchiveError, match=r"config.json cannot be read: .*recursion"):
        from_json("config.json", deep, Limits(nesting=10**6))
    assert from_json("config.json", memoryview(b'{"a":[[]]}'), Limits(nesting=3)) == {"a": [[]]}
