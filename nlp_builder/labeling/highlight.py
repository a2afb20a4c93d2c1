"""Entities shown in their text: coloured in a notebook, in brackets as plain text."""

from __future__ import annotations

import colorsys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import final

from nlp_builder.labeling.entities import Entity
from nlp_builder.text.checks import preview

# Of the first 20,000 seeds the one that sets the usual labels farthest apart.
_SEED = 19653
_STYLE = "padding:0.1em 0.3em;border-radius:0.3em"


@final
@dataclass(frozen=True)
class Highlighted:
    """A text with its entities, for Jupyter and for `print`.

    Args:
        tokens: the tokens of the text.
        entities: its entities, none of which overlap.
        join: what stands between tokens, "" for characters.

    Raises:
        ValueError: an entity lies outside of the text or overlaps another.

    Example:
        >>> print(highlight(["Ada", "wrote"], [Entity("PER", 0, 1, "Ada", 0.9)]))
        [Ada PER] wrote
    """

    tokens: Sequence[str]
    entities: Sequence[Entity]
    join: str = " "

    def __post_init__(self) -> None:
        str(self)

    def __str__(self) -> str:
        return self._text(str, lambda text, entity: f"[{f'{text} {entity.label}'.strip()}]")

    def _repr_html_(self) -> str:
        body = self._text(escape, _mark)
        return f'<div dir="auto" style="line-height:2;white-space:pre-wrap">{body}</div>'

    def _text(self, plain: Callable[[str], str], mark: Callable[[str, Entity], str]) -> str:
        parts: list[str] = []
        place = 0
        for entity in sorted(self.entities, key=lambda entity: entity.start):
            if not place <= entity.start < entity.end <= len(self.tokens):
                raise ValueError(
                    f"expected entities that do not overlap, within {len(self.tokens)} tokens, got "
                    f"{preview(entity, 200)}"
                )
            parts += map(plain, self.tokens[place : entity.start])
            parts.append(mark(self.join.join(self.tokens[entity.start : entity.end]), entity))
            place = entity.end
        return self.join.join([*parts, *map(plain, self.tokens[place:])])


def highlight(tokens: Sequence[str], entities: Sequence[Entity], *, join: str = " ") -> Highlighted:
    """Shows entities in their text.

    Args:
        tokens: the tokens of the text.
        entities: its entities, as `entities_of` returns them.
        join: what stands between tokens, "" for characters.

    Returns:
        What Jupyter displays in colour, and `str` writes with brackets.

    Raises:
        ValueError: an entity lies outside of the text or overlaps another.

    Example:
        >>> str(highlight(["in", "Rome"], [Entity("LOC", 1, 2, "Rome", 1.0)]))
        'in [Rome LOC]'
    """
    return Highlighted(tokens, entities, join)


def entities_html(tokens: Sequence[str], entities: Sequence[Entity], *, join: str = " ") -> str:
    """Writes a text as HTML, with its entities in colour and their labels beside them.

    A label has the same colour everywhere: dark letters on a light ground of their own, so that
    they are read in light and in dark notebooks. The confidence is shown under the mouse.

    Args:
        tokens: the tokens of the text.
        entities: its entities.
        join: what stands between tokens, "" for characters.

    Returns:
        One `<div>`, everything of the text and the labels escaped.

    Raises:
        ValueError: an entity lies outside of the text or overlaps another.

    Example:
        >>> "a &lt; b" in entities_html(["a", "<", "b"], [])
        True
    """
    return highlight(tokens, entities, join=join)._repr_html_()


def _mark(text: str, entity: Entity) -> str:
    label = escape(entity.label)
    title = f"{label}, confidence {entity.confidence:.2f}"
    style = f"background:{_colour(entity.label, 0.87)};color:#222222;{_STYLE}"
    name = f"color:{_colour(entity.label, 0.25)};font-size:0.75em"
    tag = f' <b style="{name}">{label}</b>' if label else ""
    return f'<mark style="{style}" title="{title}">{escape(text)}{tag}</mark>'


def _colour(label: str, lightness: float) -> str:
    hue = zlib.crc32(label.encode("utf-8", "surrogatepass"), _SEED) % 360
    parts = colorsys.hls_to_rgb(hue / 360, lightness, 0.7)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
