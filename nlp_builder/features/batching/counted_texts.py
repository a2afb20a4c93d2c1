"""The texts of batches, whose tokens are counted when somebody asks for their number."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cached_property
from typing import Any, final

import numpy as np

from nlp_builder.features.batching.blocks import Reader, count_rows
from nlp_builder.features.batching.bucket_lengths import BucketLengths
from nlp_builder.features.batching.steps import InputSteps
from nlp_builder.text import Text, take_rows


@final
class CountedTexts:
    """Texts that are read by blocks, some rows at a time.

    Args:
        reader: of the texts.
        columns: the texts by name, as the reader has them.
    """

    def __init__(self, reader: Reader, columns: dict[str | None, Sequence[Text]]) -> None:
        self._reader = reader
        self.shapes = reader.shapes
        self.columns = columns

    def __len__(self) -> int:
        """Return the number of texts."""
        return count_rows(self.columns)

    def part(self, start: int, stop: int) -> CountedTexts:
        """Return some neighbours."""
        columns = {name: column[start:stop] for name, column in self.columns.items()}
        return CountedTexts(self._reader, columns)

    @cached_property
    def lengths(self) -> np.ndarray:
        """Int32 (texts,): a pass of the tokenizer over all texts, made only if it is needed."""
        return self._reader.count_tokens(self.columns)

    def _lengths_once(self) -> np.ndarray:
        # A method, since Keras sends batches to processes, which a lambda would not survive.
        return self.lengths

    @property
    def are_counted(self) -> bool:
        """Whether there was such a pass."""
        return "lengths" in self.__dict__

    @property
    def width(self) -> int | None:
        """The tokens of all batches; None if their longest texts decide."""
        if self._reader.steps_are_free:
            return None
        return max((maximum for maximum in self._reader.maxima if maximum is not None), default=1)

    def arrays(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the ids of some rows, one array for each input."""
        return self._reader.arrays(take_rows(self.columns, rows))

    def inputs_with_steps(self) -> list[InputSteps]:
        """Return the inputs that have steps, which are not counted yet."""
        inputs = self._reader.inputs_with_steps(self.columns)
        if len(self.shapes) > 1:
            return inputs
        # Then the order of batches needs the same lengths.
        return [InputSteps(0, one.maxlen, one.block, self._lengths_once) for one in inputs]

    def steps_vary(self, batches: list[np.ndarray], buckets: BucketLengths) -> bool:
        """Return False if batches are known to have the same steps; it does not count to know."""
        if len(self.shapes) > 1 or not self.are_counted:
            return True
        return len({int(buckets.pad(self.lengths[rows].max())) for rows in batches}) > 1

    def padding_waste(
        self, batches: list[np.ndarray], buckets: BucketLengths, *, steps_vary: bool = True
    ) -> float:
        """Return the padded tokens of batches over the real ones, 1.0 if nothing is padded."""
        width = self.width
        lengths = self.lengths if width is None else np.minimum(self.lengths, width)
        sizes = np.array([len(rows) for rows in batches], "int64")
        widths = np.full(len(sizes), width)
        if width is None:
            widths = buckets.pad([lengths[rows].max() for rows in batches])
            if steps_vary and len(widths) > 1 and widths[0] == widths[1]:
                widths[1] = buckets.longer(int(widths[1]))
        real = lengths.sum(dtype="int64")
        return float(np.dot(widths, sizes) / real) if real else 1.0

    def warn_of_cuts(self) -> None:
        """Warn the caller of the caller if lists of tokens are longer than the maximum."""
        maxima = set(self._reader.maxima)
        if len(maxima) != 1 or None in maxima or not self._lengths_are_cheap():
            return
        maxlen = maxima.pop()
        cut = int(np.sum(self.lengths > maxlen))
        if cut:
            warnings.warn(
                f"{cut} of {len(self)} texts have more than {maxlen} tokens, and are cut: "
                "give the blocks a larger maximum, or None for the longest text of each batch",
                stacklevel=3,
            )

    def _lengths_are_cheap(self) -> bool:
        firsts = [column[0] for column in self.columns.values() if len(column)]
        return self.are_counted or not any(isinstance(text, str) for text in firsts)


def read_counted(reader: Reader, texts: Any, *, copy: bool = False) -> CountedTexts:
    """Read texts.

    Args:
        reader: of the texts.
        texts: what it reads.
        copy: keep lists as they are now.

    Returns:
        The texts.
    """
    return CountedTexts(reader, reader.columns(texts, copy=copy))
