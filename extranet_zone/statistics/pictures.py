"""Bars drawn by the server as SVG: plain attributes, no style, no script, no font of its own.

A picture never stands alone: the table beside it has the same numbers for those who cannot see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 720
_LEFT: Final = 150
_LINE: Final = 22
_BAR: Final = 14
_NUMBERS: Final = 60
COLOURS: Final = ("#2f6f4f", "#c98a12", "#b3261e", "#8a8f98")
"""The consoles' own green, amber, red and grey."""


@dataclass(frozen=True, slots=True)
class Part:
    """One coloured piece of a bar, in the picture's own units."""

    x: float
    width: float
    colour: str
    words: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One labelled bar at height ``y``."""

    label: str
    y: int
    parts: Sequence[Part]
    total: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A stacked bar chart; ``legend`` names the pieces in their order."""

    title: str
    bars: Sequence[Bar]
    legend: Sequence[tuple[str, str]]
    width: int
    height: int
    left: int
    bar: int


def stacked(
    title: str, names: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]]
) -> Picture | None:
    """A bar a row, a piece a name; nothing when there is nothing to draw."""
    most = max((sum(values) for _label, values in rows), default=0)
    if not most:
        return None
    scale = (WIDTH - _LEFT - _NUMBERS) / most
    bars = []
    for place, (label, values) in enumerate(rows):
        x, parts = float(_LEFT), []
        for name, value, colour in zip(names, values, COLOURS, strict=False):
            width = round(value * scale, 1)
            if value:
                parts.append(Part(round(x, 1), width, colour, f"{label} {name} {value}"))
            x += width
        bars.append(Bar(label, _LINE * (place + 1) + 8, parts, sum(values)))
    return Picture(
        title,
        bars,
        list(zip(names, COLOURS, strict=False)),
        WIDTH,
        _LINE * (len(rows) + 1) + 16,
        _LEFT,
        _BAR,
    )
