"""What the operations of Keras do not do alike on every backend."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops, tree


def scan(step: Callable, first: Any, inputs: Any, *, reverse: bool = False) -> tuple[Any, Any]:
    """Runs a loop over the first axis of a tensor, which may be empty.

    `keras.ops.scan` has no result to stack there on PyTorch, nor in a graph of TensorFlow that does
    not know the number of texts, and XLA refuses such a loop.

    Args:
        step: Takes a state and a slice of `inputs`; returns the next state and an output, which has
            the shapes and the types of a state.
        first: The state to begin with: a tensor, or a tuple of them.
        inputs: `(steps, ...)`.
        reverse: Whether the loop begins at the last slice; the outputs stay in the order of
            `inputs`.

    Returns:
        The last state and the outputs, `(steps, ...)`.

    Example:
        >>> def add(total, value):
        ...     return total + value, total
        >>> last, before = scan(add, ops.zeros(()), ops.ones((3,)))
        >>> float(last), ops.convert_to_numpy(before).tolist()
        (3.0, [0.0, 1.0, 2.0])
    """

    def empty() -> tuple[Any, Any]:
        return first, tree.map_structure(lambda state: ops.stack([state])[:0], first)

    def loop() -> tuple[Any, Any]:
        return ops.scan(step, first, inputs, reverse=reverse)

    if inputs.shape[0] is None:
        return ops.cond(ops.shape(inputs)[0] > 0, loop, empty)
    return loop() if inputs.shape[0] else empty()


def extreme(reduce: Callable, values: Any, **axes: Any) -> Any:
    """Reduces by `keras.ops.max` or `min`, which refuse the tensors of a batch without texts.

    Args:
        reduce: The function.
        values: A tensor.
        **axes: `axis` and `keepdims` of the function.

    Returns:
        The reduced tensor, without entries or zeros where `values` has no entries.

    Example:
        >>> tuple(extreme(ops.max, ops.zeros((0, 3)), axis=1).shape)
        (0,)
    """
    return (ops.sum if 0 in values.shape else reduce)(values, **axes)


def first_slice(values: Any, axis: int) -> Any:
    """Takes the first slice along an axis; zeros where there is none, since texts have no words.

    Args:
        values: A tensor or an array.
        axis: 0 or 1.

    Returns:
        The slice, without that axis.

    Example:
        >>> first_slice(np.array([[5, 6], [7, 8]]), axis=1).tolist()
        [5, 7]
        >>> first_slice(np.zeros((2, 0)), axis=1).tolist()
        [0.0, 0.0]
    """
    if values.shape[axis]:
        return values[0] if axis == 0 else values[:, 0]
    part = values[:1] if axis == 0 else values[:, :1]
    return (np if isinstance(values, np.ndarray) else ops).sum(part, axis=axis)


def taken(values: Any, indices: Any) -> Any:
    """Looks up rows, also in a batch without texts, where JAX refuses to look up nothing.

    Args:
        values: `(rows, ...)`, a tensor or an array.
        indices: int, of any shape.

    Returns:
        The shape of `indices` and behind it that of a row; an array if `values` is one.

    Example:
        >>> taken(ops.zeros((0,)), ops.zeros((0, 5), "int32")).shape[1]
        5
    """
    if isinstance(values, np.ndarray):
        return np.take(values, indices, axis=0)
    if 0 in values.shape:
        return ops.zeros((*indices.shape, *values.shape[1:]), dtype=values.dtype)
    return ops.take(values, indices, axis=0)


def at_least(values: Any, least: float) -> Any:
    """Raises what is below `least` to it, in the type of the values.

    `keras.ops.maximum` makes float32 of float64 on PyTorch.

    Args:
        values: A tensor or an array of floats.
        least: The lowest that stays.

    Returns:
        The values, none of them below `least`; an array if `values` is one.

    Example:
        >>> at_least(np.array([-np.inf, 2.0]), -1.0).tolist()
        [-1.0, 2.0]
    """
    if isinstance(values, np.ndarray):
        return np.maximum(values, least)
    # Asked this way round, NaN stays NaN.
    return ops.where(values < least, ops.convert_to_tensor(least, dtype=values.dtype), values)


def compiled(*static: str) -> Callable[[Callable], Callable]:
    """Decorates a function of tensors, so that JAX compiles it once for each shape.

    JAX compiles loops and branches anew at each call that is not itself compiled, which takes a
    thousand times as long as they run. On other backends the function stays as it is.

    Args:
        *static: Names of the arguments that are no tensors.

    Returns:
        The decorator.

    Example:
        >>> @compiled("times")
        ... def repeated(values, times):
        ...     return ops.concatenate([values] * times)
        >>> repeated(ops.ones((2,)), times=3).shape[0]
        6
    """
    if keras.backend.backend() != "jax":
        return lambda function: function
    jit = importlib.import_module("jax").jit
    return lambda function: jit(function, static_argnames=static)


def traced_for_xla() -> bool:
    """Tells whether TensorFlow traces what runs now for XLA, which must know each shape before.

    Returns:
        False without a trace for XLA, and on other backends.

    Example:
        >>> traced_for_xla()
        False
    """
    if keras.backend.backend() != "tensorflow":
        return False
    tf = importlib.import_module("tensorflow")
    if tf.executing_eagerly():
        return False
    try:  # TensorFlow has no public word for it
        util = importlib.import_module("tensorflow.python.ops.control_flow_util")
    except ImportError:
        return True  # what runs under XLA is right in any case
    return bool(util.GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph()))


def require_in_step(condition: Any, message: str, values: Any = None, found: Any = ()) -> Any:
    """Fails the step on TensorFlow if a condition of its values does not hold.

    Elsewhere, and under XLA, nothing happens: these cannot fail by values.

    Args:
        condition: bool, a tensor of no axes.
        message: Of the error, `tf.errors.InvalidArgumentError`.
        values: Tensors, of which nothing may be made before the condition holds; or None.
        found: Tensors that are shown behind the message.

    Returns:
        The values.

    Example:
        >>> require_in_step(keras.ops.convert_to_tensor(True), "Expected ...")
    """
    if keras.backend.backend() != "tensorflow" or traced_for_xla():
        return values
    tf = importlib.import_module("tensorflow")
    with tf.control_dependencies([tf.debugging.Assert(condition, [message, *found])]):
        return None if values is None else keras.tree.map_structure(tf.identity, values)


def distinct(rows: Any) -> tuple[Any, Any]:
    """Finds the distinct rows of a matrix of ids, where the backend may tell their number late.

    On JAX, and for XLA, all rows count as distinct.

    Args:
        rows: int `(rows, ids)`.

    Returns:
        `(distinct, ids)`, and the number of each row among them, int32 `(rows,)`.

    Example:
        >>> found, places = distinct(ops.convert_to_tensor([[1, 2], [3, 4], [1, 2]]))
        >>> ops.convert_to_numpy(ops.take(found, places, axis=0)).tolist()
        [[1, 2], [3, 4], [1, 2]]
    """
    backend = keras.backend.backend()
    if backend == "tensorflow" and not traced_for_xla():
        raw_ops = importlib.import_module("tensorflow").raw_ops
        return tuple(raw_ops.UniqueV2(x=rows, axis=[0]))
    # PyTorch refuses to look for rows where there are none, and compiles for known shapes.
    if backend == "torch" and rows.device.type != "meta" and 0 not in rows.shape:
        torch = importlib.import_module("torch")
        if not torch.compiler.is_compiling():
            found, places = torch.unique(rows, dim=0, return_inverse=True)
            return found, ops.cast(places, "int32")
    return as_distinct(rows)


def as_distinct(rows: Any) -> tuple[Any, Any]:
    """Takes all rows as distinct, and so returns what `distinct` does.

    Args:
        rows: `(rows, ...)`.

    Returns:
        The rows, and their numbers, int32 `(rows,)`.

    Example:
        >>> ops.convert_to_numpy(as_distinct(ops.zeros((3, 2)))[1]).tolist()
        [0, 1, 2]
    """
    return rows, ops.arange(ops.shape(rows)[0], dtype="int32")
