"""Breaking Chinese text into lines: between any two characters, but not everywhere."""

from collections.abc import Callable, Iterator
from typing import Final

NOT_FIRST: Final = frozenset("，。、；：？！）》〉】”’%℃㎡)]},.;:!?·")
"""Marks that may not begin a line; they hang on the one before."""
NOT_LAST: Final = frozenset("（《〈【“‘([{")
"""Marks that may not end a line; they go to the next one."""


def wrap(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """The lines of ``text``, none wider than ``width`` but for a mark that hangs at its end."""
    return [line for part in text.split("\n") for line in _wrap_part(part, width, measure)]


def _wrap_part(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    line = ""
    for piece in _pieces(text):
        if line and measure(line + piece) > width and piece not in NOT_FIRST:
            opening = ""
            while line[-1:] in NOT_LAST and len(line) > 1:
                line, opening = line[:-1], line[-1] + opening
            yield line.rstrip(" ")
            line = opening
            if piece == " ":
                continue
        line += piece
        while measure(line) > width and len(line) > 1 and piece not in NOT_FIRST:
            cut = _fitting(line, width, measure)
            yield line[:cut]
            line = line[cut:]
    yield line


def _fitting(line: str, width: float, measure: Callable[[str], float]) -> int:
    cut = len(line) - 1
    while cut > 1 and measure(line[:cut]) > width:
        cut -= 1
    return cut


def _pieces(text: str) -> Iterator[str]:
    """Single characters, but runs of ASCII letters and digits whole."""
    run = ""
    for character in text:
        if character.isascii() and not character.isspace() and character not in NOT_FIRST:
            run += character
            continue
        if run:
            yield run
            run = ""
        yield character
    if run:
        yield run
