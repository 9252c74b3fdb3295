"""Numbers of the title certificate and the registration certificate.

豫（2021）济源市不动产权第0000001号 and 豫（2021）济源市不动产证明第0000001号: the province,
the year of recording, the authority, and seven digits counted per year, authority and kind. The
shape is to be confirmed against the official text before a legal deployment.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from kernel.errors import InvalidValueError
from kernel.vocabulary.districts import PROVINCE_ABBREVIATIONS
from kernel.vocabulary.normal import compact

EARLIEST_YEAR: Final = 2015
"""The year in which unified registration began; older certificates have other shapes."""

LATEST_YEAR: Final = 2999
LARGEST_SERIAL: Final = 9_999_999
_AUTHORITY: Final = re.compile(r"[\u4e00-\u9fff]{1,20}")
# `compact` has made full-width brackets half-width.
_SHAPE: Final = re.compile(
    r"(?P<province>[\u4e00-\u9fff])\((?P<year>[0-9]{4})\)(?P<authority>[\u4e00-\u9fff]{1,20})"
    r"不动产(?P<kind>权|证明)第(?P<serial>[0-9]{7})号"
)


class CertificateKind(StrEnum):
    """Which of the two certificates."""

    TITLE = "title"
    REGISTRATION = "registration"

    @property
    def label(self) -> str:
        """The name of the document."""
        return _LABELS[self]

    @property
    def word(self) -> str:
        """How the number names the kind."""
        return _WORDS[self]


_LABELS: Final = {
    CertificateKind.TITLE: "不动产权证书",
    CertificateKind.REGISTRATION: "不动产登记证明",
}
_WORDS: Final = {CertificateKind.TITLE: "不动产权", CertificateKind.REGISTRATION: "不动产证明"}


@dataclass(frozen=True, slots=True)
class CertificateNo:
    """A well-formed certificate number; ``str`` is the form printed on the certificate."""

    province_abbreviation: str
    year: int
    authority: str
    kind: CertificateKind
    serial: int

    def __post_init__(self) -> None:
        if (
            len(self.province_abbreviation) != 1
            or self.province_abbreviation not in PROVINCE_ABBREVIATIONS
        ):
            raise InvalidValueError("certificate_province", "证号首字不是省、自治区、直辖市简称")
        if not EARLIEST_YEAR <= self.year <= LATEST_YEAR:
            raise InvalidValueError("certificate_year", "证号年份无效，不动产证自2015年起颁发")
        if not _AUTHORITY.fullmatch(self.authority) or "不动产" in self.authority:
            raise InvalidValueError("certificate_authority", "证号中的登记机构名称无效")
        if not 1 <= self.serial <= LARGEST_SERIAL:
            raise InvalidValueError("certificate_serial", "证号顺序号应为0000001至9999999")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The number in ``text``; accepts half-width brackets, spaces and full-width digits.

        Raises:
            InvalidValueError: ``certificate_shape`` when it does not read as a number at all, or
                ``certificate_province``, ``certificate_year``, ``certificate_authority`` or
                ``certificate_serial``.
        """
        match = _SHAPE.fullmatch(compact(text))
        if match is None:
            raise InvalidValueError(
                "certificate_shape", "证号格式应如：豫（2021）济源市不动产权第0000001号"
            )
        title = match["kind"] == "权"
        return cls(
            province_abbreviation=match["province"],
            year=int(match["year"]),
            authority=match["authority"],
            kind=CertificateKind.TITLE if title else CertificateKind.REGISTRATION,
            serial=int(match["serial"]),
        )

    def __str__(self) -> str:
        return (
            f"{self.province_abbreviation}（{self.year}）{self.authority}"
            f"{self.kind.word}第{self.serial:07d}号"
        )
