"""Mobile numbers of the mainland: eleven digits."""

import re
from dataclasses import dataclass
from typing import Final, Self

from kernel.errors import InvalidValueError
from kernel.vocabulary.masks import mask_phone
from kernel.vocabulary.normal import compact, is_digits

LENGTH: Final = 11
_COUNTRY_CODE: Final = re.compile(r"^(\+|00)86")
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")


@dataclass(frozen=True, slots=True, repr=False)
class PhoneNo:
    """A well-formed mobile number; ``repr`` is masked so that logs never show it."""

    text: str

    def __post_init__(self) -> None:
        if not is_digits(self.text):
            raise InvalidValueError("phone_characters", "手机号码只能是数字")
        if len(self.text) != LENGTH:
            raise InvalidValueError("phone_length", "手机号码应为11位")
        if not _MOBILE.fullmatch(self.text):
            raise InvalidValueError("phone_prefix", "不是有效的手机号段")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The number in ``text``; accepts +86, 0086, spaces, hyphens and full-width digits.

        Raises:
            InvalidValueError: ``phone_characters``, ``phone_length`` or ``phone_prefix``.
        """
        return cls(_COUNTRY_CODE.sub("", compact(text).replace("-", "")))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"PhoneNo({mask_phone(self.text)})"
