"""The case number: given at submission, kept for life, safe to read over the telephone.

Sixteen characters: the origin's letter, the day as ``yyyymmdd``, six digits counted per origin and
day, and a check digit by ISO/IEC 7064 MOD 11,10. The check runs over the origin too (online 1,
counter 2), so that every single wrong character is found, also a ``W`` for a ``C``.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from kernel.errors import InvalidValueError
from kernel.vocabulary.coded import Coded
from kernel.vocabulary.normal import compact, is_digits

LENGTH: Final = 16
LARGEST_SERIAL: Final = 999_999


class CaseOrigin(Coded):
    """Where the case was opened."""

    ONLINE = "W", "网上申请"
    COUNTER = "C", "窗口收件"


_ORIGIN_DIGITS: Final = {CaseOrigin.ONLINE: "1", CaseOrigin.COUNTER: "2"}


@dataclass(frozen=True, slots=True)
class CaseNo:
    """A well-formed case number; ``str`` includes the check digit."""

    origin: CaseOrigin
    day: date
    serial: int

    def __post_init__(self) -> None:
        if not 1 <= self.serial <= LARGEST_SERIAL:
            raise InvalidValueError("case_no_serial", "办件号顺序号应为000001至999999")

    @classmethod
    def make(cls, origin: CaseOrigin, day: date, serial: int) -> Self:
        """The number of the ``serial``-th case opened at ``origin`` on ``day`` (Beijing).

        Raises:
            InvalidValueError: ``case_no_serial``; the day's numbers are used up, or below one.
        """
        return cls(origin, day, serial)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The number in ``text``; accepts spaces, full-width characters and small letters.

        Raises:
            InvalidValueError: ``case_no_length``, ``case_no_origin``, ``case_no_characters``,
                ``case_no_check``, ``case_no_day`` or ``case_no_serial``.
        """
        number = compact(text).upper()
        if len(number) != LENGTH:
            raise InvalidValueError("case_no_length", "办件号应为16位")
        if not CaseOrigin.has(number[0]):
            raise InvalidValueError("case_no_origin", "办件号首位应为W（网上申请）或C（窗口收件）")
        if not is_digits(number[1:]):
            raise InvalidValueError("case_no_characters", "办件号第2至16位应为数字")
        origin = CaseOrigin(number[0])
        if mod_11_10(_ORIGIN_DIGITS[origin] + number[1:-1]) != number[-1]:
            raise InvalidValueError("case_no_check", "办件号校验位不符，请核对是否输错")
        return cls(origin, _day(number[1:9]), int(number[9:15]))

    def __str__(self) -> str:
        digits = self._digits()
        return f"{self.origin}{digits}{mod_11_10(_ORIGIN_DIGITS[self.origin] + digits)}"

    def grouped(self) -> str:
        """The number in the groups people read aloud: ``W 20260105 000001 7``."""
        number = str(self)
        return f"{number[0]} {number[1:9]} {number[9:15]} {number[15]}"

    def _digits(self) -> str:
        # strftime("%Y") does not pad years below 1000 on every platform.
        return f"{self.day.year:04d}{self.day:%m%d}{self.serial:06d}"


def mod_11_10(digits: str) -> str:
    """The check digit of ISO/IEC 7064 MOD 11,10 for a row of digits.

    Raises:
        InvalidValueError: ``case_no_characters``; something else than digits.
    """
    if not is_digits(digits):
        raise InvalidValueError("case_no_characters", "校验位只能由数字计算")
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def _day(text: str) -> date:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise InvalidValueError("case_no_day", "办件号中的日期无效") from None
