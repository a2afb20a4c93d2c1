"""Files with Keras models that are too large, or consist of too much."""

from tests.features.hostile import made
from tests.hostile.changing import table
from tests.hostile.messages import CANNOT, TOO_MUCH
from tests.hostile.parts import (
    beside,
    chain,
    dense,
    each_twice,
    functional,
    in_each_other,
    keras_layer,
    lies,
    model,
    node,
    one,
    operation,
    sequential,
    side_by_side,
    step,
    tensor,
)

HUGE, BILLION = 10**18, 10**9
# A layer that is in no way to an output is not made, and its flags are one too many.


SIZES = table(
    "model",
    [
        ("LSTM of 10**6 units", one(keras_layer("LSTM", units=10**6)), "missing are"),
        ("LSTM of 10**18 units", one(keras_layer("LSTM", units=HUGE)), CANNOT),
        ("GRU of -1 units", one(keras_layer("GRU", units=-1)), CANNOT),
        (
            "RNN of 10**6 units",
            one(keras_layer("RNN", cell=keras_layer("GRUCell", units=10**6))),
            "missing are",
        ),
        (
            "10**6 steps unrolled",
            one(keras_layer("LSTM", units=2, unroll=True), shape=(None, 10**6, 4)),
            "missing are",
        ),
        ("Dense of 10**9 units", one(dense(BILLION)), "missing are"),
        ("Dense of 10**4000 units", one(dense(10**4000)), CANNOT),
        ("Dense of 'x' units", one(dense("x")), CANNOT),
        (
            "Dense of 10**9 units before what fails",
            model(sequential(dense(BILLION), keras_layer("Reshape", target_shape=[7]))),
            CANNOT,
        ),
        (
            "Dense of 10**9 units before an optimizer",
            model(sequential(dense(BILLION), made("Adam", "keras.optimizers"))),
            CANNOT,
        ),
        (
            "Embedding of 10**9 rows",
            one(keras_layer("Embedding", input_dim=BILLION, output_dim=9)),
            "missing are",
        ),
        (
            "Embedding of low rank",
            one(keras_layer("Embedding", input_dim=9, output_dim=9, lora_rank=BILLION)),
            "missing are",
        ),
        (
            "a kernel of 10**9 steps",
            one(keras_layer("Conv1D", filters=1, kernel_size=[BILLION], padding="same")),
            "missing are",
        ),
        (
            "10**9 groups",
            one(keras_layer("Conv1D", filters=BILLION, kernel_size=[1], groups=BILLION)),
            CANNOT,
        ),
        (
            "10**9 heads",
            one(
                keras_layer("MultiHeadAttention", num_heads=BILLION, key_dim=9), tensor(), tensor()
            ),
            "missing are",
        ),
        (
            "normalised 10**9 values",
            one(keras_layer("BatchNormalization"), shape=(None, 6, BILLION)),
            "missing are",
        ),
        (
            "a spectrum",
            one(
                keras_layer("STFTSpectrogram", frame_length=256, frame_step=128, fft_length=2**30),
                shape=(None, 512, 1),
            ),
            "no plain part of a model",
        ),
        (
            "10**9 integers of 8 bits",
            one(
                dense(
                    BILLION,
                    dtype=made(
                        "QuantizedDTypePolicy",
                        "keras.dtype_policies",
                        mode="int8",
                        source_name="float32",
                    ),
                )
            ),
            CANNOT,
        ),
        (
            "a stateful LSTM of 10**9 texts",
            one(keras_layer("LSTM", units=9, stateful=True), shape=(BILLION, 6, 4)),
            "stateful",
        ),
        (
            "10**36 values beside the graph",
            beside(dense(HUGE), [None, HUGE]),
            CANNOT,
        ),
        (
            "mean of 10**9 values",
            one(
                keras_layer("Normalization", axis=[-1], mean=0.0, variance=1.0),
                shape=(None, BILLION),
            ),
            "Normalization of the file",
        ),
        (
            "mean of 10**9 built values",
            one(
                keras_layer("Normalization", axis=[-1], mean=0.0, variance=1.0)
                | {"build_config": {"input_shape": [None, BILLION]}},
                shape=(None, BILLION),
            ),
            "at most 16,777,216",
        ),
        (
            "adapted to 10**9 values",
            one(
                keras_layer("Normalization", axis=[-1])
                | {"build_config": {"input_shape": [None, BILLION]}},
                shape=(None, BILLION),
            ),
            "at most 16,777,216",
        ),
        (
            "mean of -10**9 values",
            one(
                keras_layer("Normalization", axis=[-1], mean=0.0, variance=1.0)
                | {"build_config": {"input_shape": [None, -BILLION]}}
            ),
            "at most 16,777,216|the file asks",
        ),
        (
            "10**9 outputs of Unstack",
            one(operation("Unstack", "core", num=BILLION, axis=0)),
            TOO_MUCH,
        ),
        *(
            (f"10**9 parts of {name}", one(operation(name, indices_or_sections=BILLION)), TOO_MUCH)
            for name in ("Hsplit", "Vsplit", "Dsplit")
        ),
        (
            "10**6 splits",
            one(operation("ArraySplit", indices_or_sections=10**6, axis=0)),
            TOO_MUCH,
        ),
        (
            "10**9 splits",
            one(operation("Split", indices_or_sections=BILLION, axis=0)),
            TOO_MUCH,
        ),
    ],
)
CROWDED = table(
    "model",
    [
        (
            "20,000 layers",
            side_by_side(20_000, operation("Relu", "nn")),
            "bytes of config.json",
        ),
        ("6,000 layers", side_by_side(6_000, operation("Relu", "nn")), TOO_MUCH),
        ("4,000 layers in a row", chain(4_000, operation("Relu", "nn")), TOO_MUCH + "|" + CANNOT),
        ("1,000 layers in a row", chain(1_000, operation("Relu", "nn")), TOO_MUCH),
        (
            "1,000 layers backwards",
            chain(1_000, operation("Relu", "nn"), backwards=True),
            TOO_MUCH,
        ),
        ("1,000 sequential layers", model(sequential(*[keras_layer("ReLU")] * 1_000)), TOO_MUCH),
        (
            "2,000 attentions",
            side_by_side(2_000, keras_layer("MultiHeadAttention", num_heads=2, key_dim=2)),
            TOO_MUCH,
        ),
        (
            "40,000 outputs",
            model(
                functional(
                    step("x", keras_layer("ReLU"), node(tensor())), outputs=[["x", 0, 0]] * 40_000
                )
            ),
            TOO_MUCH,
        ),
        (
            "10,000 calls of a layer",
            model(functional(step("x", keras_layer("ReLU"), *[node(tensor())] * 10_000))),
            TOO_MUCH,
        ),
        ("models 20 deep, each called twice", each_twice(20), TOO_MUCH),
        (
            "models 8 deep, each twice",
            each_twice(8, sequentially=True),
            TOO_MUCH,
        ),
        ("models 50 deep", in_each_other(50, dense()), "levels of config.json|missing are"),
        ("models 2,000 deep", in_each_other(300, dense()), "levels of config.json"),
        (
            "models 20 deep around an error of 3 MB",
            in_each_other(20, dense("x" * 3 * 10**6)),
            "objects stand 21 deep in each other",
        ),
        (
            "models 20 deep around a million lists",
            in_each_other(20, dense([[]] * 10**6)),
            "values in config.json",
        ),
        (
            "200,000 numbers as an array",
            one(operation("Add"), tensor(), lies([0] * 200_000, "float32")),
            "Cannot broadcast shape",
        ),
        ("3 MB of a name", one(dense(name="x" * 3 * 10**6)), CANNOT),
        ("10 MB of a name", one(dense(name="x" * 10**7)), "bytes of config.json"),
    ],
)
