"""Files that ask Keras for more than a model: each has to end in ArchiveError."""

import functools
from collections.abc import Callable
from typing import Any

import keras

from nlp_builder import saving
from nlp_builder.features import CharEmbeddingSequence, KerasWrapper

Change = Callable[[dict[str, Any]], object]


@functools.cache
def good_file() -> bytes:
    """A model that is compiled, with nothing wrong in it."""
    inputs = keras.Input((6, 4))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.GRU(2)(inputs)))
    wrapper = KerasWrapper(CharEmbeddingSequence(4, sequence_maxlen=6), model).build(["a", "b"])
    wrapper.compile("adam", "mse")
    return wrapper.serialize(include_optimizer=True)


def hostile(change: Change) -> bytes:
    """The good file after a change of its plain values."""
    archive = saving.unpack(good_file())
    change(archive.config)
    return saving.pack(archive)


def function(name: str, module: str) -> dict[str, Any]:
    return {"class_name": "function", "config": name, "module": module, "registered_name": None}


def made(name: str, module: str, /, **config: Any) -> dict[str, Any]:
    return {"class_name": name, "config": config, "module": module, "registered_name": None}


def layer(entry: dict[str, Any], *args: Any) -> Change:
    """Add a layer to the model; with arguments it is called while the model is made."""
    nodes = [{"args": list(args), "kwargs": {}}] if args else []
    new = {**entry, "name": "hostile", "inbound_nodes": nodes}
    return lambda config: config["models"][0]["config"]["layers"].append(new)


def called(name: str, module: str, *args: Any) -> Change:
    """Have a function run by an operation while the model is made."""
    switch = made("Switch", "keras.src.ops.core") | {"registered_name": "Switch"}
    return layer(switch, 0, [function(name, module)], *args)


def activation(entry: Any) -> Change:
    def change(config: dict[str, Any]) -> None:
        config["models"][0]["config"]["layers"][-1]["config"]["activation"] = entry

    return change


def training(**values: Any) -> Change:
    return lambda config: config["blocks"][-1]["state"]["compiled"].update(values)


def output(place: list[Any]) -> Change:
    return lambda config: config["models"][0]["config"].update(output_layers=place)


SECRET = "/etc/hostname"  # stands for any file of the reader
REGISTERED = "nlp_builder>PartlyFrozenEmbedding"
NO_PART = "no plain part of a model"
# What the change is, and what the error says.
HOSTILE: dict[str, tuple[Change, str]] = {
    "a setting": (called("config.set_floatx", "keras", "float64"), NO_PART),
    "another setting": (called("config.set_max_epochs", "keras", 1), NO_PART),
    "unsafe loading": (called("config.enable_unsafe_deserialization", "keras"), NO_PART),
    "a download": (called("datasets.california_housing.load_data", "keras", "v1", "x"), NO_PART),
    "a file": (called("utils.get_file", "keras", "x", f"file://{SECRET}"), NO_PART),
    "a file of words": (called("datasets.imdb.get_word_index", "keras", SECRET), NO_PART),
    "a model of a file": (called("load_model", "keras.models", SECRET), NO_PART),
    "weights of a file": (
        called("applications.mobilenet.MobileNet", "keras", [32, 32, 3], 1.0, 1, 0.001, 1, SECRET),
        NO_PART,
    ),
    "a plain function, run": (called("relu", "keras.activations", 1), NO_PART),
    "control flow": (layer(made("Cond", "keras.src.ops.core"), True), NO_PART),
    "a function over elements": (layer(made("Map", "keras.src.ops.core"), 1), NO_PART),
    "a function differentiated": (layer(made("JVP", "keras.src.ops.linalg", fun="x")), NO_PART),
    "a function as an argument": (
        layer(made("Add", "keras.src.ops.numpy"), function("relu", "keras.activations"), 1),
        "may run code",
    ),
    "a dotted Lambda": (layer(made("layers.Lambda", "keras", function="tanh")), NO_PART),
    "a Lambda": (layer(made("Lambda", "keras.layers", function="tanh")), NO_PART),
    "code": (activation({"class_name": "__lambda__", "config": {"value": "00"}}), NO_PART),
    "a type": (
        layer({"class_name": "__typespec__", "config": [], "spec_name": "x", "module": "keras"}),
        NO_PART,
    ),
    "a dotted look-up": (layer(made("layers.StringLookup", "keras", vocabulary=SECRET)), NO_PART),
    "a look-up": (layer(made("StringLookup", "keras.layers", vocabulary=SECRET)), NO_PART),
    "a vectorizer": (layer(made("TextVectorization", "keras.layers")), NO_PART),
    "a saved model": (layer(made("TFSMLayer", "keras.layers", filepath=SECRET)), NO_PART),
    "a module of Torch": (layer(made("TorchModuleWrapper", "keras.layers", module="x")), NO_PART),
    "a layer of Keras 2": (
        layer({"class_name": "StringLookup", "config": {"vocabulary": SECRET}}),
        "not of Keras",
    ),
    "a layer of Keras 2 that says it is registered": (
        layer(
            {
                "class_name": "StringLookup",
                "config": {"vocabulary": SECRET},
                "registered_name": REGISTERED,
            }
        ),
        "not of Keras",
    ),
    "code that says it is registered": (
        layer(
            {
                "class_name": "__lambda__",
                "config": {"value": "00"},
                "module": None,
                "registered_name": REGISTERED,
            }
        ),
        NO_PART,
    ),
    "a class of another package": (layer(made("Popen", "subprocess", args="ls")), "not of Keras"),
    "a class of Keras' inside": (layer(made("Progbar", "keras.src.utils.progbar")), NO_PART),
    "a function of models": (activation(function("clone_model", "keras.models")), NO_PART),
    "a function that makes": (activation(function("deserialize", "keras.activations")), NO_PART),
    "a function of Python": (activation(function("open", "builtins")), "not of Keras"),
    "a class as a function": (activation(function("Adam", "keras.optimizers")), NO_PART),
    "a name that is no name": (activation({"class_name": "function", "config": {}}), "not of"),
    "a dotted activation": (activation("config.set_floatx"), "cannot be made"),
    "an output that is not there": (output([["nope", 0, 0]]), "cannot be made: RuntimeError"),
    "no model": (
        lambda c: c["models"][0].update(made("Adam", "keras.optimizers")),
        "cannot be made: ValueError",
    ),
    "an odd number": (lambda c: c["models"].__setitem__(0, 3), "describes a int"),
    "a dotted optimizer": (training(optimizer=made("config.set_floatx", "keras")), NO_PART),
    "a dotted name": (training(optimizer="config.set_floatx"), "training of the file cannot go on"),
    "a dotted loss": (training(loss=made("layers.Lambda", "keras", function="x")), NO_PART),
    "a loss that loads": (training(loss={"x": function("load_model", "keras.models")}), NO_PART),
    "a metric that reads": (training(metrics=[function("get_file", "keras.utils")]), NO_PART),
    "an unknown argument": (training(nonsense=1), "training of the file cannot go on: TypeError"),
}
