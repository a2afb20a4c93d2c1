"""Tags to spans and back, in the three schemes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nlp_builder.text.schemes import OUTSIDE, ParsedTag, Scheme, parse_tag, require_tag_list


class Span(NamedTuple):
    """Tokens `start` to `end` (exclusive, counted from 0) that carry one label."""

    label: str
    start: int
    end: int


def spans_of(tags: Sequence[str], scheme: Scheme = "IOB2", *, strict: bool = False) -> list[Span]:
    """Reads the spans off the tags of one text.

    Ill-formed tags are read as the script conlleval of CoNLL-2000 reads them: a span begins at `B`
    or `S`, after `O`, `E` or `S`, and where the label changes; it ends before the next one begins
    or at `O`. This is also the default mode of seqeval.

    Args:
        tags: one tag for each token.
        scheme: "IOB1", "IOB2" or "BIOES".
        strict: leave out the spans that the scheme would write otherwise, as seqeval does in its
            strict mode for IOB2 and BIOES (called IOBES there).

    Returns:
        The spans in the order of the text.

    Raises:
        TypeError: `tags` is a bare `str`.
        ValueError: a tag is not one of the scheme.

    Example:
        >>> spans_of(["B-PER", "I-PER", "O", "I-LOC"])
        [Span(label='PER', start=0, end=2), Span(label='LOC', start=3, end=4)]
        >>> spans_of(["B-PER", "I-PER", "O", "I-LOC"], strict=True)
        [Span(label='PER', start=0, end=2)]
    """
    require_tag_list(tags)
    outside = ParsedTag(OUTSIDE, "")
    parsed = [*(parse_tag(tag, scheme) for tag in tags), outside]
    spans: list[Span] = []
    start, previous = 0, outside
    for i, tag in enumerate(parsed):
        begins = _begins(previous, tag)
        if previous.prefix != OUTSIDE and (begins or tag.prefix == OUTSIDE):
            spans.append(Span(previous.label, start, i))
        start = i if begins else start
        previous = tag
    if strict:
        return [span for span in spans if _is_well_formed(span, parsed, scheme)]
    return spans


def _begins(previous: ParsedTag, tag: ParsedTag) -> bool:
    if tag.prefix == OUTSIDE:
        return False
    return tag.prefix in "BS" or previous.prefix in "OES" or previous.label != tag.label


def _is_well_formed(span: Span, parsed: list[ParsedTag], scheme: Scheme) -> bool:
    before = parsed[span.start - 1] if span.start else ParsedTag(OUTSIDE, "")
    touches = before.prefix != OUTSIDE and before.label == span.label
    written = "".join(tag.prefix for tag in parsed[span.start : span.end])
    return written == _write(span.end - span.start, scheme, touches)


def _write(length: int, scheme: Scheme, touches: bool) -> str:
    """Returns the prefixes of a span; `touches` tells that one of its label ends just before it."""
    if scheme == "IOB1":
        return ("B" if touches else "I") + "I" * (length - 1)
    if scheme == "IOB2":
        return "B" + "I" * (length - 1)
    return "S" if length == 1 else "B" + "I" * (length - 2) + "E"


def tags_from_spans(
    spans: Iterable[tuple[str, int, int]], length: int, scheme: Scheme = "IOB2"
) -> list[str]:
    """Writes spans as tags.

    Args:
        spans: label, start and end (exclusive) of each span, in any order.
        length: the number of tokens of the text.
        scheme: "IOB1", "IOB2" or "BIOES".

    Returns:
        One tag for each token.

    Raises:
        ValueError: a span is empty, lies outside of the text, or overlaps another.

    Example:
        >>> tags_from_spans([("PER", 1, 3)], 4, "BIOES")
        ['O', 'B-PER', 'E-PER', 'O']
    """
    parse_tag(OUTSIDE, scheme)
    tags = [OUTSIDE] * length
    previous = Span("", 0, 0)
    for span in sorted((Span(*span) for span in spans), key=lambda span: span.start):
        if not 0 <= span.start < span.end <= length:
            raise ValueError(f"expected 0 <= start < end <= {length}, got {span}")
        if span.start < previous.end:
            raise ValueError(f"expected spans that do not overlap, got {previous} and {span}")
        touches = previous.end == span.start and previous.label == span.label
        prefixes = _write(span.end - span.start, scheme, touches)
        suffix = f"-{span.label}" if span.label else ""
        tags[span.start : span.end] = [prefix + suffix for prefix in prefixes]
        previous = span
    return tags


def convert_tags(tags: Sequence[str], source: Scheme, target: Scheme) -> list[str]:
    """Rewrites the tags of one text in another scheme; the same scheme twice repairs them.

    Args:
        tags: one tag for each token, read as `spans_of` does.
        source: the scheme of `tags`.
        target: the scheme of the result.

    Returns:
        As many tags.

    Raises:
        ValueError: a tag is not one of the scheme.

    Example:
        >>> convert_tags(["I-PER", "B-PER", "I-PER"], "IOB1", "BIOES")
        ['S-PER', 'B-PER', 'E-PER']
    """
    return tags_from_spans(spans_of(tags, source), len(tags), target)
