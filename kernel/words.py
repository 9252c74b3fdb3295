"""Numbers as people read them: sizes and lengths of time."""

from typing import Final

_KB: Final = 1024
_STEPS: Final = (("天", 86_400), ("小时", 3600), ("分", 60), ("秒", 1))


def size_text(size: int) -> str:
    """``2.0 GB``, ``1.3 MB``, ``820 KB`` or ``15 字节``."""
    if size >= _KB**3:
        return f"{size / _KB**3:.1f} GB"
    if size >= _KB**2:
        return f"{size / _KB**2:.1f} MB"
    return f"{size / _KB:.0f} KB" if size >= _KB else f"{size} 字节"


def duration_text(micros: int) -> str:
    """The two largest units of a length of time: ``3 天 4 小时``, ``2 分 5 秒``, ``0 秒``.

    >>> duration_text(93_784_000_000)
    '1 天 2 小时'
    """
    seconds = max(0, micros // 1_000_000)
    for place, (label, length) in enumerate(_STEPS):
        if seconds >= length or length == 1:
            count, rest = divmod(seconds, length)
            words = f"{count} {label}"
            if place + 1 < len(_STEPS):
                below, unit = _STEPS[place + 1]
                if rest >= unit:
                    words += f" {rest // unit} {below}"
            return words
    raise AssertionError("the last step is one second")
