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

from nlp_builder.layers.backends import require_in_step
from nlp_builder.layers.moved_rows import (
    Rows,
    any_rows_at,
    moved,
    present_rows_at,
    repeated,
    rows_at,
)


class Steps(Protocol):
    """The steps of a batch of texts, and how a kernel sees them.

    Args:
        counts: (steps,) int32, how many texts have so many steps; a kernel sees these rows of the
            first step, then those of the second one, and so on: `total` rows. The texts of the
            first half of a step, and the one in the middle, are in the first half of the next.
    """

    counts: Any

    def arranged(self, sequences: Any) -> Any:
        """Turns (batch, length, dim) into (total, dim)."""

    def states(self, values: Any) -> Any:
        """Turns initial states, (batch, units), into those of the rows of the first step."""

    def outputs(self, values: Any) -> Any:
        """Turns (total, units) into the output at each step, (batch, length, units)."""

    def last_output(self, values: Any, first: Any) -> Any:
        """Turns (total, units) into the output at the step read last, (batch, units).

        In sequences of no length it is what is read before, `first`.
        """

    def last_state(self, values: Any, first: Any) -> Any:
        """Turns (total, units) into last states, (batch, units); without steps the first ones."""


class AllSteps:
    """Texts without a mask.

    Args:
        batch: how many texts.
        length: how many steps each of them has.
        backwards: whether texts are read from their ends.
        packed: see `RealSteps`.
    """

    def __init__(self, batch: Any, length: Any, *, backwards: bool, packed: bool) -> None:
        self._batch, self._length, self._backwards = batch, length, backwards
        self._spare = 0 if packed else batch % 2
        self.counts = tf.fill([length], batch + self._spare)

    def arranged(self, sequences: Any) -> Any:
        """Returns (total, dim)."""
        if self._backwards:
            sequences = tf.reverse(sequences, [1])
        sequences = tf.pad(sequences, [[0, self._spare], [0, 0], [0, 0]])
        # (total, dim)
        return tf.reshape(tf.transpose(sequences, (1, 0, 2)), (-1, sequences.shape[-1]))

    def states(self, values: Any) -> Any:
        """Returns (batch + spare, units)."""
        return tf.pad(values, [[0, self._spare], [0, 0]])

    def outputs(self, values: Any) -> Any:
        """Returns (batch, length, units)."""
        shape = (self._length, self._batch + self._spare, values.shape[-1])
        return tf.transpose(tf.reshape(values, shape)[:, : self._batch], (1, 0, 2))

    def last_output(self, values: Any, first: Any) -> Any:
        """Returns (batch, units)."""
        start = tf.maximum(self._length - 1, 0) * (self._batch + self._spare)
        # (batch or, without a step, 0, units)
        last = values[start : start + self._batch]
        rows = tf.concat([first, last], 0)[tf.shape(last)[0] :]
        return tf.reshape(rows, (self._batch, values.shape[-1]))

    def last_state(self, values: Any, first: Any) -> Any:
        """Returns (batch, units)."""
        return self.last_output(values, first)


