"""Sequences as kernels over whole sequences want them: time first, and no step that is masked.

A masked step changes neither the state nor the output of a recurrent layer, so that it can be left
out. The real steps of a text move to the front, in the order in which they are read; what a kernel
makes of them is looked up for each step of the text. So any mask may come, not only padding.

For TensorFlow alone: layers import this module when they are called.
"""

from __future__ import annotations

from typing import Any, Protocol

import tensorflow as tf
from keras import ops


class Steps(Protocol):
    """The steps of a batch of texts, and how a kernel sees them.

    Args:
        counts: (steps,) int32, how many texts have so many steps; a kernel sees these rows of the
            first step, then those of the second one, and so on: `total` rows.
    """

    counts: Any

    def arranged(self, sequences: Any) -> Any:
        """Turns (batch, length, dim) into (total, dim)."""

    def states(self, values: Any) -> Any:
        """Turns initial states, (batch, units), so that texts stand as they do in the steps."""

    def outputs(self, values: Any) -> Any:
        """Turns (total, units) into the output at each step, (batch, length, units)."""

    def last_output(self, values: Any) -> Any:
        """Turns (total, units) into the output at the step read last, (batch, units)."""

    def last_state(self, values: Any, first: Any) -> Any:
        """Turns (total, units) into last states, (batch, units); without steps the first ones."""


class AllSteps:
    """Texts without a mask.

    Args:
        batch: how many texts.
        length: how many steps each of them has.
        backwards: whether texts are read from their ends.
    """

    def __init__(self, batch: Any, length: Any, *, backwards: bool) -> None:
        self._batch, self._length, self._backwards = batch, length, backwards
        self.counts = tf.fill([length], batch)

    def arranged(self, sequences: Any) -> Any:
        """Returns (total, dim)."""
        if self._backwards:
            sequences = tf.reverse(sequences, [1])
        # (length * batch, dim)
        return tf.reshape(tf.transpose(sequences, (1, 0, 2)), (-1, sequences.shape[-1]))

    def states(self, values: Any) -> Any:
        """Returns (batch, units)."""
        return values

    def outputs(self, values: Any) -> Any:
        """Returns (batch, length, units)."""
        shape = (self._length, self._batch, values.shape[-1])
        return tf.transpose(tf.reshape(values, shape), (1, 0, 2))

    def last_output(self, values: Any) -> Any:
        """Returns (batch, units)."""
        last = values[(self._length - 1) * self._batch :]
        return tf.reshape(last, (self._batch, values.shape[-1]))

    def last_state(self, values: Any, first: Any) -> Any:
        """Returns (batch, units)."""
        return self.last_output(values)


