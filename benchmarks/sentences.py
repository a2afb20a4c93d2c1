"""A stream of sentences of any length, and the memory of the process that reads it (Linux)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

TYPES, MEAN_WORDS, SENTENCES_AT_ONCE = 100_000, 14, 10_000


def words_by_frequency() -> list[str]:
    """Return all types, the most frequent one first."""
    return [np.base_repr(number, 36).lower() for number in range(TYPES)]


def chunks(num_sentences: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the words of many sentences at once, as numbers of types, and the ends of each."""
    rng = np.random.default_rng(0)
    # (types,)
    cumulated = np.cumsum(1 / np.arange(1, TYPES + 1))
    for start in range(0, num_sentences, SENTENCES_AT_ONCE):
        size = min(SENTENCES_AT_ONCE, num_sentences - start)
        # (sentences,)
        ends = np.cumsum(1 + rng.poisson(MEAN_WORDS - 1, size))
        # (words of all sentences,)
        yield np.searchsorted(cumulated, rng.random(ends[-1]) * cumulated[-1]), ends


def stream(
    num_sentences: int, sample: Callable[[int, int], None] = lambda count, types: None
) -> Iterator[str]:
    """Yield sentences; call `sample` now and then with their number and that of types so far."""
    # (types,)
    spellings = np.array(words_by_frequency(), object)
    # (types,)
    seen, count = np.zeros(TYPES, bool), 0
    for numbers, ends in chunks(num_sentences):
        seen[numbers] = True
        words, start = spellings[numbers].tolist(), 0
        for end in ends.tolist():
            yield " ".join(words[start:end])
            start = end
        count += len(ends)
        sample(count, int(seen.sum()))


def resident() -> float:
    """Return the memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def forget_peak() -> None:
    """Let `peak` tell the largest memory from now on."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")


def peak() -> float:
    """Return the largest memory of this process, in MB."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    (kilobytes,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(kilobytes) * 1024 / 1e6
