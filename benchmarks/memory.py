"""Shows that building vocabularies from a stream takes no more memory for a longer one.

A stream of sentences is generated on the fly (about 14 words each, drawn by Zipf's law out of
100,000 types) and read by `TokenCounts`, and by `build` of blocks, each in a process of its own.
Its resident memory is printed every 250,000 sentences, with the types that came so far. Flat it can
be only when all of them came, which takes about a million sentences: the slope is that of the
second half of the stream.

    make bench-memory SENTENCES=5000000
    python benchmarks/memory.py --sentences 1000000

Needs Linux, whose /proc tells the memory of a process.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np
from sentences import resident, stream
from turns import Worker, add_line, new_figure, options, read_options, save_figure, shown

SENTENCES_A_SAMPLE = 250_000
WORD_MAXLEN, CHAR_MAXLEN, DIMENSION = 113, 10, 8


def token_counts(texts: Iterable[str]) -> Any:
    from nlp_builder.text import TokenCounts, tokenize

    counts = TokenCounts()
    for tokens in tokenize(texts, "whitespace"):
        counts.update(tokens)
    return counts.freeze()


def char_per_word(texts: Iterable[str]) -> Any:
    from nlp_builder import CharPerWordEmbeddingSequence

    return CharPerWordEmbeddingSequence(
        "whitespace", DIMENSION, WORD_MAXLEN, CHAR_MAXLEN, min_freq_percentile=0
    ).build(texts)


def trainable_words(texts: Iterable[str]) -> Any:
    from nlp_builder import TrainableWordEmbeddingSequence

    return TrainableWordEmbeddingSequence(
        "whitespace", DIMENSION, sequence_maxlen=WORD_MAXLEN, min_freq_percentile=0
    ).build(texts)


READERS = {
    "TokenCounts": token_counts,
    "CharPerWordEmbeddingSequence.build": char_per_word,
    "TrainableWordEmbeddingSequence.build": trainable_words,
}


def answer(**values: Any) -> None:
    print(json.dumps(values), flush=True)


def read(reader: str, num_sentences: int) -> None:
    """Read the stream in this process, and write a line for each sample."""

    def sample(count: int, types: int) -> None:
        if count % SENTENCES_A_SAMPLE == 0 or count == num_sentences:
            answer(sentences=count, types=types, megabytes=resident())

    READERS[reader](stream(num_sentences, sample))


def watch(reader: str, num_sentences: int) -> list[dict[str, float]]:
    """Return the samples of a process that reads the stream."""
    samples: list[dict[str, float]] = []
    request = ["--worker", reader, "--sentences", str(num_sentences)]
    with Worker(sys.executable, __file__, *request) as worker:
        while not samples or samples[-1]["sentences"] < num_sentences:
            samples.append(worker.read())
            print(
                "{sentences:>12,} {types:>9,} {megabytes:>9.1f}".format(**samples[-1]), flush=True
            )
    return samples


def second_half(samples: list[dict[str, float]]) -> dict[str, float]:
    """Return how the memory grew from half of the stream on, in MB a million sentences."""
    chosen = [s for s in samples if s["sentences"] >= samples[-1]["sentences"] / 2]
    x, y = (np.array([s[key] for s in chosen]) for key in ("sentences", "megabytes"))
    slope = np.polyfit(x / 1e6, y, 1)[0] if len(x) > 1 else float("nan")
    new = chosen[-1]["types"] - chosen[0]["types"]
    return {"MB a million sentences": round(float(slope), 3), "new types": new}


def draw(results: dict[str, list[dict[str, float]]], path) -> None:
    figure, axis = new_figure(figsize=(8, 4))
    for reader, samples in results.items():
        x = [sample["sentences"] / 1e6 for sample in samples]
        axis.plot(x, [sample["megabytes"] for sample in samples], ".-", label=reader)
    axis.set_xlabel("million sentences read")
    axis.set_ylabel("resident memory, MB")
    axis.set_ylim(bottom=0)
    axis.legend()
    save_figure(figure, path)


def main() -> None:
    parser = options("memory", __doc__, list(READERS), repeats=False)
    parser.add_argument("--sentences", type=int, default=5_000_000)
    parser.add_argument("--readers", nargs="+", choices=READERS, default=list(READERS))
    arguments = read_options(parser, sentences=1_000_000, readers=["TokenCounts"])
    if arguments.worker:
        read(arguments.worker, arguments.sentences)
        return
    results, growth = {}, {}
    for reader in arguments.readers:
        print(f"{reader}\n{'sentences':>12} {'types':>9} {'MB':>9}")
        results[reader] = watch(reader, arguments.sentences)
        growth[reader] = second_half(results[reader])
        print(f"from half of the stream on: {growth[reader]}\n")
    row = {"benchmark": "memory", "sentences": arguments.sentences, "second half": growth}
    lines = [
        shown(
            f"memory of {reader} on a stream, for each million of {arguments.sentences:,} sentences"
            " from half of it on",
            ours=f"{grown['MB a million sentences']} MB, {grown['new types']} new words",
        )
        for reader, grown in growth.items()
    ]
    add_line(arguments.json, row | {"samples": results, "table": lines})
    draw(results, arguments.picture)


if __name__ == "__main__":
    main()
