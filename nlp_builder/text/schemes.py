"""The three ways to write spans as tags, and which tag may follow which.

IOB1 (Ramshaw and Marcus, 1995): `I` in a span, `B` only where a span begins next to one of the same
label. IOB2 (Tjong Kim Sang and Veenstra, 1999): each span begins with `B`. BIOES: besides, a span
ends with `E`, and a span of one token is `S`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias, get_args

from nlp_builder.text.checks import preview

Scheme: TypeAlias = Literal["IOB1", "IOB2", "BIOES"]
"""The name of a tagging scheme."""

OUTSIDE = "O"
"""The tag of a token in no span."""

_WITHOUT_ENDS: tuple[Scheme, Scheme] = ("IOB1", "IOB2")

_PREFIXES: dict[str, str] = {"IOB1": "BI", "IOB2": "BI", "BIOES": "BIES"}


class ParsedTag(NamedTuple):
    """A tag in its two parts: `prefix` is one of B, I, E, S and O; `label` is empty for O."""

    prefix: str
    label: str


_OUTSIDE = ParsedTag(OUTSIDE, "")


def parse_tag(tag: str, scheme: Scheme = "IOB2") -> ParsedTag:
    """Parts a tag into prefix and label; a tag without a label, such as `B`, has the label "".

    Args:
        tag: a tag of the scheme.
        scheme: "IOB1", "IOB2" or "BIOES".

    Returns:
        The prefix and the label.

    Raises:
        ValueError: the tag is not one of the scheme, or the scheme is not known.

    Example:
        >>> parse_tag("B-geo-loc")
        ParsedTag(prefix='B', label='geo-loc')
    """
    prefixes = _prefixes(scheme)
    if tag == OUTSIDE:
        return _OUTSIDE
    prefix, dash, label = tag.partition("-") if isinstance(tag, str) else ("", "", "")
    if len(prefix) != 1 or prefix not in prefixes or bool(dash) != bool(label):
        raise ValueError(
            f"expected a tag of the scheme {scheme} ('O', or one of {', '.join(prefixes)} "
            f"with a label, as 'B-PER'), got {preview(tag)}"
        )
    return ParsedTag(prefix, label)


def may_follow(first: ParsedTag, second: ParsedTag, scheme: Scheme) -> bool:
    """Tells whether a scheme lets one tag follow another; `O` also stands for both ends of a text.

    Args:
        first: the tag before.
        second: the tag after.
        scheme: the scheme.

    Returns:
        True where the pair is well formed.

    Example:
        >>> may_follow(parse_tag("O"), parse_tag("I-PER"), "IOB2")
        False
    """
    continues = first.prefix in "BI" and first.label == second.label
    if scheme == "IOB1":
        return second.prefix != "B" or continues
    if scheme == "IOB2":
        return second.prefix != "I" or continues
    is_open = first.prefix in "BI"
    return (continues if is_open else False) if second.prefix in "IE" else not is_open


def guess_scheme(sequences: Iterable[Sequence[str]]) -> Scheme | None:
    """Finds the scheme in which tags are written: the one with the fewest ill-formed pairs.

    Args:
        sequences: the tags of each text.

    Returns:
        The scheme, IOB2 where nothing tells them apart, BIOES only where `E` or `S` occur; None
        where the tags are of no scheme, as parts of speech are not.

    Raises:
        TypeError: a sequence is a bare `str`.

    Example:
        >>> guess_scheme([["I-PER", "I-PER", "O"], ["O", "I-LOC"]])
        'IOB1'
    """
    pairs: Counter[tuple[str, str]] = Counter()
    for tags in sequences:
        require_tag_list(tags)
        pairs.update(pairwise([OUTSIDE, *tags, OUTSIDE]))
    try:
        parsed = {tag: parse_tag(tag, "BIOES") for pair in pairs for tag in pair}
    except ValueError:
        return None
    if any(tag.prefix in "ES" for tag in parsed.values()):
        return "BIOES"
    iob1, iob2 = (
        sum(n for (a, b), n in pairs.items() if not may_follow(parsed[a], parsed[b], scheme))
        for scheme in _WITHOUT_ENDS
    )
    return "IOB1" if iob1 < iob2 else "IOB2"


def require_tag_list(tags: object) -> None:
    """Refuses a bare `str` where the tags of one text are expected.

    Args:
        tags: what came.

    Raises:
        TypeError: it is a `str`.

    Example:
        >>> require_tag_list(["O"])
    """
    if isinstance(tags, str):
        raise TypeError(
            f"expected a list of tags for each text, got the str {preview(tags)}: "
            "wrap the tags of one text in a list"
        )


def _prefixes(scheme: str) -> str:
    if scheme not in _PREFIXES:
        raise ValueError(f"expected a scheme of {list(get_args(Scheme))}, got {preview(scheme)}")
    return _PREFIXES[scheme]
