"""Rows of a matrix looked up elsewhere, with gradients that are plain tensors.

For TensorFlow alone: layers import this module when they are called.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf


class Rows(NamedTuple):
    """Which rows are looked up.

    Args:
        index: (chosen,) int32, -1 for none.
        taken: (chosen,) int32, the same with a row that is there.
        zeros: how many rows of zeros are added before, so that it is there; None for none.
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
    return Rows(index, tf.where(index < 0, size, index), 1)


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
