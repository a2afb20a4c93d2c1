"""Lists of strings by name, as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from nlp_builder.saving.errors import refuse
from nlp_builder.saving.json_text import from_json, structure, to_json
from nlp_builder.saving.limits import Limits

VOCABULARIES = "vocabularies.json"


def vocabularies_to(vocabularies: Mapping[str, Sequence[str]]) -> bytes:
    """Write vocabularies.

    Args:
        vocabularies: tokens by name.

    Returns:
        JSON.

    Raises:
        TypeError: if a token is no str.
        ValueError: if a vocabulary holds a token twice.
    """
    lists = {name: list(tokens) for name, tokens in vocabularies.items()}
    for name, tokens in lists.items():
        if (fault := _fault(tokens)) is not None:
            raise fault[0](f"cannot keep the vocabulary {name!r}: {fault[1]}")
    return to_json(lists)


def vocabularies_from(data: memoryview, limits: Limits) -> dict[str, list[str]]:
    """Read vocabularies.

    Args:
        data: what `vocabularies_to` returned.
        limits: how many tokens and vocabularies are made.

    Returns:
        Tokens by name.

    Raises:
        ArchiveError: if there is something else than lists of strings, a token is twice in one of
            them, or there is more than the limits.
    """
    counted = structure(data)
    limits.require("tokens", f"tokens and names of vocabularies in {VOCABULARIES}", counted.strings)
    # Each value is a string or a list with a name, so much else would be made in vain.
    if counted.values > 2 * counted.strings + 1:
        refuse(f"{VOCABULARIES} holds more than lists of strings: {counted.values:,} values")
    limits.require("arrays", f"vocabularies in {VOCABULARIES}", counted.containers - 1)
    vocabularies = from_json(VOCABULARIES, data, limits, counted=counted)
    for name, tokens in vocabularies.items():
        if not isinstance(tokens, list):
            refuse(f"{VOCABULARIES}: {name!r:.60} is {type(tokens).__name__}, expected a list")
        if (fault := _fault(tokens)) is not None:
            refuse(f"{VOCABULARIES}: {name!r:.60}: {fault[1]}")
    return vocabularies


def _fault(tokens: list[str]) -> tuple[type[Exception], str] | None:
    if kinds := set(map(type, tokens)) - {str}:
        return TypeError, f"expected strings, found {kinds.pop().__name__}"
    if not _surely_distinct(tokens):
        ((token, count),) = Counter(tokens).most_common(1)
        if count > 1:
            return ValueError, f"the token {token[:60]!r} is there {count} times"
    return None


def _surely_distinct(tokens: list[str]) -> bool:
    # Strings of different hashes differ, and numbers are sorted in a third of the time that a set
    # of the strings takes.
    hashes = np.sort(np.fromiter(map(hash, tokens), np.int64, len(tokens)))
    return not (hashes[1:] == hashes[:-1]).any()
