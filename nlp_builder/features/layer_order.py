"""The order of a graph's layers, by which a file numbers what an optimizer keeps of its weights."""

from __future__ import annotations

from typing import Any

import keras

from nlp_builder.layers import RowsAtPlaces


def order_layers(graph: keras.Model) -> None:
    """Put layers, and so the weights, into the order that they have where all rows are looked at.

    Keras goes by the number of operations between a layer and the outputs, which is one more if
    distinct rows are looked at and put in their places.

    Args:
        graph: a functional model, made of `keras.Input`; its layers change places.

    Example:
        >>> vectors, places = keras.Input((1, 3)), keras.Input((5,), dtype="int32")
        >>> one = keras.layers.Dense(2)(keras.layers.Dense(4)(vectors))
        >>> other = keras.layers.Dense(3)(RowsAtPlaces()([vectors, places]))
        >>> graph = keras.Model([vectors, places], [one, RowsAtPlaces()([one, places]), other])
        >>> order_layers(graph)
        >>> [layer.units for layer in graph._layers if isinstance(layer, keras.layers.Dense)]
        [4, 2, 3]
    """
    if not any(isinstance(layer, RowsAtPlaces) for layer in graph.layers):
        return
    nodes: list[Any] = []
    met: dict[Any, int] = {}
    for output in graph.outputs:
        _collect(_node_of(output), nodes, met)
    depths = _depths(nodes)
    graph._layers.sort(key=lambda layer: (-depths.get(layer, 0), met.get(layer, -1)))


def _depths(nodes: list[Any]) -> dict[Any, int]:
    """Count the operations behind each one, as Keras does; what puts rows in place is none."""
    of_operations: dict[Any, int] = {}
    of_nodes: dict[Any, int] = {}
    for node in reversed(nodes):
        depth = max(of_nodes.get(node, 0), of_operations.get(node.operation, 0))
        of_operations[node.operation] = depth
        before = depth + (not isinstance(node.operation, RowsAtPlaces))
        for parent in node.parent_nodes:
            of_nodes[parent] = max(of_nodes.get(parent, 0), before)
    return of_operations


def _collect(node: Any, nodes: list[Any], met: dict[Any, int]) -> None:
    """List what a node reads, then the node; number operations as they are met from the outputs."""
    if node in nodes:
        return
    met.setdefault(node.operation, len(met))
    for tensor in node.input_tensors:
        _collect(_node_of(tensor), nodes, met)
    nodes.append(node)


def _node_of(tensor: Any) -> Any:
    operation, number, _ = tensor._keras_history
    return operation._inbound_nodes[number]
