"""Times the CRF, loss with gradient and decoding, beside tensorflow-addons and pytorch-crf.

Each library runs in a process of its own, and in an environment of its own if need be; they take
turns, a measurement each, so that a slow moment of the machine hits all of them. What is printed is
the time of the peer over ours, as the median of the turns, with the least and the largest.

    make bench-crf            # the peers' environments, then this script
    python benchmarks/crf.py --addons .oracle/bin/python --torch .bench-torch/bin/python

The lengths of texts are drawn from half the words to all of them. All libraries use the processors
as they like to, in float32; TensorFlow runs compiled graphs (`tf.function`), none uses XLA.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

WORDS, TAGS, BATCHES = (16, 40, 113, 512), (9, 50), (32, 256)
LEAST_SECONDS = 0.05


def problem(batch: int, words: int, tags: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "potentials": rng.normal(size=(batch, words, tags)).astype("float32"),
        "transitions": rng.normal(size=(tags, tags)).astype("float32"),
        "tags": rng.integers(0, tags, (batch, words)).astype("int32"),
        "lengths": np.maximum(
            rng.integers(words // 2, words + 1, batch), [words] + [1] * (batch - 1)
        ),
    }


def ours(case):
    import tensorflow as tf

    from nlp_builder.layers import log_likelihood, viterbi

    mask = np.arange(case["tags"].shape[1]) < case["lengths"][:, None]
    potentials, transitions = tf.Variable(case["potentials"]), tf.Variable(case["transitions"])
    tags, tensor_mask = tf.constant(case["tags"]), tf.constant(mask)

    @tf.function
    def gradient():
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(log_likelihood(potentials, tags, transitions, mask=tensor_mask))
        return tape.gradient(loss, [potentials, transitions])

    def decode():
        return viterbi(case["potentials"], case["transitions"], mask=mask)[0]

    return lambda: gradient()[0].numpy(), decode


def addons(case):
    import warnings

    warnings.simplefilter("ignore")
    import tensorflow as tf
    from tensorflow_addons.text import crf_decode, crf_log_likelihood

    potentials, transitions = tf.Variable(case["potentials"]), tf.Variable(case["transitions"])
    tags, lengths = tf.constant(case["tags"]), tf.constant(case["lengths"], tf.int32)

    @tf.function
    def gradient():
        with tf.GradientTape() as tape:
            values, _ = crf_log_likelihood(potentials, tags, lengths, transitions)
            loss = -tf.reduce_mean(values)
        return tape.gradient(loss, [potentials, transitions])

    @tf.function
    def best():
        return crf_decode(potentials, transitions, lengths)[0]

    return lambda: gradient()[0].numpy(), lambda: best().numpy()


def pytorch(case):
    import torch
    from torchcrf import CRF

    crf = CRF(case["transitions"].shape[0], batch_first=True)
    potentials = torch.tensor(case["potentials"], requires_grad=True)
    crf.transitions.data = torch.tensor(case["transitions"])
    tags = torch.tensor(case["tags"], dtype=torch.long)
    mask = torch.arange(tags.shape[1]) < torch.tensor(case["lengths"])[:, None]

    def gradient():
        potentials.grad = None
        (-crf(potentials, tags, mask=mask, reduction="mean")).backward()
        return potentials.grad.numpy()

    def decode():
        with torch.no_grad():
            return crf.decode(potentials, mask=mask)

    return gradient, decode


LIBRARIES = {"ours": ours, "addons": addons, "pytorch-crf": pytorch}


def work(library: str) -> None:
    """Answer each line of standard input, a case or a request to measure, with a line of JSON."""
    for line in sys.stdin:
        request = json.loads(line)
        if "case" in request:
            functions = dict(
                zip(("loss", "decode"), LIBRARIES[library](problem(*request["case"])), strict=True)
            )
            for function in functions.values():
                function()  # traces, and warms the caches
            print(json.dumps("ready"), flush=True)
        else:
            print(json.dumps(measured(functions[request["measure"]])), flush=True)


def measured(function) -> float:
    """Seconds a call."""
    calls, start = 0, time.perf_counter()
    while time.perf_counter() - start < LEAST_SECONDS:
        function()
        calls += 1
    return (time.perf_counter() - start) / calls


class Worker:
    """A library in its own process."""

    def __init__(self, library: str, python: str) -> None:
        self.process = subprocess.Popen(
            [python, __file__, "--worker", library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, **request):
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def compare(workers: dict[str, Worker], case: tuple[int, int, int], turns: int) -> list[dict]:
    for worker in workers.values():
        worker.ask(case=case)
    rows = []
    for what in ("loss", "decode"):
        times = [{name: w.ask(measure=what) for name, w in workers.items()} for _ in range(turns)]
        row = {"batch": case[0], "words": case[1], "tags": case[2], "what": what}
        row["ours, ms"] = round(1e3 * statistics.median(t["ours"] for t in times), 2)
        for peer in workers.keys() - {"ours"}:
            ratios = sorted(t[peer] / t["ours"] for t in times)
            row[peer] = [round(r, 2) for r in (ratios[0], statistics.median(ratios), ratios[-1])]
        rows.append(row)
    return rows


def table(rows: list[dict], peers: list[str]) -> str:
    head = ["what", "batch", "words", "tags", "ours, ms", *(f"{peer} / ours" for peer in peers)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = [row["what"], row["batch"], row["words"], row["tags"], row["ours, ms"]]
        cells += ["{1} ({0} to {2})".format(*row[peer]) for peer in peers]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def draw(rows: list[dict], peers: list[str], path: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.5), layout="constrained", sharey=True)
    for axis, what in zip(axes, ("loss", "decode"), strict=True):
        chosen = [row for row in rows if row["what"] == what]
        names = [f"{row['batch']} x {row['words']} x {row['tags']}" for row in chosen]
        for shift, peer in enumerate(peers):
            places = [place + 0.4 * shift for place in range(len(chosen))]
            axis.barh(places, [row[peer][1] for row in chosen], 0.38, label=peer)
        axis.set_yticks([place + 0.2 for place in range(len(chosen))], names)
        axis.axvline(1, color="black", linewidth=1)
        axis.set_xscale("log")
        axis.set_title({"loss": "loss with gradient", "decode": "decoding"}[what])
        axis.set_xlabel("time of the peer over ours")
    axes[0].set_ylabel("batch x words x tags")
    axes[0].legend()
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--addons", help="a Python with tensorflow-addons")
    parser.add_argument("--torch", help="a Python with pytorch-crf")
    parser.add_argument("--turns", type=int, default=7, help="measurements of each library")
    parser.add_argument("--words", type=int, nargs="+", default=WORDS)
    parser.add_argument("--tags", type=int, nargs="+", default=TAGS)
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    parser.add_argument("--output", type=Path, default=Path("build/bench"))
    parser.add_argument("--worker", choices=LIBRARIES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments.worker)
        return
    pythons = {"addons": arguments.addons, "pytorch-crf": arguments.torch}
    peers = [name for name, python in pythons.items() if python]
    workers = {"ours": Worker("ours", sys.executable)}
    workers |= {name: Worker(name, pythons[name]) for name in peers}
    rows = []
    for tags in arguments.tags:
        for words in arguments.words:
            for batch in arguments.batches:
                rows += compare(workers, (batch, words, tags), arguments.turns)
                print(table(rows[-2:], peers).splitlines()[-2:], flush=True)
    arguments.output.mkdir(parents=True, exist_ok=True)
    with (arguments.output / "crf.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"benchmark": "crf", "turns": arguments.turns, "rows": rows}) + "\n")
    draw(rows, peers, arguments.output / "crf.png")
    print(table(rows, peers))


if __name__ == "__main__":
    main()
