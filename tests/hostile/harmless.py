"""Files that look hostile, and load: each with the reason why that is no harm.

What they ask for is done when texts come, or when training goes on, and by the user's own call.
"""

from typing import Any

import numpy as np

from tests.features.hostile import made
from tests.hostile.arguments import subwords
from tests.hostile.changing import Change, Draft, Table, argument, other_array, table
from tests.hostile.parts import beside, dense, functional, keras_layer, model, node, step, tensor
from tests.hostile.states import compiled, optimizer, without_training
from tests.hostile.tasks import argument as task_argument
from tests.hostile.tasks import hyper, task

HUGE, BILLION = 10**18, 10**9
A_LENGTH = "a length is a number until texts are padded to it"
A_SHAPE = "what has no weights has a shape, and no values until it is called"
NO_NGRAMS = "words that have no n-gram have no vector"
NO_PART = "what is no part of the graph is not made"
NO_GRAPH = "the graph of the file stands, and none is made of it"
A_SETTING = "it is used in the next step of training"


def kept(name: str, /, **config: Any) -> Change:
    """A model of one layer without weights."""
    return alone(model(functional(step("x", keras_layer(name, **config), node(tensor())))))


def alone(made_one: Change) -> Change:
    def change(draft: Draft) -> None:
        made_one(draft)
        draft.state()["trainable"] = [True] * 3
        del draft.state()["compiled"]
        without_training(draft)

    return change


HARMLESS: Table = {
    **table(
        "words, unbuilt",
        [
            ("10**9 words", argument("sequence_maxlen", BILLION), A_LENGTH),
            ("10**18 words", argument("sequence_maxlen", HUGE), A_LENGTH),
        ],
    ),
    **table(
        "characters",
        [
            ("10**9 words of 10**9 characters", argument("char_maxlen", BILLION), A_LENGTH),
            ("a random state of 10**18", argument("random_state", HUGE), "it is a seed"),
            ("a percentile of 1e-300", argument("min_freq_percentile", 1e-300), "it is a number"),
        ],
    ),
    **table(
        "fasttext words, unbuilt",
        [
            ("n-grams of minn > maxn", subwords(minn=6), NO_NGRAMS),
            ("n-grams of 10**9", subwords(minn=BILLION, maxn=BILLION), NO_NGRAMS),
            (
                "no rows of n-grams",
                other_array("0/fasttext_src/ngrams", lambda a: a[:0]),
                NO_NGRAMS,
            ),
            (
                "half vectors",
                other_array("0/fasttext_src/ngrams", lambda a: a.astype("float16")),
                "they are read as float32",
            ),
        ],
    ),
    **table(
        "model",
        [
            (
                "10**9 values beside the graph",
                alone(beside(dense(), [None, BILLION])),
                NO_PART,
            ),
            (
                "an orthogonal matrix beside the graph",
                alone(
                    beside(
                        dense(4000, kernel_initializer=made("Orthogonal", "keras.initializers")),
                        [None, 4000],
                    )
                ),
                NO_PART,
            ),
            ("10**9 repetitions", kept("UpSampling1D", size=BILLION), A_SHAPE),
            ("padding by 10**9", kept("ZeroPadding1D", padding=BILLION), A_SHAPE),
            (
                "10**9 categories",
                kept("CategoryEncoding", num_tokens=BILLION),
                A_SHAPE,
            ),
            (
                "10**9 bins",
                kept("Discretization", bin_boundaries=[0.0] * 50_000),
                A_SHAPE,
            ),
            (
                "a pool of 10**9",
                kept("MaxPooling1D", pool_size=BILLION, padding="same"),
                A_SHAPE,
            ),
            ("a scale of 1e308", kept("Rescaling", scale=1e308, offset=0.0), A_SHAPE),
            (
                "10**9 in an attribute",
                kept("ReLU", max_value=float(BILLION)),
                A_SHAPE,
            ),
        ],
    ),
    **table(
        "ready_made",
        [
            ("10**9 units of a task", hyper("layer_bgru", {"units": BILLION}), NO_GRAPH),
            ("a path as units of a task", hyper("layer_bgru", {"units": "/etc"}), NO_GRAPH),
            ("10**18 words at once", task(maxlen=HUGE), A_LENGTH),
            ("a sequence of 10**18 words", task_argument("sequence_length", HUGE), A_LENGTH),
        ],
    ),
    **table(
        "trained_tagger",
        [
            ("momentum 10**18", optimizer(beta_1=HUGE), A_SETTING),
            ("a rate of 1e300", optimizer(learning_rate=1e300), A_SETTING),
            ("10**9 steps at once", compiled(steps_per_execution=BILLION), A_SETTING),
            ("100,000 metrics of a name", compiled(metrics=["mse"] * 100_000), A_SETTING),
            (
                "a metric of nothing",
                compiled(metrics=[made("MeanMetricWrapper", "keras.metrics", fn="os.system")]),
                "Keras keeps the string, and cannot call it",
            ),
            (
                "a moment of 10**30",
                other_array("3/training/optimizer/9", lambda a: a + np.float32(1e30)),
                A_SETTING,
            ),
        ],
    ),
}
