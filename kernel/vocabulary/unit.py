"""The unit code of real estate (GB/T 37346-2019): 28 characters, no check digit.

Places are counted from one:

* 1-6 district, 7-9 cadastral area, 10-12 cadastral subarea;
* 13 ownership of the land, 14 feature of the parcel, 15-19 serial number of the parcel;
* 20 kind of fixture, 21-28 its number: building 21-24 and house 25-28, or eight zeros for none.

The letters are to be confirmed against the official text before a legal deployment.
"""

from dataclasses import dataclass
from typing import Final, Self

from kernel.errors import InvalidValueError
from kernel.vocabulary.coded import Coded
from kernel.vocabulary.districts import is_plausible
from kernel.vocabulary.normal import compact, is_digits

LENGTH: Final = 28
PARCEL_LENGTH: Final = 19
NO_FIXTURE: Final = "W00000000"
_LARGEST_PART: Final = 9999
_GROUPS: Final = (6, 9, 12, 14, 19, 20, 28)


class LandOwnership(Coded):
    """Place 13: whose land it is."""

    STATE = "G", "国家"
    COLLECTIVE = "J", "集体"
    DISPUTED = "Z", "争议"


class ParcelFeature(Coded):
    """Place 14: the right for which the parcel was cut."""

    OWNERSHIP = "A", "土地所有权"
    CONSTRUCTION_SURFACE = "B", "建设用地使用权（地表）"
    CONSTRUCTION_ABOVE = "S", "建设用地使用权（地上）"
    CONSTRUCTION_BELOW = "X", "建设用地使用权（地下）"
    HOMESTEAD = "C", "宅基地使用权"
    CONTRACTED_ARABLE = "D", "土地承包经营权（耕地）"
    FOREST_LAND = "E", "林地使用权"
    GRASSLAND = "F", "草原使用权"
    CONTRACTED_FOREST = "L", "林地承包经营权"
    AGRICULTURAL = "N", "农用地使用权"
    SEA_AREA = "H", "海域使用权"
    UNINHABITED_ISLAND = "G", "无居民海岛使用权"
    UNDETERMINED = "W", "使用权未确定"
    OTHER = "Y", "其他使用权"


class FixtureKind(Coded):
    """Place 20: what stands on the land."""

    HOUSE = "F", "房屋等建筑物、构筑物"
    FOREST = "L", "森林、林木"
    OTHER = "Q", "其他定着物"
    NONE = "W", "无定着物"


@dataclass(frozen=True, slots=True)
class UnitNo:
    """A well-formed unit code; that the unit is on the register is for the register to say."""

    text: str

    def __post_init__(self) -> None:
        _require_length(self.text)
        _require_characters(self.text)
        _require_parcel(self.text[:PARCEL_LENGTH])
        _require_fixture(self.text[PARCEL_LENGTH:])

    @classmethod
    def parse(cls, text: str) -> Self:
        """The code in ``text``; accepts spaces, full-width characters and small letters.

        Raises:
            InvalidValueError: ``unit_length``, ``unit_characters``, ``unit_district``,
                ``unit_cadastral``, ``unit_ownership``, ``unit_feature``, ``unit_serial`` or
                ``unit_fixture``.
        """
        return cls(compact(text).upper())

    @classmethod
    def of_parcel(cls, parcel_no: str) -> Self:
        """The unit that is the bare parcel of nineteen characters; raises as ``parse`` does."""
        return cls(compact(parcel_no).upper() + NO_FIXTURE)

    @classmethod
    def of_house(cls, parcel_no: str, building: int, house: int) -> Self:
        """The unit that is one house of one building on the parcel; raises as ``parse`` does."""
        if not (0 <= building <= _LARGEST_PART and 0 <= house <= _LARGEST_PART):
            raise InvalidValueError("unit_fixture", "幢号和户号应在0至9999之间")
        return cls(f"{compact(parcel_no).upper()}{FixtureKind.HOUSE}{building:04d}{house:04d}")

    def __str__(self) -> str:
        return self.text

    @property
    def district(self) -> str:
        """The county's division code, six digits."""
        return self.text[:6]

    @property
    def cadastral_area(self) -> str:
        """地籍区, three digits."""
        return self.text[6:9]

    @property
    def subarea(self) -> str:
        """地籍子区, three digits."""
        return self.text[9:12]

    @property
    def ownership(self) -> LandOwnership:
        """Whose land it is."""
        return LandOwnership(self.text[12])

    @property
    def parcel_feature(self) -> ParcelFeature:
        """The right for which the parcel was cut."""
        return ParcelFeature(self.text[13])

    @property
    def parcel_serial(self) -> int:
        """The parcel's number within its subarea and feature, from 1."""
        return int(self.text[14:19])

    @property
    def parcel_no(self) -> str:
        """宗地代码, the first nineteen characters."""
        return self.text[:PARCEL_LENGTH]

    @property
    def fixture(self) -> str:
        """定着物代码, the last nine characters."""
        return self.text[PARCEL_LENGTH:]

    @property
    def fixture_kind(self) -> FixtureKind:
        """What stands on the land."""
        return FixtureKind(self.text[19])

    @property
    def building(self) -> str | None:
        """幢号, four digits, when the fixture is a house."""
        return self.text[20:24] if self.fixture_kind is FixtureKind.HOUSE else None

    @property
    def house(self) -> str | None:
        """户号, four digits, when the fixture is a house; 0000 is the whole building."""
        return self.text[24:28] if self.fixture_kind is FixtureKind.HOUSE else None

    def grouped(self) -> str:
        """The code in the groups people read aloud: ``419001 001 001 GB 00001 F 00010001``."""
        starts = (0, *_GROUPS[:-1])
        return " ".join(self.text[a:b] for a, b in zip(starts, _GROUPS, strict=True))


def _require_length(text: str) -> None:
    if len(text) != LENGTH:
        raise InvalidValueError("unit_length", "不动产单元号应为28位")


def _require_characters(text: str) -> None:
    if not (text.isascii() and text.isalnum() and text == text.upper()):
        raise InvalidValueError("unit_characters", "不动产单元号只含数字和大写字母")


def _require_parcel(parcel: str) -> None:
    if not is_plausible(parcel[:6]):
        raise InvalidValueError("unit_district", "不动产单元号前6位不是有效的行政区划代码")
    if not is_digits(parcel[6:12]):
        raise InvalidValueError(
            "unit_cadastral", "不动产单元号第7至12位（地籍区、地籍子区）应为数字"
        )
    if not LandOwnership.has(parcel[12]):
        raise InvalidValueError("unit_ownership", "不动产单元号第13位（土地所有权类型）无效")
    if not ParcelFeature.has(parcel[13]):
        raise InvalidValueError("unit_feature", "不动产单元号第14位（宗地特征码）无效")
    if not is_digits(parcel[14:]) or int(parcel[14:]) == 0:
        raise InvalidValueError(
            "unit_serial", "不动产单元号第15至19位（宗地顺序号）应为00001至99999"
        )


def _require_fixture(fixture: str) -> None:
    if not FixtureKind.has(fixture[0]) or not is_digits(fixture[1:]):
        raise InvalidValueError("unit_fixture", "不动产单元号后9位（定着物代码）无效")
    if (fixture[0] == FixtureKind.NONE) != (int(fixture[1:]) == 0):
        raise InvalidValueError(
            "unit_fixture", "无定着物时后9位为W00000000，有定着物时其编号不能全为0"
        )
