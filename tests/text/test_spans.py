import pytest
import seqeval.scheme
from hypothesis import given
from seqeval.metrics.sequence_labeling import get_entities

from nlp_builder.text import Span, convert_tags, spans_of, tags_from_spans
from tests.text.strategies import any_tags, spans_and_length

SCHEMES = {"IOB1": "BI", "IOB2": "BI", "BIOES": "BIES"}


@pytest.mark.parametrize("scheme", SCHEMES)
@given(drawn=spans_and_length())
def test_spans_come_back_from_their_tags(scheme, drawn):
    spans, length = drawn
    tags = tags_from_spans(reversed(spans), length, scheme)
    assert len(tags) == length
    assert spans_of(tags, scheme) == spans_of(tags, scheme, strict=True) == spans


@pytest.mark.parametrize("source", SCHEMES)
@pytest.mark.parametrize("target", SCHEMES)
@given(drawn=spans_and_length())
def test_converting_there_and_back_changes_nothing(source, target, drawn):
    tags = tags_from_spans(*drawn, source)
    there = convert_tags(tags, source, target)
    assert there == tags_from_spans(*drawn, target)
    assert convert_tags(there, target, source) == tags


@pytest.mark.parametrize(("scheme", "prefixes"), SCHEMES.items())
def test_ill_formed_tags_are_read_as_seqeval_reads_them(scheme, prefixes):
    @given(any_tags(prefixes))
    def agree(tags):
        expected = [(label, start, end + 1) for label, start, end in get_entities(tags)]
        assert spans_of(tags, scheme) == expected

    agree()


@pytest.mark.parametrize(
    ("scheme", "theirs"), [("IOB2", seqeval.scheme.IOB2), ("BIOES", seqeval.scheme.IOBES)]
)
def test_strict_reading_keeps_what_seqeval_keeps(scheme, theirs):
    @given(any_tags(SCHEMES[scheme]))
    def agree(tags):
        kept = seqeval.scheme.Entities([tags], theirs).entities[0]
        expected = [(entity.tag, entity.start, entity.end) for entity in kept]
        assert spans_of(tags, scheme, strict=True) == expected

    agree()


@pytest.mark.parametrize(
    ("scheme", "tags", "spans", "strict"),
    [
        ("IOB2", "I-A I-A O", [("A", 0, 2)], []),
        ("IOB2", "B-A I-B", [("A", 0, 1), ("B", 1, 2)], [("A", 0, 1)]),
        ("IOB2", "B-A B-A I-A", [("A", 0, 1), ("A", 1, 3)], [("A", 0, 1), ("A", 1, 3)]),
        ("IOB1", "I-A B-A O B-B", [("A", 0, 1), ("A", 1, 2), ("B", 3, 4)], "first two"),
        ("BIOES", "B-A I-A O S-B", [("A", 0, 2), ("B", 3, 4)], [("B", 3, 4)]),
        ("BIOES", "E-A E-A", [("A", 0, 1), ("A", 1, 2)], []),
        ("IOB2", "B I O", [("", 0, 2)], [("", 0, 2)]),
        ("IOB2", "", [], []),
    ],
)
def test_examples_of_reading(scheme, tags, spans, strict):
    expected = spans[:2] if strict == "first two" else strict
    assert spans_of(tags.split(), scheme) == spans
    assert spans_of(tags.split(), scheme, strict=True) == expected


def test_a_span_has_names():
    span = spans_of(["O", "B-PER"])[0]
    assert (span.label, span.start, span.end) == ("PER", 1, 2)
    assert isinstance(span, Span)


def test_converting_to_the_same_scheme_repairs():
    assert convert_tags(["I-A", "I-A", "I-B"], "IOB2", "IOB2") == ["B-A", "I-A", "B-B"]


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ([("A", 0, 4)], "expected 0 <= start < end <= 3, got Span"),
        ([("A", -1, 1)], "expected 0 <= start"),
        ([("A", 1, 1)], "expected 0 <= start"),
        ([("A", 0, 2), ("B", 1, 3)], "do not overlap, got Span.label='A'.* and Span.label='B'"),
    ],
)
def test_spans_that_cannot_be_written_are_refused(spans, message):
    with pytest.raises(ValueError, match=message):
        tags_from_spans(spans, 3)


def test_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match="expected a list of tags for each text, got the str"):
        spans_of("B-PER")
    with pytest.raises(ValueError, match=r"expected a tag of the scheme IOB2 .* got 'S-PER'"):
        spans_of(["S-PER"])
    with pytest.raises(ValueError, match="expected a scheme of"):
        tags_from_spans([], 2, "IO")
