"""What may be shown of a name or a number to somebody who need not know all of it."""

from typing import Final

_STAR: Final = "*"
_SHORT_NAME: Final = 2


def mask_name(name: str) -> str:
    """First and, from three characters on, last character; stars between: 张*、张*三."""
    shown = name.strip()
    if len(shown) < _SHORT_NAME:
        return _STAR * len(shown)
    if len(shown) == _SHORT_NAME:
        return shown[0] + _STAR
    return shown[0] + _STAR * (len(shown) - 2) + shown[-1]


def mask_identity(number: str) -> str:
    """First three and last four characters; a number too short for that is all stars."""
    return _mask_middle(number.strip(), head=3, tail=4)


def mask_phone(number: str) -> str:
    """First three and last four digits; a number too short for that is all stars."""
    return _mask_middle(number.strip(), head=3, tail=4)


def _mask_middle(text: str, *, head: int, tail: int) -> str:
    # At least as much is hidden as the shorter of the two ends, or everything is.
    hidden = len(text) - head - tail
    if hidden < min(head, tail):
        return _STAR * len(text)
    return text[:head] + _STAR * hidden + text[-tail:]
