"""Fits how time and memory grow with the corpus, the length of texts, the tags and the vocabulary.

Each subject is timed at several sizes, all sizes in turn; the exponent is the slope of a straight
line through logarithms of size and time, fitted in each turn: the median is printed, with the least
and the largest, beside the largest that is expected (1 for linear). A small exponent may say no
more than that calls cost something of themselves, so that of the two largest sizes is printed too.
Texts are drawn by Zipf's law from a seed.

Memory is that of processes of their own which read 1, 10 and 100 times the corpus from a generator:
by how much the largest resident memory exceeds that before, when 10 times had been read already.
What is consumed as a stream should take no more for more texts; what is kept, what it weighs.

    python benchmarks/scaling.py
    python benchmarks/scaling.py --only memory

Memory needs Linux, whose /proc tells that of a process.
"""

from __future__ import annotations

import sys

import numpy as np
from scaling_subjects import STREAMS, SUBJECTS
from sentences import forget_peak, peak, resident
from turns import (
    Worker,
    add_line,
    new_figure,
    options,
    read_options,
    save_figure,
    seconds,
    serve,
    shown,
    spread,
    table,
)

TIMES = (1, 10, 100)
SIZES = {
    "words in a text": (16, 64, 256, 1024),
    "tags": (4, 16, 64, 256),
    "vocabulary": (1000, 10_000, 100_000),
}
# What noise may add to an exponent; MB that a process may take for other reasons.
TOLERANCE, MEGABYTES = 0.15, 10


def exponent(sizes, times):
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def timed(subject, sizes, repeats):
    """Return for each turn the seconds of each size."""
    functions = [subject.make(size) for size in sizes]
    # Of a corpus the smallest traces whatever there is to trace.
    for function in functions[:1] if subject.axis == "texts" else functions:
        function()
    return [[seconds(function, 0.05) for function in functions] for _ in range(repeats)]


def row_of(subject, sizes, turns):
    exponents = spread([exponent(sizes, times) for times in turns])
    return {
        "what": subject.name,
        "against": subject.axis,
        "sizes": list(sizes),
        "seconds": np.median(turns, axis=0).round(6).tolist(),
        "exponent": exponents,
        "of the last two": spread([exponent(sizes[-2:], times[-2:]) for times in turns]),
        "at most": subject.exponent,
        "holds": exponents[1] <= subject.exponent + TOLERANCE,
    }


def weigh(stream, sizes):
    """Return, in a process of its own, the MB that are taken for each size."""
    function = STREAMS[stream]
    function(sizes[1])  # reads most words, and makes what there is to make of first batches
    found = []
    for size in sizes:
        before = resident()
        forget_peak()
        kept = function(size)
        found.append(round(peak() - before, 1))
        weight = weight_of(kept)
        del kept
    return {"MB": found, "kept of the largest, MB": weight}


def weight_of(kept):
    """Return the MB of lists of shared strings; of anything else there is none."""
    if not isinstance(kept, list):
        return 0
    return round((sys.getsizeof(kept) + sum(map(sys.getsizeof, kept))) / 1e6, 1)


def weighed(sizes):
    rows = []
    for stream in STREAMS:
        with Worker(sys.executable, __file__, "--worker", "memory") as worker:
            found = worker.ask(stream=stream, sizes=sizes)
        row = {"what": stream, "texts": sizes} | found
        growth = found["MB"][-1] - found["MB"][0] - found["kept of the largest, MB"]
        row |= {"grown beyond it, MB": round(growth, 1), "holds": growth <= MEGABYTES}
        print(row, flush=True)
        rows.append(row)
    return rows


def lines_of(rows, memory):
    """Return what goes into the README: of each axis the largest exponent."""
    lines = []
    for axis in dict.fromkeys(row["against"] for row in rows):
        worst = max((row for row in rows if row["against"] == axis), key=lambda r: r["exponent"][1])
        what = f"exponent of time against {axis}, the largest: {worst['what']}"
        least, median, largest = worst["exponent"]
        ours = f"{median} ({least} to {largest})"
        lines.append(shown(what, ours=ours, asked=f"at most {worst['at most']}"))
    for row in memory:
        if row["what"].startswith("predicted"):
            kept = ", beyond what is kept" if row["kept of the largest, MB"] else ""
            what = f"memory, from {row['texts'][0]:,} to {row['texts'][-1]:,} texts, {row['what']}"
            ours = f"{row['grown beyond it, MB']} MB"
            lines.append(shown(what + kept, ours=ours, asked=f"nothing (within {MEGABYTES} MB)"))
    return lines


def draw(rows, memory, path):
    axes_of = list(dict.fromkeys(row["against"] for row in rows))
    figure, panels = new_figure(1, len(axes_of) + bool(memory), figsize=(18, 4), squeeze=False)
    for panel, axis in zip(panels[0], axes_of, strict=False):
        for row in (row for row in rows if row["against"] == axis):
            label = f"{row['what']}: {row['exponent'][1]}"
            panel.loglog(row["sizes"], row["seconds"], ".-", label=label)
        panel.set_xlabel(axis)
        panel.set_ylabel("s, on the machine of the run")
        panel.legend(fontsize="small")
    if memory:
        for row in memory:
            panels[0][-1].semilogx(row["texts"], row["MB"], ".-", label=row["what"])
        panels[0][-1].set_xlabel("texts")
        panels[0][-1].set_ylabel("largest memory beyond that before, MB")
        panels[0][-1].legend(fontsize="small")
    save_figure(figure, path)


def main() -> None:
    parser = options("scaling", __doc__, ["memory"])
    parser.set_defaults(repeats=3)
    parser.add_argument("--texts", type=int, default=1000, help="the corpus (%(default)s)")
    parser.add_argument("--only", choices=["time", "memory"])
    parser.add_argument("--against", choices=["texts", *SIZES], help="this alone")
    arguments = read_options(parser, repeats=2, texts=100)
    if arguments.worker:
        serve(weigh)
        return
    texts = [arguments.texts * times for times in TIMES]
    rows, memory = [], []
    for subject in SUBJECTS if arguments.only != "memory" else []:
        if arguments.against in (None, subject.axis):
            sizes = SIZES.get(subject.axis, texts)
            rows.append(row_of(subject, sizes, timed(subject, sizes, arguments.repeats)))
            print(rows[-1], flush=True)
    if arguments.only != "time" and arguments.against in (None, "texts"):
        memory = weighed(texts)
    result = {"benchmark": "scaling", "rows": rows, "memory": memory}
    add_line(arguments.json, result | {"table": lines_of(rows, memory)})
    draw(rows, memory, arguments.picture)
    if rows:
        kept = ["what", "against", "exponent", "of the last two", "at most", "holds"]
        print(table(kept, [[row[name] for name in kept] for row in rows]))
    if memory:
        print(table(list(memory[0]), [list(map(str, row.values())) for row in memory]))


if __name__ == "__main__":
    main()
