"""A block and its parts as a table: text for a terminal, HTML for Jupyter."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from nlp_builder.features.tree import names

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature
    from nlp_builder.features.shapes import Slot

_HEAD = ("block", "inputs", "outputs", "trainable", "weights", "connected to")


def as_text(block: Feature) -> str:
    """Return the table in columns of plain text.

    Args:
        block: built or not; an unbuilt one has "?" for its weights.

    Returns:
        A line for the head, one for each block, and the sums.
    """
    rows = [_HEAD, *_rows(block)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:], _total(block)])


def as_html(block: Feature) -> str:
    """Return the table as HTML.

    Args:
        block: built or not; an unbuilt one has "?" for its weights.

    Returns:
        A `table` element; what comes from users is escaped.
    """
    body = "".join(_html_row("td", row) for row in _rows(block))
    caption = f"<caption>{html.escape(_total(block))}</caption>"
    return f"<table>{caption}<thead>{_html_row('th', _HEAD)}</thead><tbody>{body}</tbody></table>"


def _html_row(tag: str, cells: tuple[str, ...]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _rows(block: Feature) -> list[tuple[str, ...]]:
    return [
        (
            name,
            str(part.inputs_shape),
            str(part.outputs_shape),
            _number(part.trainable_weights_amount),
            _number(part.weights_amount),
            ", ".join(_source(named, slot) for slot in part.reads) or _texts(named, part),
        )
        for named in [names(block)]
        for part, name in named.items()
    ]


def _source(named: dict[Feature, str], slot: Slot) -> str:
    name = named[slot.block]
    return name if slot.text is None else f"{slot.text}: {name}"


def _texts(named: dict[Feature, str], part: Feature) -> str:
    """What a block that reads texts itself reads, and through which blocks."""
    return ", ".join(["texts", *(f"by {named[block]}" for block in part.blocks)])


def _total(block: Feature) -> str:
    trainable, total = block.trainable_weights_amount, block.weights_amount
    return f"{_number(trainable)} of {_number(total)} weights are trainable"


def _number(amount: int | None) -> str:
    return "?" if amount is None else f"{amount:,}"
