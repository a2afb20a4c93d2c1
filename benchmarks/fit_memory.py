"""Shows that `KerasWrapper.fit` on texts takes no more memory for ten times as many texts.

Texts are generated (see `sentences.py`), as a list in memory; a small classifier of their words is
fitted on them for an epoch. Printed is by how much the largest memory during `fit` exceeds that
before it, when the texts were in memory already and the graph was traced, and, from the smaller
corpus to the larger, the bytes that each further text takes beyond itself. Each measurement has a
process of its own.

    python benchmarks/fit_memory.py --texts 50000

Needs Linux, whose /proc tells the memory of a process.
"""

from __future__ import annotations

import statistics
import sys

from sentences import forget_peak, peak, resident, stream, words_by_frequency
from turns import (
    Worker,
    add_line,
    new_figure,
    options,
    read_options,
    save_figure,
    serve,
    shown,
    spread,
    table,
)

TIMES, DIMENSION, BATCH_SIZE, FIRST_TEXTS = 10, 16, 256, 20_000
MAXLENS = {"20 words": 20, "any length": None}


def classifier(texts, maxlen):
    import keras
    import numpy as np

    from nlp_builder.features import KerasWrapper, PreTrainedWordEmbeddingSequence
    from nlp_builder.text import WordVectors

    known = words_by_frequency()
    matrix = np.random.default_rng(0).normal(size=(len(known), DIMENSION))
    words = PreTrainedWordEmbeddingSequence(WordVectors(known, matrix), "whitespace", maxlen)
    inputs = keras.Input((maxlen, DIMENSION))
    x = keras.layers.GlobalAveragePooling1D()(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))
    wrapper = KerasWrapper(words, model).build(texts)
    wrapper.compile("adam", loss="binary_crossentropy")
    return wrapper


def corpus(num_texts):
    import numpy as np

    texts = list(stream(num_texts))
    return texts, np.random.default_rng(0).integers(0, 2, num_texts).astype("float32")


def fit(wrapper, texts, labels):
    wrapper.fit(texts, labels, batch_size=BATCH_SIZE, epochs=1, verbose=0)


def probe(lengths, num_texts):
    first = corpus(FIRST_TEXTS)
    wrapper = classifier(first[0], MAXLENS[lengths])
    fit(wrapper, *first)
    start = resident()
    texts, labels = corpus(num_texts)
    before = resident()
    forget_peak()
    fit(wrapper, texts, labels)
    return {"texts, MB": before - start, "fit, MB": peak() - before}


def measured(lengths, num_texts, repeats):
    found = []
    for _ in range(repeats):
        with Worker(sys.executable, __file__, "--worker", "probe") as worker:
            found.append(worker.ask(lengths=lengths, num_texts=num_texts))
    return found


def compare(lengths, num_texts, repeats):
    row = {"lengths": lengths}
    for size in (num_texts, num_texts * TIMES):
        found = measured(lengths, size, repeats)
        row[f"{size} texts, MB"] = round(statistics.median(f["texts, MB"] for f in found), 1)
        row[f"fit on {size}, MB"] = spread([f["fit, MB"] for f in found], 1)
    small, large = (row[f"fit on {size}, MB"][1] for size in (num_texts, num_texts * TIMES))
    row["bytes a further text"] = round((large - small) * 1e6 / (num_texts * (TIMES - 1)), 1)
    return row


def draw(rows, num_texts, path):
    figure, axis = new_figure(figsize=(7, 4))
    for shift, size in enumerate((num_texts, num_texts * TIMES)):
        places = [place + 0.4 * shift for place in range(len(rows))]
        texts = [row[f"{size} texts, MB"] for row in rows]
        axis.barh(places, texts, 0.38, color="lightgrey", label=None if shift else "the texts")
        extra = [row[f"fit on {size}, MB"][1] for row in rows]
        axis.barh(places, extra, 0.38, left=texts, label=f"fit on {size:,} texts")
    axis.set_yticks([place + 0.2 for place in range(len(rows))], [row["lengths"] for row in rows])
    axis.set_xlabel("MB")
    axis.legend()
    save_figure(figure, path)


def main() -> None:
    parser = options("fit_memory", __doc__, ["probe"])
    parser.set_defaults(repeats=3)
    parser.add_argument("--texts", type=int, default=50_000, help="the smaller corpus")
    arguments = read_options(parser, repeats=1, texts=5000)
    if arguments.worker:
        serve(probe)
        return
    rows = [compare(lengths, arguments.texts, arguments.repeats) for lengths in MAXLENS]
    lines = [
        shown(
            f"memory of `fit`, from {arguments.texts:,} to {arguments.texts * TIMES:,} texts, "
            f"{row['lengths']}",
            ours=f"{row['bytes a further text']} bytes a further text",
        )
        for row in rows
    ]
    add_line(arguments.json, {"benchmark": "fit_memory", "rows": rows, "table": lines})
    draw(rows, arguments.texts, arguments.picture)
    print(table(list(rows[0]), [list(row.values()) for row in rows]))


if __name__ == "__main__":
    main()
