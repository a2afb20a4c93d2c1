"""Rows of a matrix looked up elsewhere, with gradients that are right and cheap.

For TensorFlow alone: layers import this module when they are called.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from nlp_builder.layers.backends import traced_for_xla

# Of so many entries or less, a gradient costs less whole than by the rows that were looked up.
_SMALL = 2**16


class Rows(NamedTuple):
    """Which rows are looked up.

    Args:
        index: (chosen,) int32, -1 for none.
        taken: (chosen,) int32, the same with a row that is there.
        zeros: how many rows of zeros are added before, so that it is there; None for none. To add
            none costs nothing, while one makes a copy of all.
    """

    index: Any
    taken: Any
    zeros: Any


def rows_at(index: Any, size: Any) -> Rows:
    """Makes rows of an index in which -1 gives zeros.

    Args:
        index: (chosen,) int32.
        size: how many rows there are to choose from.

    Returns:
        The rows; as making them takes time, they are made once for all that is looked up by them.
    """
    nowhere = index < 0
    return Rows(index, tf.where(nowhere, size, index), tf.cast(tf.reduce_any(nowhere), "int32"))


def any_rows_at(index: Any, size: Any) -> Rows:
    """Makes rows of an index in which -1 gives what nobody looks at, so that nothing is copied."""
    return Rows(index, tf.maximum(index, 0), tf.cast(tf.equal(size, 0), "int32"))


def present_rows_at(index: Any) -> Rows:
    """Makes rows of an index without -1."""
    return Rows(index, index, None)


def repeated(values: Any, rows: Rows) -> Any:
    """Looks up rows, as often as they are asked for.

    Args:
        values: (rows, dim).
        rows: which.

    Returns:
        (chosen, dim).
    """

    @tf.custom_gradient
    def look_up(values: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            return tf.math.unsorted_segment_sum(upstream, rows.index, tf.shape(values)[0])

        return _looked_up(values, rows), gradient

    return look_up(values)


def moved(values: Any, rows: Rows, back: Rows) -> Any:
    """Looks up rows, none of them twice, so that gradients are looked up as well.

    Args:
        values: (rows, dim).
        rows: which.
        back: where each row has gone; -1 for nowhere.

    Returns:
        (chosen, dim).
    """

    @tf.custom_gradient
    def move(values: Any) -> Any:
        return _looked_up(values, rows), lambda upstream: _looked_up(upstream, back)

    return move(values)


def _looked_up(values: Any, rows: Rows) -> Any:
    if rows.zeros is not None:
        values = tf.pad(values, [[0, rows.zeros], [0, 0]])
    return tf.gather(values, rows.taken)


def embedded(matrix: Any, ids: Any) -> Any:
    """Looks up rows of a trained matrix.

    The gradients of TensorFlow's own look-up stand beside each other where an id comes twice.
    Optimizers of Keras, Adam among them, square them before they add them, and so train other
    weights than on other backends. These are added first: to the gradient of the whole of a small
    matrix, and of a large one to that of each row which was looked up.

    Args:
        matrix: (rows, dim), the variable or its value.
        ids: int, of any shape.

    Returns:
        The shape of `ids` and behind it dim.
    """
    rows, dim = matrix.shape

    @tf.custom_gradient
    def look_up(matrix: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            # (ids, dim)
            by_id, flat = tf.reshape(upstream, (-1, dim)), tf.reshape(ids, [-1])
            if rows * dim <= _SMALL or traced_for_xla():
                return tf.math.unsorted_segment_sum(by_id, flat, rows)
            found, places = tf.unique(flat)
            by_row = tf.math.unsorted_segment_sum(by_id, places, tf.size(found))
            return tf.IndexedSlices(by_row, found, tf.constant((rows, dim), found.dtype))

        return tf.gather(matrix, ids), gradient

    return look_up(tf.convert_to_tensor(matrix))
