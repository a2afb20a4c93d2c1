"""Files with Keras models that go in circles, or compute while they are made."""

from tests.features.hostile import SECRET, made
from tests.hostile.changing import table
from tests.hostile.messages import CANNOT
from tests.hostile.parts import (
    dense,
    functional,
    keras_layer,
    lies,
    model,
    node,
    one,
    operation,
    sequential,
    step,
    tensor,
)

HUGE, BILLION = 10**18, 10**9


COMPUTED = table(
    "model",
    [
        ("10**9 numbers in a row", one(operation("Arange"), 0, BILLION), "is called with"),
        ("10**9 zeros", one(operation("ZerosLike"), [0] * 9, shape=(None, 6, 4)), "is called with"),
        ("a tile of 10**9", one(operation("Tile", repeats=[BILLION]), [1.0]), "is called with"),
        (
            "repeated 10**9 times",
            one(operation("Repeat", repeats=BILLION, axis=0), lies([1.0], "float32")),
            "is called with|file asks",
        ),
        (
            "a layer called with numbers",
            one(keras_layer("RepeatVector", n=BILLION), lies([[1.0]], "float32")),
            "is called with",
        ),
        ("a count up to 10**9", one(operation("Bincount"), [BILLION]), "is called with"),
        (
            "a call without anything",
            model(functional(step("x", keras_layer("ReLU"), {}))),
            "is called with",
        ),
        (
            "a call of Keras 2",
            model(functional(step("x", keras_layer("ReLU"), [["in", 0, 0, {}]]))),
            "is called with",
        ),
        (
            "a call that is a number",
            model(functional(step("x", keras_layer("ReLU"), 7))),
            "is called with",
        ),
        (
            "calls that are a string",
            model(functional(step("x", keras_layer("ReLU")) | {"inbound_nodes": "in"})),
            "is called with",
        ),
        (
            "an array of long strings",
            one(operation("Add"), tensor(), lies(["a"] * 1000, "U1000000")),
            "file asks|dtype|type|" + CANNOT,
        ),
        (
            "an array of large parts",
            one(operation("Add"), tensor(), lies([0] * 1000, "(1000000,)f4")),
            "file asks|dtype|type|" + CANNOT,
        ),
        (
            "an array of objects",
            one(operation("Add"), tensor(), lies([{}], "object")),
            "file asks|dtype|type|" + CANNOT,
        ),
        (
            "an array of a path",
            one(operation("Add"), tensor(), lies(SECRET, "float32")),
            CANNOT + "|file asks|type",
        ),
    ],
)
CIRCLES = table(
    "model",
    [
        (
            "a layer that reads itself",
            model(functional(step("x", keras_layer("ReLU"), node(tensor("x"))))),
            CANNOT,
        ),
        (
            "two layers that read each other",
            model(
                functional(
                    step("x", keras_layer("ReLU"), node(tensor("y"))),
                    step("y", keras_layer("ReLU"), node(tensor("x"))),
                )
            ),
            CANNOT,
        ),
        (
            "a layer that is not there",
            model(functional(step("x", keras_layer("ReLU"), node(tensor("nope"))))),
            CANNOT,
        ),
        (
            "an output that is not there",
            model(
                functional(step("x", keras_layer("ReLU"), node(tensor())), outputs=[["nope", 0, 0]])
            ),
            CANNOT,
        ),
        (
            "call 10**9 of a layer",
            model(functional(step("x", keras_layer("ReLU"), node(tensor(node=BILLION))))),
            CANNOT,
        ),
        (
            "call -1 of a layer",
            model(functional(step("x", keras_layer("ReLU"), node(tensor(node=-BILLION))))),
            CANNOT,
        ),
        (
            "call '0' of a layer",
            model(functional(step("x", keras_layer("ReLU"), node(tensor(node="0"))))),
            CANNOT,
        ),
        (
            "an output of 10**9",
            model(
                functional(
                    step("x", keras_layer("ReLU"), node(tensor())), outputs=[["x", 0, BILLION]]
                )
            ),
            CANNOT,
        ),
        (
            "one name for two layers",
            model(
                functional(step("x", dense(), node(tensor())), step("x", dense(), node(tensor())))
            ),
            CANNOT,
        ),
        (
            "layers are an object",
            model(functional(step("x", dense(), node(tensor())), layers={"x": 1})),
            CANNOT,
        ),
        (
            "layers are a string",
            model(functional(step("x", dense(), node(tensor())), layers=SECRET)),
            CANNOT,
        ),
        ("no layers", model(functional(step("x", dense(), node(tensor())), layers=[])), CANNOT),
        (
            "layers are null",
            model(functional(step("x", dense(), node(tensor())), layers=None)),
            CANNOT,
        ),
        (
            "outputs in 60 lists",
            model(
                functional(step("x", dense(), node(tensor())), outputs=[[[[[[[["x", 0, 0]]]]]]]])
            ),
            CANNOT + "|missing are",
        ),
        (
            "an argument of models",
            model(functional(step("x", dense(), node(tensor())), run="os.system")),
            CANNOT,
        ),
        (
            "a shared object",
            model(
                sequential(dense() | {"shared_object_id": 1}, dense("x") | {"shared_object_id": 1})
            ),
            CANNOT,
        ),
        (
            "shared objects of other classes",
            model(
                sequential(
                    dense() | {"shared_object_id": 1},
                    keras_layer("LSTM", units="x") | {"shared_object_id": 1},
                )
            ),
            CANNOT,
        ),
        ("no model", model(dense()), "describes a Dense|" + CANNOT),
        (
            "a model without config",
            model(made("Functional", "keras.src.models.functional") | {"config": None}),
            CANNOT,
        ),
        ("a model that is a list", model([sequential(dense())]), "describes a list"),
        ("a model that is null", model(None), "describes a NoneType"),
        ("a model that is a string", model("Sequential"), "describes a str"),
        ("a model of no class", model({"config": {}}), "describes a dict"),
        (
            "a model with a compiled state",
            model(sequential(dense("x")) | {"compile_config": {"optimizer": "os.system"}}),
            CANNOT,
        ),
        (
            "layers with a build that fails",
            one(dense() | {"build_config": {"input_shape": "os.system"}}),
            CANNOT,
        ),
        (
            "layers built for 10**9 axes",
            one(dense() | {"build_config": {"input_shape": [1] * 100_000}}),
            CANNOT + "|missing",
        ),
        ("a name of a path", one(dense(name="../../x")), CANNOT),
        ("a name of a null", model(functional(step("x", dense("\0"), node(tensor())))), CANNOT),
        ("a name of an escape", one(dense("\x1b[2J")), CANNOT),
        ("a name that is a list", one(dense(name=["x"])), CANNOT),
    ],
)
