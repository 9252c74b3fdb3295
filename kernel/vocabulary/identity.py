"""The citizen's identity number (GB 11643): eighteen characters with a check digit."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from kernel.errors import InvalidValueError
from kernel.vocabulary.districts import is_plausible
from kernel.vocabulary.masks import mask_identity
from kernel.vocabulary.normal import compact, is_digits

LENGTH: Final = 18
EARLIEST_BIRTH_YEAR: Final = 1800
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS: Final = "10X98765432"


@dataclass(frozen=True, slots=True, repr=False)
class IdentityNumber:
    """A well-formed number, upper case; that the person exists is for the police to say.

    ``repr`` is masked so that a log or a traceback never shows the number.
    """

    text: str

    def __post_init__(self) -> None:
        _require_length(self.text)
        _require_characters(self.text)
        _require_region(self.text)
        _birth(self.text)
        _require_check_digit(self.text)

    @classmethod
    def parse(cls, text: str, *, today: date | None = None) -> Self:
        """The number in ``text``; accepts spaces, full-width characters and a small x.

        With ``today`` the birth date must not lie after it.

        Raises:
            InvalidValueError: ``identity_length``, ``identity_characters``, ``identity_region``,
                ``identity_birth`` or ``identity_check``.
        """
        number = cls(compact(text).upper())
        if today is not None and number.birth > today:
            raise InvalidValueError("identity_birth", "身份证号码中的出生日期晚于今天")
        return number

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"IdentityNumber({mask_identity(self.text)})"

    @property
    def birth(self) -> date:
        """The date of birth that the number states."""
        return _birth(self.text)

    @property
    def is_male(self) -> bool:
        """Whether the order number is odd."""
        return int(self.text[16]) % 2 == 1

    def age(self, today: date) -> int:
        """Full years on ``today``; the day of birth completes a year."""
        birth = self.birth
        not_yet = (today.month, today.day) < (birth.month, birth.day)
        return today.year - birth.year - not_yet


def check_digit(first17: str) -> str:
    """The eighteenth character that belongs to the first seventeen digits.

    Raises:
        InvalidValueError: ``identity_characters``; not exactly seventeen digits.
    """
    if len(first17) != LENGTH - 1 or not is_digits(first17):
        raise InvalidValueError("identity_characters", "身份证号码前17位必须是数字")
    total = sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True))
    return _CHECK_DIGITS[total % 11]


def _require_length(text: str) -> None:
    if len(text) != LENGTH:
        raise InvalidValueError("identity_length", "身份证号码应为18位")


def _require_characters(text: str) -> None:
    if not is_digits(text[:-1]) or not (is_digits(text[-1]) or text[-1] == "X"):
        raise InvalidValueError("identity_characters", "身份证号码前17位必须是数字，末位是数字或X")


def _require_region(text: str) -> None:
    if not is_plausible(text[:6]):
        raise InvalidValueError("identity_region", "身份证号码前6位不是有效的行政区划代码")


def _birth(text: str) -> date:
    try:
        birth = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        raise InvalidValueError("identity_birth", "身份证号码中的出生日期无效") from None
    if birth.year < EARLIEST_BIRTH_YEAR:
        raise InvalidValueError("identity_birth", "身份证号码中的出生日期过早")
    return birth


def _require_check_digit(text: str) -> None:
    if check_digit(text[:-1]) != text[-1]:
        raise InvalidValueError("identity_check", "身份证号码校验位不符，请核对是否输错")
