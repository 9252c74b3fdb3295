"""Numbers of media as people write and scan them, and runs of them as the ledger keeps them."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from ferry.manifest import MEDIUM_NUMBER
from kernel.errors import InvalidValueError

MAX_RUN: Final = 20_000
_DIGITS: Final = 6
_CODE: Final = re.compile(r"TONGBAN-MEDIUM ([A-Z]{2}[0-9]{6}) ([0-9a-f]{64})")
"""What the label's QR code holds (:class:`ferry.papers.Slip`)."""


def run_of(first: str, count: int) -> list[str]:
    """``count`` numbers from ``first`` on.

    Raises :class:`InvalidValueError` (``medium_number``).
    """
    if not re.fullmatch(MEDIUM_NUMBER, first):
        raise InvalidValueError(
            "medium_number", f"介质编号应为两个大写字母加六位数字，例如 JY000001，不是 {first[:40]}"
        )
    last = int(first[2:]) + count - 1
    if last >= 10**_DIGITS or count > MAX_RUN:
        raise InvalidValueError("medium_number", "编号超出六位数字的范围")
    return [f"{first[:2]}{number:0{_DIGITS}d}" for number in range(int(first[2:]), last + 1)]


def read_word(word: str) -> tuple[list[str], str]:
    """What one line of a list names: numbers, and the digest that a scanned label adds.

    A line is a number, a run such as ``JY000001-JY000100``, or what the label's code holds.
    Raises :class:`InvalidValueError` (``medium_number``).
    """
    word = word.strip()
    if code := _CODE.fullmatch(word):
        return [code[1]], code[2]
    first, dash, last = word.partition("-")
    if not dash:
        return run_of(first, 1), ""
    run_of(last, 1)
    count = int(last[2:]) - int(first[2:]) + 1 if re.fullmatch(MEDIUM_NUMBER, first) else 1
    if first[:2] != last[:2] or count < 1:
        raise InvalidValueError("medium_number", f"{word[:40]} 不是从小到大的一段编号")
    return run_of(first, count), ""


def runs(numbers: Iterable[str]) -> list[str]:
    """Numbers, sorted, with neighbours as runs: ``["JY000001-JY000003", "JY000007"]``."""
    found: list[list[str]] = []
    known = sorted(set(numbers))
    for before, number in pairwise(["", *known]):
        if before and number[:2] == before[:2] and int(number[2:]) == int(before[2:]) + 1:
            found[-1][1:] = [number]
        else:
            found.append([number])
    return ["-".join(run) for run in found]


def members(words: str) -> Iterator[str]:
    """The numbers of runs that the ledger keeps, separated by blanks."""
    for word in words.split():
        yield from read_word(word)[0]
