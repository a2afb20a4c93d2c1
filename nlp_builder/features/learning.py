"""One pass over a corpus that teaches all blocks which still have something to learn."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nlp_builder.text import Text, TokenCounts, iterate_texts

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature

_TEXTS_AT_ONCE = 1000


def learn(leaves: Sequence[Feature], texts: Iterable[Text] | None, *, owner: Feature) -> str | None:
    """Count the symbols of each leaf in one pass, then let the leaves learn.

    Args:
        leaves: blocks that read texts.
        texts: the corpus; a generator is read once, some texts at a time. None if every leaf
            has learnt before.
        owner: the block that is built, for the errors.

    Returns:
        The corpus in brief, the same for the same texts in the same order; None without texts.

    Raises:
        ValueError: if there are no texts, or a leaf learnt from other ones.
    """
    pending = [leaf for leaf in leaves if leaf._corpus is None]
    if texts is None:
        _require_nothing_to_learn(pending, owner)
        return None
    counts = {leaf: TokenCounts() for leaf in pending}
    brief = hashlib.blake2b(digest_size=16)
    stream = iterate_texts(texts)
    size = 0
    while chunk := list(itertools.islice(stream, _TEXTS_AT_ONCE)):
        size += len(chunk)
        brief.update(json.dumps(chunk).encode("ascii"))
        for leaf in pending:
            counts[leaf].update(leaf._symbols(chunk))
    if not size:
        raise ValueError(f"{type(owner).__name__}.build expects a corpus, got no texts")
    corpus = brief.hexdigest()
    for leaf in leaves:
        if leaf not in counts:
            _require_same(leaf, corpus)
    for leaf in pending:
        if leaf._graph is None:
            leaf._learn(counts[leaf])
    return corpus


def _require_nothing_to_learn(pending: Sequence[Feature], owner: Feature) -> None:
    for leaf in pending:
        if leaf._needs_texts:
            raise ValueError(
                f"{type(owner).__name__}.build needs texts: {type(leaf).__name__} has learnt from "
                "none yet"
            )


def _require_same(leaf: Feature, corpus: str) -> None:
    if leaf._corpus != corpus:
        raise ValueError(
            f"{type(leaf).__name__} was built with another corpus, and keeps what it learnt: to "
            "start anew, make a new block with the same arguments and build that one; to keep it, "
            "build without texts"
        )
