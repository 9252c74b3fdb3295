"""The unified social credit code of organisations (GB 32100): eighteen characters with a check."""

from dataclasses import dataclass
from typing import Final, Self

from kernel.errors import InvalidValueError
from kernel.vocabulary.normal import compact, is_digits

LENGTH: Final = 18
ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Digits and capitals without I, O, S, V and Z, which are mistaken for digits or each other."""

_MODULUS: Final = 31
_WEIGHTS: Final = tuple(pow(3, place, _MODULUS) for place in range(LENGTH - 1))


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A well-formed code, upper case; that the organisation exists is for others to say."""

    text: str

    def __post_init__(self) -> None:
        _require_length(self.text)
        _require_characters(self.text)
        _require_region(self.text)
        _require_check_character(self.text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The code in ``text``; accepts spaces, full-width characters and small letters.

        Raises:
            InvalidValueError: ``credit_length``, ``credit_characters``, ``credit_region`` or
                ``credit_check``.
        """
        return cls(compact(text).upper())

    def __str__(self) -> str:
        return self.text

    @property
    def authority(self) -> str:
        """The registering authority and the kind of body, the first two characters."""
        return self.text[:2]

    @property
    def region(self) -> str:
        """The division code of the registering authority; 100000 stands for the state's own."""
        return self.text[2:8]

    @property
    def organisation_code(self) -> str:
        """The nine characters that were the organisation code before 2015."""
        return self.text[8:17]


def check_character(first17: str) -> str:
    """The eighteenth character that belongs to the first seventeen.

    Raises:
        InvalidValueError: ``credit_characters``; not seventeen characters of the alphabet.
    """
    if len(first17) != LENGTH - 1:
        raise InvalidValueError("credit_characters", "统一社会信用代码前17位长度不符")
    _require_characters(first17)
    total = sum(
        ALPHABET.index(character) * weight
        for character, weight in zip(first17, _WEIGHTS, strict=True)
    )
    return ALPHABET[-total % _MODULUS]


def _require_length(text: str) -> None:
    if len(text) != LENGTH:
        raise InvalidValueError("credit_length", "统一社会信用代码应为18位")


def _require_characters(text: str) -> None:
    if any(character not in ALPHABET for character in text):
        raise InvalidValueError(
            "credit_characters",
            "统一社会信用代码只含数字和大写字母，不使用I、O、S、V、Z",
        )


def _require_region(text: str) -> None:
    # Only digits are asked for: state bodies carry divisions that are no province.
    if not is_digits(text[2:8]):
        raise InvalidValueError("credit_region", "统一社会信用代码第3至8位必须是数字")


def _require_check_character(text: str) -> None:
    if check_character(text[:-1]) != text[-1]:
        raise InvalidValueError("credit_check", "统一社会信用代码校验位不符，请核对是否输错")
