"""Saves that are killed, for test_killed_saves.py: python -m tests.features.killed_saves --help.

It is a process of its own, since it forks. A fork has what takes seconds (Keras, two built blocks)
for nothing; all else is real: `save` in the fork, SIGKILL, `nlp_builder.load`.
"""

import argparse
import json
import os
import random
import select
import signal
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import nlp_builder
from nlp_builder.features import Feature, PreTrainedWordEmbeddingSequence, RNNDigest
from nlp_builder.text import WordVectors
from tests.handling import untraced

WORDS, DIMENSION, MAXLEN = 5_000, 50, 6
TEXTS = ["word7 word4999 word2499", "word12 nowhere", ""]
VERSIONS = "ABC"


def version(name: str) -> Feature:
    """A block of about a megabyte; each version has other words, sizes and weights."""
    seed = VERSIONS.index(name)
    matrix = np.random.default_rng(seed).normal(size=(WORDS, DIMENSION)).astype("float32")
    vectors = WordVectors([f"word{(1 + seed) * n}" for n in range(WORDS)], matrix)
    words = PreTrainedWordEmbeddingSequence(vectors, "whitespace", MAXLEN)
    return RNNDigest(words, 4 + seed, "gru", random_seed=seed).build(TEXTS)


def shown(block: Feature) -> list[np.ndarray]:
    """The ids and the outputs of a few texts."""
    ids = block.preprocess_texts(TEXTS)
    return [ids, *untraced(block, ids)]


class Round(NamedTuple):
    """What a killed process left: the version, its saves that ended, hidden files."""

    version: str
    saved: int
    left: int


class Rounds:
    """Saves of three versions in turn, into one file, each series ended by a kill."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path, self.random = path, random.Random(seed)
        self.blocks = {name: version(name) for name in VERSIONS}
        self.expected = {name: shown(block) for name, block in self.blocks.items()}
        self.save_each()  # the first saves of a process take longer
        self.seconds = self.save_each()
        self.before = VERSIONS[-1]

    def save_each(self) -> float:
        """Save all versions, and return how long one takes."""
        start = time.perf_counter()
        for block in self.blocks.values():
            block.save(self.path)
        return (time.perf_counter() - start) / len(VERSIONS)

    def next(self) -> Round:
        """Kill a series of saves at some moment within about two of them."""
        child, reports = self.fork()
        time.sleep(self.random.uniform(0, 2 * self.seconds))
        return self.end(child, reports)

    def fork(self) -> tuple[int, int]:
        """Start a process that saves, the next version first; return it when it begins."""
        reports, reporting = os.pipe()
        child = os.fork()
        if not child:
            os.close(reports)  # if this process ends, a report fails, and the other ends too
            self.save_until_killed(reporting)
        os.close(reporting)
        read(reports)
        return child, reports

    def save_until_killed(self, reporting: int) -> None:
        try:
            name = self.before
            self.blocks[name].serialize()  # touches its memory before the clock runs
            os.write(reporting, b"!")
            while True:
                name = after(name)
                self.blocks[name].save(self.path)
                os.write(reporting, name.encode())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)  # nothing of the parent is to be flushed or torn down here

    def end(self, child: int, reports: int) -> Round:
        """Kill the process, and look at what it left."""
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            raise RuntimeError("a save failed, and was not killed")
        with open(reports, "rb") as file:
            told = file.read().decode()
        now = self.version_in_file()
        last = told[-1:] or self.before
        if now not in (last, after(last)):
            raise RuntimeError(f"{last} was saved, and then the file was {now}")
        self.before = now
        return Round(now, len(told) + (now != last), self.remove_hidden())

    def version_in_file(self) -> str:
        found = shown(nlp_builder.load(self.path))
        (name,) = (name for name in VERSIONS if same(found, self.expected[name]))
        return name

    def remove_hidden(self) -> int:
        left = [path for path in self.path.parent.iterdir() if path != self.path]
        for path in left:
            path.unlink()
        return len(left)


def after(name: str) -> str:
    return VERSIONS[(VERSIONS.index(name) + 1) % len(VERSIONS)]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def read(reports: int, seconds: float = 60) -> bytes:
    """Wait for the next report of a process."""
    if not select.select([reports], [], [], seconds)[0]:
        raise RuntimeError(f"a process that saves did not answer within {seconds} seconds")
    return os.read(reports, 1)


def summary(rounds: list[Round], seconds: float) -> dict[str, Any]:
    """Count what the kills left."""
    return {
        "rounds": len(rounds),
        "milliseconds of a save": round(1e3 * seconds, 2),
        "versions": Counter(r.version for r in rounds),
        "the old file": sum(not r.saved for r in rounds),
        "a new file": sum(r.saved > 0 for r in rounds),
        "a hidden file beside it": sum(r.left > 0 for r in rounds),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="a file in a folder of its own")
    parser.add_argument("rounds", type=int)
    parser.add_argument("seed", type=int)
    arguments = parser.parse_args()
    rounds = Rounds(arguments.path, arguments.seed)
    killed = [rounds.next() for _ in range(arguments.rounds)]
    print(json.dumps(summary(killed, rounds.seconds)))


if __name__ == "__main__":
    main()
