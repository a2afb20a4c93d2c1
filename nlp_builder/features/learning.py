"""One pass over a corpus that teaches all blocks which still have something to learn."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nlp_builder.text import Text, TokenCounts, count_chunks, iterate_columns
from nlp_builder.text.checks import positive_int

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature
    from nlp_builder.features.representation import TextRepresentation

_TEXTS_AT_ONCE = 1000


def learn(block: Feature, texts: Any, *, workers: int) -> dict[TextRepresentation, str]:
    """Count the symbols of each block that reads texts in one pass, then let them learn.

    Args:
        block: the block that is built.
        texts: the corpus, or a dict or DataFrame of one for each name; generators are read once,
            some texts at a time. None if every block has learnt before.
        workers: the number of processes that count.

    Returns:
        The corpus in brief for each block that learns, the same for the same texts in the same
        order; nothing without texts.

    Raises:
        ValueError: if there are no texts, or a block learnt from other ones.
    """
    positive_int("workers", workers)
    pending = {slot.block.learner for slot in block.slots if slot.block.learner._corpus is None}
    if texts is None:
        _require_nothing_to_learn(pending, block)
        return {}
    lesson = _Lesson(block, pending)
    for name, column in _columns(block, texts).items():
        lesson.read(name, column, workers)
    corpora = {learner: brief.hexdigest() for learner, brief in lesson.briefs.items()}
    for learner, corpus in corpora.items():
        if learner not in pending:
            _require_same(learner, corpus)
    for learner, counts in lesson.counts.items():
        if learner._graph is None:
            learner._learn(counts)
    return corpora


class _Lesson:
    """Counts and briefs of a corpus, column by column."""

    def __init__(self, block: Feature, pending: set[TextRepresentation]) -> None:
        self._block = block
        self.counts = {
            slot.block.learner: TokenCounts()
            for slot in block.slots
            if slot.block.learner in pending
        }
        self.briefs = {slot.block.learner: hashlib.blake2b(digest_size=16) for slot in block.slots}

    def read(self, name: str | None, column: Iterable[Text], workers: int) -> None:
        """Count the symbols of a column; without a name, for all that read any."""
        readers = [slot.block for slot in self._block.slots if name in (slot.text, None)]
        # A block that reads the column twice, as it is and in chunks, learns from both ways.
        unique = list(dict.fromkeys(readers))
        symbols = {
            learner: [reader._symbols() for reader in unique if reader.learner is learner]
            for learner in self.counts
            if any(reader.learner is learner for reader in unique)
        }
        briefs = [self.briefs[learner] for learner in {reader.learner for reader in unique}]
        found = count_chunks(self._summed_up(column, briefs), symbols, workers=workers)
        for learner, counts in found.items():
            self.counts[learner] = self.counts[learner].merge(counts)

    def _summed_up(self, column: Iterable[Text], briefs: list[Any]) -> Iterator[list[Text]]:
        stream = iter(column)
        size = 0
        while chunk := list(itertools.islice(stream, _TEXTS_AT_ONCE)):
            size += len(chunk)
            # Without the brackets, so that it does not matter where a chunk ends.
            text = json.dumps(chunk)[1:-1].encode("ascii") + b", "
            for brief in briefs:
                brief.update(text)
            yield chunk
        if not size:
            name = type(self._block).__name__
            raise ValueError(f"{name}.build expects a corpus, got no texts")


def _columns(block: Feature, texts: Any) -> Mapping[str | None, Iterator[Text]]:
    by_name = isinstance(texts, Mapping) or hasattr(texts, "columns")
    return iterate_columns(texts, block.text_names if by_name else None)


def _require_nothing_to_learn(pending: Iterable[TextRepresentation], block: Feature) -> None:
    for learner in pending:
        if learner._needs_texts:
            raise ValueError(
                f"{type(block).__name__}.build needs texts: {type(learner).__name__} has learnt "
                "from none yet"
            )


def _require_same(learner: TextRepresentation, corpus: str) -> None:
    if learner._corpus != corpus:
        raise ValueError(
            f"{type(learner).__name__} was built with another corpus, and keeps what it learnt: to "
            "start anew, make a new block with the same arguments and build that one; to keep it, "
            "build without texts"
        )
