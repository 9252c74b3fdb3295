"""Invented people and organisations; their numbers are well-formed and nobody's.

Invented identity numbers begin with :data:`NOBODY_REGION`, under which no card is issued.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from kernel.vocabulary.credit import check_character
from kernel.vocabulary.identity import check_digit

NOBODY_REGION: Final = "419000"
"""The heading of Henan's counties without a city above them; no person's number begins with it."""
_FAMILY: Final = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余"
_GIVEN: Final = "样禾岚沐澄晗予知若安景行怀瑾云舒子衿清越嘉言听澜书砚听雪予墨星野南乔知夏青禾"
_GENERATION: Final = "一文明思永承德志家国春秋建新"
_BORN_FROM: Final = date(1950, 1, 1)
_BORN_DAYS: Final = 52 * 365


@dataclass(frozen=True, slots=True)
class Organisation:
    """An invented organisation with a well-formed credit code."""

    name: str
    credit_code: str


def invented_name(random: Random) -> str:
    """A name of two or three characters."""
    middle = random.choice(_GENERATION) if random.random() < 0.7 else ""
    return random.choice(_FAMILY) + middle + random.choice(_GIVEN)


def invented_identity(random: Random) -> str:
    """An identity number with valid birth date and check digit, which is nobody's."""
    born = _BORN_FROM + timedelta(days=int(random.random() * _BORN_DAYS))
    return identity_of(born, int(random.random() * 999) + 1)


def identity_of(born: date, order: int) -> str:
    """The number of the ``order``-th invented person born on that day."""
    first17 = f"{NOBODY_REGION}{born:%Y%m%d}{order:03d}"
    return first17 + check_digit(first17)


def _bank(name: str, number: int) -> Organisation:
    first17 = f"91{NOBODY_REGION}5AMPLE00{number}"
    return Organisation(name, first17 + check_character(first17))


BANKS: Final = (
    _bank("济源样例农村商业银行股份有限公司", 1),
    _bank("样例银行股份有限公司济源分行", 2),
    _bank("样例邮政储蓄银行股份有限公司济源市支行", 3),
    _bank("样例城市商业银行股份有限公司济源支行", 4),
)
"""The mortgagees of the samples."""