class RealSteps:
    """Texts with a mask.

    Args:
        mask: (batch, length) bool, True at real steps, wherever they are.
        backwards: whether texts are read from their ends.
        zeros: whether a masked step puts out zeros; else it repeats the output before it.
        packed: whether a kernel can leave out texts that have ended. If not, it gets as many rows
            for each step, and what it makes of those without a step is not looked at. They are
            even in number: of odd ones the kernel of the LSTM writes two lines to the log for each
            batch, if a size of the layer is odd as well.
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
        self._total = tf.reduce_sum(self.counts)
        place = self._places(so_far)
        real_place = tf.where(real, place, -1)
        # The row of each step in the order of reading: (batch * length,)
        self._written = self._rows_of(real_place if zeros else place)
        # The row with the gradient of each step, in the order of the texts: (batch * length,)
        source = real_place if packed else tf.where(real, place, self._spare_places(so_far))
        self._rows = self._rows_of(tf.reverse(source, [1]) if backwards else source)
        # The step of each row, counted through all texts, in the same orders: (total,)
        steps = self._steps_at(tf.reshape(real_place, [-1]))
        number = self._batch * self._length
        self._steps = present_rows_at(steps) if packed else rows_at(steps, number)
        read = self._turned(steps) if backwards else steps
        self._read = present_rows_at(read) if packed else any_rows_at(read, number)

    def _arrange_texts(self, lengths: Any, packed: bool) -> None:
        # At least one, be it of no text: arrays of steps may not be empty.
        number = tf.reduce_max(tf.concat([lengths, [1]], 0))
        self._packed = packed
        self._spare = 0 if packed else self._batch % 2
        # (batch,): the place of each text among the rows of a step, and the half that it is in
        self._place, self._half = tf.range(self._batch), tf.zeros_like(lengths)
        self.counts = tf.fill([number], self._batch + self._spare)
        if packed:
            by_length = tf.argsort(lengths, direction="DESCENDING", stable=True)
            rank = tf.math.invert_permutation(by_length)
            # So both halves of a step have as many rows, and none more than in the step before.
            self._place, self._half = rank // 2, rank % 2
            order = tf.concat([by_length[::2], by_length[1::2]], 0)
            self._order = present_rows_at(order)
            self._back = present_rows_at(tf.math.invert_permutation(order))
            ended = tf.math.bincount(lengths, minlength=number + 1, maxlength=number + 1)
            self.counts = self._batch - tf.cumsum(ended)[:-1]
        before = tf.cumsum(self.counts, exclusive=True)
        # (2 * (steps + 1),): rows before each half of a step; the first step is that of no text
        halves = tf.stack([before, before + (self.counts + 1) // 2], 1)
        self._before = tf.reshape(tf.pad(halves, [[1, 0], [0, 0]]), [-1])

    def _rows_of(self, places: Any) -> Rows:
        return rows_at(tf.reshape(places, [-1]), self._total)

    def _places(self, steps: Any) -> Any:
        """Finds the rows of the so manyth steps of each text, (batch, ...); -1 for none."""
        ones = (1,) * (len(steps.shape) - 1)
        half, place = (tf.reshape(of, (-1, *ones)) for of in (self._half, self._place))
        return tf.where(steps > 0, tf.gather(self._before, 2 * steps + half) + place, -1)

    def _spare_places(self, so_far: Any) -> Any:
        """Finds a row for each masked step behind the real ones of its text, where gradients are 0.

        A look-up of rows that are all there needs no copy with zeros behind it. Steps for which the
        kernel has no row have -1.
        """
        masked_so_far = tf.range(1, self._length + 1) - so_far
        steps = self._lengths[:, None] + masked_so_far
        return self._places(tf.where(steps <= tf.size(self.counts), steps, 0))

    def _steps_at(self, places: Any) -> Any:
        # Rows get the sum of what goes there, which is 0 for nothing.
        numbers = tf.range(1, self._batch * self._length + 1)
        return tf.math.unsorted_segment_sum(numbers, places, self._total) - 1

    def _turned(self, steps: Any) -> Any:
        other_end = steps + self._length - 1 - 2 * (steps % tf.maximum(self._length, 1))
        return tf.where(steps < 0, -1, other_end)

    def arranged(self, sequences: Any) -> Any:
        """Returns (total, dim)."""
        return moved(tf.reshape(sequences, (-1, sequences.shape[-1])), self._read, self._rows)

    def states(self, values: Any) -> Any:
        """Returns (batch + spare, units)."""
        if not self._packed:
            return tf.pad(values, [[0, self._spare], [0, 0]])
        return moved(values, self._order, self._back)

    def outputs(self, values: Any) -> Any:
        """Returns (batch, length, units)."""
        # What is repeated has the gradients of all its places.
        if self._zeros:
            found = moved(values, self._written, self._steps)
        else:
            found = repeated(values, self._written)
        return tf.reshape(found, (self._batch, self._length, values.shape[-1]))

    def last_output(self, values: Any, first: Any) -> Any:
        """Returns (batch, units)."""
        # (batch, length)
        written = tf.reshape(self._written.index, (self._batch, self._length))
        # (batch,); a step of no text before, as there may be none
        last = tf.pad(written, [[0, 0], [1, 0]], constant_values=-1)[:, -1]
        found = repeated(values, rows_at(last, self._total))
        return tf.where(self._length > 0, found, first)

    def require(self, batch: Any) -> None:
        """Fails the step if sequences are not as many as the masks."""
        require_in_step(
            tf.equal(self._batch, batch),
            "Expected as many masks as sequences, or one mask that serves batches of one size. "
            "Give each sequence its mask: ops.repeat(mask, ops.shape(sequences)[0], axis=0).",
        )

    def last_state(self, values: Any, first: Any) -> Any:
        """Returns (batch, units)."""
        last = repeated(values, rows_at(self._places(self._lengths), self._total))
        return tf.where(self._lengths[:, None] > 0, last, first)
