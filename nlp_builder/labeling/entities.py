"""Entities: the spans of a text with their words and how sure a tagger is of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from nlp_builder.text.schemes import Scheme
from nlp_builder.text.spans import spans_of


class Entity(NamedTuple):
    """A labelled span of a text.

    Attributes:
        label: what the span is, as "PER".
        start: its first token, counted from 0.
        end: the token behind its last.
        text: its tokens, joined.
        confidence: how sure the tagger is, from 0 to 1: the least of its tokens' confidences.
    """

    label: str
    start: int
    end: int
    text: str
    confidence: float


def entities_of(
    tokens: Sequence[str],
    tags: Sequence[str],
    confidences: Any = None,
    *,
    scheme: Scheme,
    join: str = " ",
) -> list[Entity]:
    """Reads the entities off the tags of one text.

    Args:
        tokens: the tokens of the text.
        tags: one tag for each token; ill-formed ones are read as by `spans_of`.
        confidences: `(words,)`, the probability of each token's tag, or None for ones. An entity is
            as sure as its most doubtful token.
        scheme: "IOB1", "IOB2" or "BIOES".
        join: what stands between the tokens in an entity's text, "" for characters.

    Returns:
        The entities in the order of the text.

    Raises:
        TypeError: `tags` is a bare `str`.
        ValueError: lengths differ, or a tag is not one of the scheme.

    Example:
        >>> tokens, tags = ["Ada", "Lovelace", "wrote"], ["B-PER", "I-PER", "O"]
        >>> entities_of(tokens, tags, np.array([0.9, 0.75, 1.0]), scheme="IOB2")
        [Entity(label='PER', start=0, end=2, text='Ada Lovelace', confidence=0.75)]
    """
    sure = np.ones(len(tokens)) if confidences is None else np.asarray(confidences)
    if len(tags) != len(tokens) or sure.shape != (len(tokens),):
        raise ValueError(
            f"expected a tag and a confidence for each of {len(tokens)} tokens, got {len(tags)} "
            f"tags and confidences of shape {sure.shape}: cut padding off first"
        )
    return [
        Entity(label, start, end, join.join(tokens[start:end]), float(sure[start:end].min()))
        for label, start, end in spans_of(tags, scheme)
    ]
