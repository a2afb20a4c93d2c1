"""How many objects and calls of layers it takes to make the blocks of a file.

A small file can ask for much work: blocks that read each other, models that call themselves twice
at each level, layers upon layers. What is asked for is counted before it is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nlp_builder.features.keras_bounds import work_of
from nlp_builder.saving import Limits

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature


class WorkCount:
    """Counts what is made of a file, and refuses more than the limit.

    Args:
        limits: how many objects and calls there may be in all.
        models: descriptions of Keras models.

    Raises:
        ArchiveError: as all methods, if there are more.
    """

    def __init__(self, limits: Limits, models: list[Any]) -> None:
        self._limits = limits
        self._total = 0
        works = [work_of(model) for model in models]
        self._model_calls = [work.called for work in works]
        # Calls of layers each time that a block is applied to its inputs.
        self._calls: dict[Feature, int] = {}
        self._add(sum(work.made for work in works))

    def reads(self, block: Feature) -> None:
        """Count what it takes to read a block.

        Args:
            block: that another one names.
        """
        self._add(sum(len(slot.block._ids_shape()) for slot in block.slots))

    def makes(self, name: str, arguments: Mapping[str, Any]) -> int:
        """Count what it takes to make a block that is not built.

        Args:
            name: of its class.
            arguments: as the file has them.

        Returns:
            The number of calls of layers each time that it is applied.
        """
        own = work_of({"class_name": name, "config": arguments})
        model = arguments.get("wrapped_model")
        number: Any = model.get("$model") if isinstance(model, dict) else None
        known = isinstance(number, int) and 0 <= number < len(self._model_calls)
        calls = self._model_calls[number] if known else 0
        self._add(own.made + calls)
        return own.called + calls

    def builds(self, block: Feature, calls: int, state: Mapping[str, Any]) -> None:
        """Count what it takes to connect a block and its parts to a graph, and to compile it.

        Args:
            block: that is to be built, if the file says so.
            calls: what `makes` returned.
            state: plain values of the block.
        """
        self._calls[block] = calls
        if state["built"]:
            for part in _applied(block):
                self._add(self._calls[part] + len(part.reads))
        self._add(work_of(state.get("compiled")).made)

    def _add(self, number: int) -> None:
        self._total += number
        self._limits.require(
            "objects", "objects and calls, at least, that the file asks for", self._total
        )


def _applied(block: Feature) -> Iterator[Feature]:
    """Yield a block and its parts, once for each text that they read, as `tree.connect` does."""
    seen: set[tuple[str | None, Feature]] = set()
    rest: list[tuple[str | None, Feature]] = [(None, block)]
    while rest:
        key = rest.pop()
        if key in seen:
            continue
        seen.add(key)
        text, part = key
        yield part
        rest += [(text if read.text is None else read.text, read.block) for read in part.reads]