class RealSteps:
    """Texts with a mask.

    Args:
        mask: (batch, length) bool, True at real steps, wherever they are.
        backwards: whether texts are read from their ends.
        zeros: whether a masked step puts out zeros; else it repeats the output before it.
        packed: whether a kernel can leave out texts that have ended. If not, it gets as many rows
            for each step, and what it makes of those without a step is not looked at.
    """

    def __init__(self, mask: Any, *, backwards: bool, zeros: bool, packed: bool) -> None:
        self._batch, self._length = ops.shape(mask)
        self._zeros = zeros
        # (batch, length), each in the order of reading
        real = tf.reverse(mask, [1]) if backwards else mask
        so_far = tf.cumsum(tf.cast(real, "int32"), axis=1)
        # (batch,)
        self._lengths = tf.reduce_sum(tf.cast(mask, "int32"), axis=1)
        self._arrange_texts(self._lengths, packed)
        place = self._places(so_far)
        real_place = tf.where(real, place, -1)
        self._written = tf.reshape(real_place if zeros else place, [-1])
        # The step at each row, counted through all texts, and the row of each step: -1 for none.
        # (total,), in the order of reading and in that of the texts
        self._steps = self._steps_at(tf.reshape(real_place, [-1]))
        self._read = self._turned(self._steps) if backwards else self._steps
        # (batch * length,), in the order of the texts
        self._rows = tf.reshape(tf.reverse(real_place, [1]) if backwards else real_place, [-1])

    def _arrange_texts(self, lengths: Any, packed: bool) -> None:
        # At least one, be it of no text: arrays of steps may not be empty.
        number = tf.reduce_max(tf.concat([lengths, [1]], 0))
        # (batch,): the text at each place among the texts, and the place of each text
        self._order = self._rank = tf.range(self._batch)
        self.counts = tf.fill([number], self._batch)
        if packed:
            self._order = tf.argsort(lengths, direction="DESCENDING", stable=True)
            self._rank = tf.math.invert_permutation(self._order)
            ended = tf.math.bincount(lengths, minlength=number + 1, maxlength=number + 1)
            self.counts = self._batch - tf.cumsum(ended)[:-1]
        # (steps,): rows of the steps before
        self._before = tf.cumsum(self.counts, exclusive=True)

    def _places(self, steps: Any) -> Any:
        """Finds the rows of the so manyth steps of each text, (batch, ...); -1 for none."""
        rank = tf.reshape(self._rank, (-1,) + (1,) * (len(steps.shape) - 1))
        before = tf.gather(tf.concat([[0], self._before], 0), steps)
        return tf.where(steps > 0, before + rank, -1)

    def _steps_at(self, places: Any) -> Any:
        # Rows get the sum of what goes there, which is 0 for nothing.
        numbers = tf.range(1, self._batch * self._length + 1)
        return tf.math.unsorted_segment_sum(numbers, places, tf.reduce_sum(self.counts)) - 1

    def _turned(self, steps: Any) -> Any:
        other_end = steps + self._length - 1 - 2 * (steps % self._length)
        return tf.where(steps < 0, -1, other_end)

    def arranged(self, sequences: Any) -> Any:
        """Returns (total, dim)."""
        return moved(tf.reshape(sequences, (-1, sequences.shape[-1])), self._read, self._rows)

    def states(self, values: Any) -> Any:
        """Returns (batch, units)."""
        return values if self._order is self._rank else moved(values, self._order, self._rank)

    def outputs(self, values: Any) -> Any:
        """Returns (batch, length, units)."""
        # What is repeated has the gradients of all its places.
        written = (self._written, self._steps)
        found = moved(values, *written) if self._zeros else rows(values, self._written)
        return tf.reshape(found, (self._batch, self._length, values.shape[-1]))

    def last_output(self, values: Any) -> Any:
        """Returns (batch, units)."""
        return rows(values, tf.reshape(self._written, (self._batch, self._length))[:, -1])

    def last_state(self, values: Any, first: Any) -> Any:
        """Returns (batch, units)."""
        last = rows(values, self._places(self._lengths))
        return tf.where(self._lengths[:, None] > 0, last, first)


@tf.custom_gradient
def rows(values: Any, index: Any) -> Any:
    """Looks up rows, with a gradient that is a plain tensor.

    Args:
        values: (rows, dim).
        index: (chosen,) int32; -1 gives zeros.

    Returns:
        (chosen, dim).
    """

    def gradient(upstream: Any) -> Any:
        return tf.math.unsorted_segment_sum(upstream, index, tf.shape(values)[0]), None

    return _looked_up(values, index), gradient


@tf.custom_gradient
def moved(values: Any, index: Any, back: Any) -> Any:
    """Looks up rows, none of them twice, so that gradients are looked up as well.

    Args:
        values: (rows, dim).
        index: (chosen,) int32; -1 gives zeros.
        back: (rows,) int32, where each row has gone; -1 for nowhere.

    Returns:
        (chosen, dim).
    """

    def gradient(upstream: Any) -> Any:
        return _looked_up(upstream, back), None, None

    return _looked_up(values, index), gradient


def _looked_up(values: Any, index: Any) -> Any:
    # A row of zeros at the end, so that there is one to look up.
    padded = tf.pad(values, [[0, 1], [0, 0]])
    return tf.gather(padded, tf.where(index < 0, tf.shape(values)[0], index))
