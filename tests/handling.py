"""Handling blocks and texts of any row of the table: one text or several, one output or several."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras
import numpy as np

from nlp_builder.features import Feature, ModelIOShape
from nlp_builder.features.tree import output_shapes


def arrays(result) -> list[Any]:
    return result if isinstance(result, list) else [result]


def each(texts: Any, change: Callable[[Any], Any]) -> Any:
    """Change texts: of a dict of texts, those under each name."""
    if isinstance(texts, Mapping):
        return {name: change(column) for name, column in texts.items()}
    return change(texts)


def chosen(texts: Any, rows: Iterable[int]) -> Any:
    order = list(rows)
    return each(texts, lambda column: [column[number] for number in order])


def size(texts: Any) -> int:
    return len(next(iter(texts.values())) if isinstance(texts, Mapping) else texts)


def steps_of(block: Feature) -> list[int]:
    """The outputs that are sequences, and not one vector for a text."""
    ranks = [len(shape.shape) for shape in output_shapes(block)]
    return [number for number, rank in enumerate(ranks) if rank > 1]


def shapes(block: Feature) -> list[ModelIOShape]:
    return block.inputs_shape if isinstance(block.inputs_shape, list) else [block.inputs_shape]


def untraced(block: Feature, ids: Any) -> list[np.ndarray]:
    """The outputs for ids, without the graph of TensorFlow that calling the block makes."""
    outputs = arrays(keras.Model(block.inputs, block.outputs)(ids))
    return [keras.ops.convert_to_numpy(output) for output in outputs]


def assert_equal(one, other) -> None:
    for a, b in zip(arrays(one), arrays(other), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def train_a_little(block: Feature, corpus: Any) -> None:
    """Train the block by a step, in a model with a target that pulls at all its weights."""
    model = keras.Model(block.inputs, keras.layers.Dense(1)(flat(block)))
    # A small step is quicker than tracing it; the law of saved models traces.
    model.compile(keras.optimizers.AdamW(0.1, weight_decay=0.1), "mse", run_eagerly=True)
    ids = block.preprocess_texts(corpus)
    model.fit(ids, np.arange(size(corpus), dtype="float32"), verbose=0)


def flat(block: Feature) -> Any:
    """All outputs of a block as one vector for each text."""
    vectors = arrays(block.outputs)
    while any(len(vector.shape) > 2 for vector in vectors):
        vectors = [keras.ops.sum(v, axis=1) if len(v.shape) > 2 else v for v in vectors]
    return keras.ops.concatenate(vectors, axis=-1)
