"""Blocks that are made of blocks."""

from __future__ import annotations

from typing import Any

from nlp_builder.features import tree
from nlp_builder.features.feature import Feature
from nlp_builder.features.shapes import ModelIOShape, Slot, TextSlot
from nlp_builder.features.training import Trainable
from nlp_builder.features.wiring import Inputs, inputs_argument, read_inputs


class Composition(Trainable):
    """A block that reads what other blocks make of one text, or of several texts.

    Args:
        inputs: a block, a list of blocks, or blocks for each of several texts by name.
    """

    def __init__(self, inputs: Inputs) -> None:
        super().__init__()
        self._reads = read_inputs(type(self).__name__, inputs)
        self._blocks = tuple(dict.fromkeys(slot.block for slot in self._reads))
        self._slots = tuple(
            dict.fromkeys(
                TextSlot(source.text if source.text is not None else slot.text, slot.block)
                for source in self._reads
                for slot in source.block.slots
            )
        )

        self._shapes_read = [shape for _, shape in self._read_shapes()]

    def _make_graph(self) -> None:
        shapes = [shape for _, shape in self._read_shapes()]
        if shapes != self._shapes_read:
            raise ValueError(
                f"{type(self).__name__} was made for blocks of {self._shapes_read}, which have "
                f"become {shapes}: set their parameters by set_params of the outermost block, or "
                "make it anew"
            )
        super()._make_graph()

    @property
    def blocks(self) -> tuple[Feature, ...]:
        """The blocks that are read, each once."""
        return self._blocks

    @property
    def reads(self) -> tuple[Slot, ...]:
        """The blocks that are read, with the names of their texts, in order."""
        return self._reads

    @property
    def slots(self) -> tuple[TextSlot, ...]:
        """What reads texts, with their names: one entry for each input tensor, in their order."""
        return self._slots

    def _reads_rows(self, leading: int, *, training: bool) -> bool:
        """Tell whether all that is read looks at rows of ids, of which one goes into each output.

        Args:
            leading: the number of axes, behind the batch, that the block is applied along.
            training: as for `_looks_at_rows`.
        """
        return (
            len(self.slots) == 1
            and leading >= len(self.slots[0].block._ids_shape()) - 1
            and all(source.block._looks_at_rows(training=training) for source in self.reads)
        )

    @property
    def _inputs_argument(self) -> Any:
        return inputs_argument(self._reads)

    def _read_shapes(self) -> list[tuple[Feature, ModelIOShape]]:
        """List all that is read, output by output, with the block that it comes from."""
        return [
            (slot.block, shape) for slot in self._reads for shape in tree.output_shapes(slot.block)
        ]
