"""One form for what people type: full-width characters, spaces and invisible marks folded."""

import unicodedata
from typing import Final

_FULL_WIDTH_FIRST: Final = 0xFF01
_FULL_WIDTH_LAST: Final = 0xFF5E
_FULL_WIDTH_OFFSET: Final = 0xFEE0


def half_width(text: str) -> str:
    """Full-width ASCII as plain ASCII; every other character stays.

    Narrower than Unicode's NFKC on purpose: a circled or superscript digit is not a digit.
    """
    return "".join(
        chr(ord(character) - _FULL_WIDTH_OFFSET)
        if _FULL_WIDTH_FIRST <= ord(character) <= _FULL_WIDTH_LAST
        else character
        for character in text
    )


def compact(text: str) -> str:
    """``half_width`` without white space and without invisible format marks.

    Numbers copied from office programs and chat windows carry direction marks and zero-width
    spaces that nobody sees.
    """
    return "".join(
        character
        for character in half_width(text)
        if not character.isspace() and unicodedata.category(character) != "Cf"
    )


def is_digits(text: str) -> bool:
    """Whether ``text`` is one or more of the ASCII digits 0 to 9, and nothing else."""
    return text.isascii() and text.isdigit()
