"""Administrative division codes (GB/T 2260): the provinces, and the cities of Henan."""

from dataclasses import dataclass
from typing import Final, Self

from kernel.errors import InvalidValueError
from kernel.vocabulary.normal import compact, is_digits

_CODE_LENGTH: Final = 6
_COUNTIES_UNDER_PROVINCE: Final = "90"

_PROVINCES_BY_REGION: Final = {
    "1": "12345",
    "2": "123",
    "3": "1234567",
    "4": "123456",
    "5": "01234",
    "6": "12345",
    "7": "1",
    "8": "123",
}
PROVINCE_PREFIXES: Final = frozenset(
    region + digit for region, digits in _PROVINCES_BY_REGION.items() for digit in digits
)
"""First two digits in use; 83 is the prefix of residence permits for people from Taiwan."""

PROVINCE_ABBREVIATIONS: Final = frozenset(
    "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川蜀贵黔云滇藏陕秦甘陇青宁新港澳台国"
)
"""First character of a certificate number; 国 stands for the ministry's own registrations."""


@dataclass(frozen=True, slots=True)
class District:
    """One division: six digits and the name people write."""

    code: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The city of Henan, or Henan itself, that has this code.

        Raises:
            InvalidValueError: ``district_unknown``; no city of the province has it.
        """
        code = compact(text)
        for known, name in _HENAN:
            if known == code:
                return cls(known, name)
        raise InvalidValueError("district_unknown", "不是河南省或省内市的行政区划代码")

    def __str__(self) -> str:
        return self.code

    @property
    def label(self) -> str:
        """The name people write."""
        return self.name

    @property
    def is_province(self) -> bool:
        """Whether it is the province, not one of its cities."""
        return self.code.endswith("0000")


_HENAN: Final = (
    ("410000", "河南省"),
    ("410100", "郑州市"),
    ("410200", "开封市"),
    ("410300", "洛阳市"),
    ("410400", "平顶山市"),
    ("410500", "安阳市"),
    ("410600", "鹤壁市"),
    ("410700", "新乡市"),
    ("410800", "焦作市"),
    ("410900", "濮阳市"),
    ("411000", "许昌市"),
    ("411100", "漯河市"),
    ("411200", "三门峡市"),
    ("411300", "南阳市"),
    ("411400", "商丘市"),
    ("411500", "信阳市"),
    ("411600", "周口市"),
    ("411700", "驻马店市"),
    ("419001", "济源市"),
)

HENAN: Final = District("410000", "河南省")
JIYUAN: Final = District("419001", "济源市")
CITIES: Final = tuple(District(code, name) for code, name in _HENAN[1:])
"""The cities whose windows take part in 全豫通办."""


def is_plausible(code: str) -> bool:
    """Whether ``code`` is six digits that begin with a province in use."""
    return len(code) == _CODE_LENGTH and is_digits(code) and code[:2] in PROVINCE_PREFIXES


def city_of(code: str) -> District:
    """The city of Henan to which a county's or a city's code belongs.

    Raises:
        InvalidValueError: ``district_unknown``; the code is not of a city of the province.
    """
    county = compact(code)
    if not is_plausible(county) or county == HENAN.code:
        raise InvalidValueError("district_unknown", "行政区划代码不属于河南省内的市")
    if county[2:4] == _COUNTIES_UNDER_PROVINCE:
        return District.parse(county)
    return District.parse(county[:4] + "00")
