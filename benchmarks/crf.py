"""Times the CRF, loss with gradient and decoding, beside tensorflow-addons and pytorch-crf.

Each library runs in a process of its own, and in an environment of its own if need be; they take
turns, a measurement each, so that a slow moment of the machine hits all of them. What is printed is
the time of the peer over ours, as the median of the turns, with the least and the largest.

    make bench-crf            # the peers' environments, then this script
    python benchmarks/crf.py --addons .oracle/bin/python --torch .bench-torch/bin/python

The lengths of texts are drawn from half the words to all of them. All libraries use the processors
as they like to, in float32 (PyTorch one thread, or all, whichever is faster); TensorFlow runs
compiled graphs (`tf.function`), none uses XLA.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import numpy as np
from torch_threads import take_faster_threads
from turns import (
    Worker,
    add_line,
    ask_all,
    measuring,
    new_figure,
    options,
    peer_option,
    ratios,
    read_options,
    save_figure,
    serve,
    shown,
    spread,
    table,
    take_turns,
    those_there,
)

WORDS, TAGS, BATCHES = (16, 40, 113, 512), (9, 50), (32, 256)
# Those that the README's table has: batch, words, tags.
SHOWN = [(256, 16, 9), (256, 113, 9)]
NAMES = {"addons": "tensorflow-addons 0.23", "pytorch-crf": "pytorch-crf 0.7.2"}


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

    take_faster_threads(gradient)
    return gradient, decode


LIBRARIES = {"ours": ours, "addons": addons, "pytorch-crf": pytorch}


def prepare(library, case):
    return dict(zip(("loss", "decode"), LIBRARIES[library](problem(*case)), strict=True))


def compare(workers: dict[str, Worker], case: tuple[int, int, int], repeats: int) -> list[dict]:
    ask_all(workers, case=case)
    rows = []
    for what in ("loss", "decode"):
        turns = take_turns(workers, what, repeats)
        row = {"batch": case[0], "words": case[1], "tags": case[2], "what": what}
        row["ours, ms"] = spread([1e3 * turn["ours"] for turn in turns])[1]
        rows.append(row | {peer: ratios(turns, peer) for peer in workers if peer != "ours"})
    return rows


def lines_of(rows: list[dict], peers: list[str]) -> list[dict]:
    """Return what goes into the README."""
    return [
        shown(
            f"CRF, {row['what']}, {row['batch']} texts x {row['words']} words x {row['tags']} tags",
            NAMES[peer],
            row[peer],
        )
        for row in rows
        if (row["batch"], row["words"], row["tags"]) in SHOWN
        for peer in peers
        if peer in row
    ]


def as_table(rows: list[dict], peers: list[str]) -> str:
    columns = ["what", "batch", "words", "tags", "ours, ms", *peers]
    head = [f"{column} / ours" if column in peers else column for column in columns]
    return table(head, [[row.get(column, "") for column in columns] for row in rows])


def draw(rows: list[dict], peers: list[str], path: Path) -> None:
    figure, axes = new_figure(1, 2, figsize=(11, 4.5), sharey=True)
    for axis, what in zip(axes, ("loss", "decode"), strict=True):
        chosen = [row for row in rows if row["what"] == what]
        names = [f"{row['batch']} x {row['words']} x {row['tags']}" for row in chosen]
        for shift, peer in enumerate(peers):
            found = [(place, row[peer][1]) for place, row in enumerate(chosen) if peer in row]
            places = [place + 0.4 * shift for place, _ in found]
            axis.barh(places, [median for _, median in found], 0.38, label=peer)
        axis.set_yticks([place + 0.2 for place in range(len(chosen))], names)
        axis.axvline(1, color="black", linewidth=1)
        axis.set_xscale("log")
        axis.set_title({"loss": "loss with gradient", "decode": "decoding"}[what])
        axis.set_xlabel("time of the peer over ours")
    axes[0].set_ylabel("batch x words x tags")
    if peers:
        axes[0].legend()
    save_figure(figure, path)


def main() -> None:
    parser = options("crf", __doc__, list(LIBRARIES))
    peer_option(parser, "addons", "tensorflow-addons", ".oracle")
    peer_option(parser, "torch", "pytorch-crf", ".bench-torch")
    parser.add_argument("--words", type=int, nargs="+", default=WORDS)
    parser.add_argument("--tags", type=int, nargs="+", default=TAGS)
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    arguments = read_options(parser, repeats=3, words=[16, 113], tags=[9], batches=[256])
    if arguments.worker:
        serve(measuring(lambda case: prepare(arguments.worker, case)))
        return
    peers = those_there({"addons": arguments.addons, "pytorch-crf": arguments.torch})
    pythons, peers = {"ours": sys.executable} | peers, list(peers)
    rows = []
    with contextlib.ExitStack() as stack:
        workers = {
            name: stack.enter_context(Worker(python, __file__, "--worker", name))
            for name, python in pythons.items()
        }
        for tags in arguments.tags:
            for words in arguments.words:
                for batch in arguments.batches:
                    rows += compare(workers, (batch, words, tags), arguments.repeats)
                    print(*as_table(rows[-2:], peers).splitlines()[-2:], sep="\n", flush=True)
    result = {"benchmark": "crf", "repeats": arguments.repeats, "rows": rows}
    add_line(arguments.json, result | {"table": lines_of(rows, peers)})
    draw(rows, peers, arguments.picture)
    print(as_table(rows, peers))


if __name__ == "__main__":
    main()
