from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import guess_scheme, tags_from_spans
from nlp_builder.text.schemes import ParsedTag, may_follow, parse_tag
from tests.text.strategies import spans_and_length

SCHEMES = ["IOB1", "IOB2", "BIOES"]


@pytest.mark.parametrize(
    ("tag", "parsed"),
    [("O", ("O", "")), ("B-PER", ("B", "PER")), ("I-geo-loc", ("I", "geo-loc")), ("I", ("I", ""))],
)
def test_a_tag_has_a_prefix_and_a_label(tag, parsed):
    assert parse_tag(tag) == ParsedTag(*parsed)


@pytest.mark.parametrize("tag", ["", "X-PER", "PER", "E-PER", "B-", "b-PER", "BI-PER", "O-PER", 3])
def test_other_tags_are_refused(tag):
    with pytest.raises(ValueError, match=r"expected a tag of the scheme IOB2 .* got "):
        parse_tag(tag, "IOB2")


def test_other_schemes_are_refused():
    with pytest.raises(ValueError, match=r"expected a scheme of \['IOB1', 'IOB2', 'BIOES'\], got"):
        parse_tag("O", "BILOU")


@pytest.mark.parametrize(
    ("first", "second", "allowed_in"),
    [
        ("O", "O", SCHEMES),
        ("O", "B-X", ["IOB2", "BIOES"]),
        ("O", "I-X", ["IOB1"]),
        ("I-X", "I-X", SCHEMES),
        ("I-X", "I-Y", ["IOB1"]),
        ("B-X", "I-X", SCHEMES),
        ("I-X", "B-X", ["IOB1", "IOB2"]),
        ("I-X", "B-Y", ["IOB2"]),
        ("B-X", "O", ["IOB1", "IOB2"]),
        ("B-X", "E-X", ["BIOES"]),
        ("B-X", "E-Y", []),
        ("E-X", "S-X", ["BIOES"]),
        ("S-X", "O", ["BIOES"]),
        ("S-X", "E-X", []),
    ],
)
def test_which_tag_may_follow_which(first, second, allowed_in):
    tags = parse_tag(first, "BIOES"), parse_tag(second, "BIOES")
    ends = {tag.prefix for tag in tags} & {"E", "S"}
    known_in = ["BIOES"] if ends else SCHEMES
    assert [scheme for scheme in known_in if may_follow(*tags, scheme)] == allowed_in


@pytest.mark.parametrize("scheme", SCHEMES)
@given(drawn=spans_and_length())
def test_what_a_scheme_writes_it_allows(scheme, drawn):
    tags = ["O", *tags_from_spans(*drawn, scheme), "O"]
    parsed = [parse_tag(tag, scheme) for tag in tags]
    assert all(may_follow(a, b, scheme) for a, b in pairwise(parsed))


@pytest.mark.parametrize("scheme", SCHEMES)
@given(drawn=st.lists(spans_and_length(), min_size=1, max_size=4))
def test_the_scheme_is_guessed_where_there_is_an_entity(scheme, drawn):
    # Spans of two tokens show every scheme.
    texts = [tags_from_spans(*each, scheme) for each in [*drawn, ([("PER", 0, 2)], 3)]]
    assert guess_scheme(texts) == scheme


@pytest.mark.parametrize(
    ("texts", "scheme"),
    [
        ([], "IOB2"),
        ([["O", "O"]], "IOB2"),
        ([["B-X", "O"]], "IOB2"),
        ([["I-X"]], "IOB1"),
        ([["B-X", "O", "I-X", "O", "B-Y"]], "IOB2"),
        ([["S-X"]], "BIOES"),
        ([["NN", "VB"]], None),
    ],
)
def test_guesses_for_few_tags(texts, scheme):
    assert guess_scheme(texts) == scheme


def test_guessing_wants_a_list_for_each_text():
    with pytest.raises(TypeError, match="expected a list of tags for each text, got the str 'O'"):
        guess_scheme(["O", "B-X"])
