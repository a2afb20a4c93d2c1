"""Entities of tags."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.labeling.entities import Entity, entities_of
from nlp_builder.text import spans_of

TOKENS = ["In", "New", "York", ",", "Ada", "wrote"]


def test_an_entity_is_as_sure_as_its_most_doubtful_token():
    tags = ["O", "B-LOC", "I-LOC", "O", "B-PER", "O"]
    sure = np.array([0.1, 0.75, 0.5, 0.1, 1.0, 0.1], "float32")
    assert entities_of(TOKENS, tags, sure, scheme="IOB2") == [
        Entity("LOC", 1, 3, "New York", 0.5),
        Entity("PER", 4, 5, "Ada", 1.0),
    ]


def test_without_confidences_all_is_sure():
    tags = ["O", "B-LOC", "E-LOC", "O", "S-PER", "O"]
    found = entities_of(TOKENS, tags, None, scheme="BIOES")
    assert [(entity.text, entity.confidence) for entity in found] == [("New York", 1), ("Ada", 1)]
    assert entities_of([], [], np.zeros(0), scheme="IOB2") == []


def test_characters_are_joined_by_nothing():
    [entity] = entities_of(list("在北京"), ["O", "B-LOC", "I-LOC"], scheme="IOB2", join="")
    assert entity.text == "北京"


@given(st.lists(st.tuples(st.text(), st.sampled_from(["O", "B-X", "I-X", "I-Y"]), st.floats(0, 1))))
def test_entities_are_the_spans_of_the_tags(rows):
    tokens, tags, sure = (list(column) for column in zip(*rows, strict=True)) if rows else ([],) * 3
    found = entities_of(tokens, tags, sure, scheme="IOB2")
    assert [entity[:3] for entity in found] == spans_of(tags)
    for entity in found:
        assert entity.text == " ".join(tokens[entity.start : entity.end])
        assert entity.confidence == min(sure[entity.start : entity.end])


@pytest.mark.parametrize(("tags", "sure"), [(["O"] * 5, None), (["O"] * 6, np.ones(5))])
def test_other_lengths_are_named(tags, sure):
    with pytest.raises(ValueError, match=r"each of 6 tokens, got \d tags and .* shape \(\d,\)"):
        entities_of(TOKENS, tags, sure, scheme="IOB2")
