"""Descriptions of Keras models in the hands of somebody who means harm."""

from itertools import pairwise
from typing import Any

import numpy as np

from tests.features.hostile import made
from tests.hostile.changing import Change, Draft

Entry = dict[str, Any]


def keras_layer(name: str, /, **config: Any) -> Entry:
    return made(name, "keras.layers", **config)


def ours(name: str, /, **config: Any) -> Entry:
    """A layer of nlp_builder."""
    return made(name, "nlp_builder.layers") | {
        "config": config,
        "registered_name": f"nlp_builder>{name}",
    }


def operation(name: str, kind: str = "numpy", /, **config: Any) -> Entry:
    return made(name, f"keras.src.ops.{kind}", **config) | {"registered_name": name}


def tensor(layer: str = "in", shape: Any = (None, 6, 4), node: Any = 0) -> Entry:
    config = {"shape": list(shape), "dtype": "float32", "keras_history": [layer, node, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def node(*args: Any, **kwargs: Any) -> Entry:
    return {"args": list(args), "kwargs": kwargs}


def step(name: str, entry: Entry, *nodes: Any) -> Entry:
    """A layer in a functional model."""
    return {**entry, "name": name, "inbound_nodes": list(nodes)}


def source(shape: Any = (None, 6, 4), name: str = "in") -> Entry:
    entry = keras_layer("InputLayer", batch_shape=list(shape), dtype="float32", name=name)
    return step(name, entry)


def functional(*steps: Entry, outputs: Any = None, shape: Any = (None, 6, 4), **more: Any) -> Entry:
    config = {
        "name": "hostile",
        "trainable": True,
        "layers": [source(shape), *steps],
        "input_layers": [["in", 0, 0]],
        "output_layers": outputs or [[steps[-1]["name"], 0, 0]],
    }
    return made("Functional", "keras.src.models.functional") | {"config": config | more}


def sequential(*layers: Entry, shape: Any = (None, 6, 4)) -> Entry:
    first = keras_layer("InputLayer", batch_shape=list(shape), dtype="float32", name="in")
    return made("Sequential", "keras", name="hostile", layers=[first, *layers])


def model(entry: Entry, weights: Any = ()) -> Change:
    """Another model, with weights of its own."""

    def change(draft: Draft) -> None:
        draft.config["models"] = [entry]
        for name in [name for name in draft.arrays if name.startswith("models/")]:
            del draft.arrays[name]
        draft.arrays |= {f"models/0/{n}": np.asarray(w, "float32") for n, w in enumerate(weights)}

    return change


def one(entry: Entry, *args: Any, shape: Any = (None, 6, 4), **kwargs: Any) -> Change:
    """A model of one layer."""
    args = args or (tensor(shape=shape),)
    return model(functional(step("x", entry, node(*args, **kwargs)), shape=shape))


def chain(number: int, entry: Entry, *, backwards: bool = False) -> Change:
    names = ["in", *(f"x{n}" for n in range(number))]
    steps = [
        step(name, {**entry, "config": {**entry["config"], "name": name}}, node(tensor(before)))
        for before, name in pairwise(names)
    ]
    last = [[names[-1], 0, 0]]
    return model(functional(*(reversed(steps) if backwards else steps), outputs=last))


def side_by_side(number: int, entry: Entry) -> Change:
    steps = [step(f"x{n}", entry, node(tensor())) for n in range(number)]
    return model(functional(*steps, outputs=[[f"x{n}", 0, 0] for n in range(number)]))


def each_twice(depth: int, *, sequentially: bool = False) -> Change:
    """Models in models, of which each calls the one inside twice, for other lengths than it has."""
    inner = functional(step("x", keras_layer("ReLU"), node(tensor())), shape=(None, None, 4))
    for _ in range(depth):
        if sequentially:
            inner = sequential(inner, inner, shape=(None, None, 4))
            continue
        first = step("m", inner, node(tensor()), node(tensor("m", node=1)))
        inner = functional(first, outputs=[["m", 2, 0]], shape=(None, None, 4))
    return model(inner)


def in_each_other(depth: int, inner: Entry) -> Change:
    for _ in range(depth):
        inner = sequential(inner)
    return model(inner)


def beside(entry: Entry, shape: Any) -> Change:
    """A layer that is built and no part of the graph, so that no array is compared with it."""
    extra = step("extra", {**entry, "build_config": {"input_shape": shape}})
    return model(functional(extra, step("x", keras_layer("ReLU"), node(tensor()))))


def dense(units: Any = 1, **config: Any) -> Entry:
    return keras_layer("Dense", units=units, **config)


def lies(value: Any, dtype: Any) -> Entry:
    return {"class_name": "__numpy__", "config": {"value": value, "dtype": dtype}}
