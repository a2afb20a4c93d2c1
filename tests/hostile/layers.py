"""Files with Keras models whose layers, or parts of layers, are none, or are large ones of ours."""

import numpy as np

from tests.features.hostile import SECRET, made
from tests.hostile.changing import other_array, table
from tests.hostile.messages import CANNOT
from tests.hostile.parts import dense, keras_layer, one, ours

HUGE, BILLION = 10**18, 10**9


FOREIGN = table(
    "model",
    [
        ("a CRF of 10**9 tags", one(ours("CRF", num_tags=BILLION)), CANNOT),
        (
            "a CRF of 10**9 potentials",
            one(ours("CRF", num_tags=BILLION), shape=(None, 6, BILLION)),
            "missing are",
        ),
        ("a CRF of -1 tags", one(ours("CRF", num_tags=-1)), "num_tags must be a positive"),
        (
            "a CRF of false constraints",
            one(ours("CRF", num_tags=4, constraints=[[1] * 10**4] * 3)),
            CANNOT,
        ),
        (
            "an embedding of ours, of 10**9 rows",
            one(ours("MaskedEmbedding", input_dim=BILLION, output_dim=9)),
            "missing are",
        ),
        (
            "an embedding of ours, of 10**18 values",
            one(ours("MaskedEmbedding", input_dim=9, output_dim=HUGE)),
            CANNOT,
        ),
        (
            "an embedding of ours, in two parts",
            one(
                ours("PartlyFrozenEmbedding", num_trained=BILLION, num_given=BILLION, output_dim=9)
            ),
            "missing are",
        ),
        (
            "a digest of 10**6 layers",
            one(ours("Digest", units=2, stacked_layers=10**6)),
            "at most 100|the limit is",
        ),
        ("a digest of 10**9 units", one(ours("Digest", units=BILLION)), "missing are"),
        (
            "a digest of nonsense",
            one(ours("Digest", units=2, rnn_type="os.system")),
            "rnn_type must be one of",
        ),
        ("folded 10**6 times", one(ours("Folded", layer=dense(), leading=10**6)), CANNOT),
        (
            "folded around nothing",
            one(ours("Folded", layer=None, leading=1)),
            "Expected a Keras layer",
        ),
        (
            "folded around an optimizer",
            one(ours("Folded", layer=made("Adam", "keras.optimizers"))),
            CANNOT,
        ),
        (
            "folded around a Lambda",
            one(ours("Folded", layer=keras_layer("Lambda", function="x"))),
            "no plain part",
        ),
        ("unfolded alone", one(ours("Unfold", leading=1)), CANNOT),
        ("an unknown layer of ours", one(ours("Evil")), "is not of Keras"),
        ("a function of ours as a layer", one(ours("first_step_open")), "is not of Keras"),
        (
            "an initializer of 10**9",
            one(dense(kernel_initializer=made("Identity", "keras.initializers", gain=HUGE))),
            "missing are",
        ),
        (
            "an initializer of nonsense",
            one(dense(kernel_initializer=made("Constant", "keras.initializers", value=SECRET))),
            "missing are|" + CANNOT,
        ),
        ("an initializer that is a path", one(dense(kernel_initializer=SECRET)), CANNOT),
        ("a constraint of nonsense", one(dense(kernel_constraint="os.system")), CANNOT),
        ("a constraint that is a layer", one(dense(kernel_constraint=dense())), CANNOT),
        (
            "a regularizer of nonsense",
            one(dense(kernel_regularizer=made("L2", "keras.regularizers", l2="x"))),
            CANNOT,
        ),
        ("an activation that is a path", one(keras_layer("Activation", activation=SECRET)), CANNOT),
        (
            "weights of another type",
            other_array("models/0/0", lambda a: a.astype("float64")),
            "float64",
        ),
        ("weights of another shape", other_array("models/0/0", np.ravel), "found"),
    ],
)
