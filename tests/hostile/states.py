"""Files whose blocks say that they are in a state that cannot be."""

from typing import Any

import numpy as np

from tests.features.hostile import made
from tests.hostile.arguments import PATH
from tests.hostile.changing import (
    Change,
    Draft,
    Table,
    array,
    both,
    entry,
    nested,
    other_array,
    state,
    vocabulary,
    without,
)
from tests.hostile.messages import CANNOT

TRAINING = "the training of the file cannot go on"


def compiled(**values: Any) -> Change:
    return lambda draft: draft.compiled().update(values)


def optimizer(**values: Any) -> Change:
    return lambda draft: draft.compiled()["optimizer"]["config"].update(values)


def metric(name: str, times: int = 1, /, **config: Any) -> Change:
    return compiled(metrics=[made(name, "keras.metrics", **config)] * times)


def without_training(draft: Draft) -> None:
    for name in [name for name in draft.arrays if "/training/" in name]:
        del draft.arrays[name]


def optimizers_in_each_other(draft: Draft) -> None:
    for _ in range(30):
        inner = draft.compiled()["optimizer"]
        draft.compiled()["optimizer"] = made(
            "LossScaleOptimizer", "keras.optimizers", inner_optimizer=inner
        )


STATES: Table = {
    f"{kind} whose {name} is {shown}": (kind, state(-1, **{name: value}), message)
    for kind, name, shown, value, message in [
        ("characters", "built", "1", 1, "the state 'built' is 1"),
        ("characters", "built", "'yes'", "yes", "the state 'built' is"),
        ("characters", "built", "null", None, "the state 'built' is None"),
        ("characters", "built", "false", False, "built is False, and the corpus"),
        ("characters", "frozen", "'no'", "no", "the state 'frozen' is"),
        ("characters", "frozen", "0", 0, "the state 'frozen' is 0"),
        ("characters", "policy", "3", 3, "the state 'policy' is 3"),
        ("characters", "policy", "null", None, "the state 'policy' is None"),
        ("characters", "policy", "nonsense", "mixed_nonsense", CANNOT),
        ("characters", "policy", "empty", "", CANNOT),
        ("characters", "policy", "a dotted name", "config.set_floatx", CANNOT),
        ("characters", "policy", "a class", "layers.Lambda", CANNOT),
        ("characters", "policy", "an object", {"class_name": "Lambda"}, "the state 'policy' is"),
        ("characters", "policy", "of integers", "int8", CANNOT),
        ("characters", "policy", "3 MB", "x" * 3 * 10**6, CANNOT),
        ("characters", "corpus", "7", 7, "the state 'corpus' is 7"),
        ("characters", "corpus", "null", None, "built is True, and the corpus None"),
        ("characters", "corpus", "a list", ["a"], "the state 'corpus' is"),
        ("characters", "compiled", "{}", {}, "has no state .'compiled'"),
        ("characters", "trained", "true", True, "has no state .'trained'"),
        ("characters", "trainable", "[]", [], "has no state .'trainable'"),
        ("characters", "run", "os.system", "os.system", "unknown state .'run'"),
        ("characters", "__class__", "str", "str", "unknown state .'__class__'"),
        ("digest_of_words_and_characters", "corpus", "given", "abc", "has no state .'corpus'"),
        ("digest_of_words_and_characters", "trained", "true", True, "has no state .'trained'"),
        ("digest_of_words_and_characters", "built", "false", False, "of a block that is not built"),
        ("diamond", "trainable", "too short", [True], "times true or false"),
        ("diamond", "trainable", "too long", [True] * 100_000, "times true or false"),
        ("diamond", "trainable", "numbers", [1, 1, 1, 1], "times true or false"),
        ("diamond", "trainable", "lists", nested([True], 80), "times true or false"),
        ("diamond", "trainable", "null", None, "the state 'trainable' is None"),
        ("diamond", "trained", "1", 1, "the state 'trained' is 1"),
        ("diamond", "compiled", "a string", "adam", "the state 'compiled' is 'adam'"),
        ("diamond", "compiled", "a list", [], "the state 'compiled' is"),
        ("diamond", "compiled", "a path", {"optimizer": PATH}, TRAINING),
    ]
}
LACKING: Table = {
    "no state": ("characters", entry(state={}), "no state 'built'"),
    "state is a list": ("characters", entry(state=[]), "a block has the state"),
    "state is a string": ("characters", entry(state="built"), "a block has the state"),
    "no corpus": ("characters", without("config", "blocks", 0, "state", "corpus"), CANNOT),
    "no flags": ("diamond", without("config", "blocks", -1, "state", "trainable"), CANNOT),
    "not known whether trained": (
        "diamond",
        without("config", "blocks", -1, "state", "trained"),
        CANNOT,
    ),
    "parts are not built": (
        "digest_of_words_and_characters",
        both(
            state(1, built=False, corpus=None),
            without("arrays", "1/weights/0"),
            without("vocabularies", "1/vocabulary"),
        ),
        "made of one that is not built",
    ),
    "corpus of 10 MB": ("characters", state(corpus="x" * 10**7), "bytes of config.json: 10,000"),
    "words of what is not built": (
        "words, unbuilt",
        vocabulary("0/vocabulary", ["a"]),
        "not once more",
    ),
    "weights of what is not built": (
        "words, unbuilt",
        array("0/weights/0", np.ones((8, 4), "float32")),
        "of a block that is not built",
    ),
}
COMPILED: Table = {
    f"compiled with {shown}": ("trained_tagger", change, message)
    for shown, change, message in [
        ("nothing", lambda d: d.state().update(compiled={}), TRAINING),
        ("os.system as optimizer", compiled(optimizer="os.system"), TRAINING),
        ("a dotted optimizer", compiled(optimizer="config.set_floatx"), TRAINING),
        ("no optimizer", compiled(optimizer=None), TRAINING),
        ("a number as optimizer", compiled(optimizer=7), TRAINING),
        ("os.system as loss", compiled(loss="os.system"), TRAINING),
        ("a metric of Python", compiled(metrics=["eval"]), TRAINING),
        ("an unknown argument", compiled(run="os.system"), TRAINING),
        ("self", compiled(self=1), TRAINING),
        ("another optimizer", compiled(optimizer=made("SGD", "keras.optimizers")), TRAINING),
        ("optimizers in each other", optimizers_in_each_other, TRAINING),
        (
            "a layer as optimizer",
            compiled(optimizer=made("Dense", "keras.layers", units=1)),
            TRAINING,
        ),
        ("a rate in words", optimizer(learning_rate="os.system"), TRAINING),
        ("a rate of lists", optimizer(learning_rate=nested(0.1, 50)), TRAINING),
        ("AUC of 10**9 thresholds", metric("AUC", num_thresholds=10**9), "at most 100000"),
        ("AUC of 1e9 thresholds", metric("AUC", num_thresholds=1e9), "at most 100000"),
        (
            "AUC of many labels",
            metric("AUC", multi_label=True, num_labels=4096, num_thresholds=10**5),
            "expected at most 16,777,216",
        ),
        ("AUC of 10**9 labels", metric("AUC", multi_label=True, num_labels=10**9), "at most 4096"),
        (
            "AUC of listed thresholds",
            metric("AUC", multi_label=True, num_labels=4096, thresholds=[0.5] * 10**5),
            "expected at most 16,777,216",
        ),
        ("MeanIoU of 10**6 classes", metric("MeanIoU", num_classes=10**6), "at most 4096"),
        ("MeanIoU again and again", metric("MeanIoU", 50, num_classes=4096), "at most 16,777,216"),
        ("R2 of many classes", metric("PearsonCorrelation", 3, num_classes=10**9), "at most 4096"),
        (
            "a metric that loads",
            compiled(metrics=[made("load_model", "keras.models")]),
            "no plain part of a model",
        ),
        ("a loss in lists", compiled(loss=nested("eval", 50)), TRAINING),
        ("a variable fewer", without("arrays", "3/training/optimizer/9"), TRAINING),
        ("a variable more", array("3/training/optimizer/99", np.ones(3)), TRAINING),
        ("a variable of a path", array("3/training/../../x", np.ones(3)), TRAINING),
        ("no variables", without_training, TRAINING),
        ("doubles", other_array("3/training/optimizer/9", lambda a: a.astype("f8")), TRAINING),
        ("another shape", other_array("3/training/optimizer/10", np.ravel), TRAINING),
        ("NaN", other_array("3/training/optimizer/9", lambda a: a * np.nan), "NaN or infinity"),
        (
            "variables alone",
            without("config", "blocks", -1, "state", "compiled"),
            "of a block that is not compiled",
        ),
    ]
}
STATES |= LACKING | COMPILED
