"""One line of the stock (存量数据): its shape, and everything that can be wrong with it."""

import json
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kernel.errors import InvalidValueError
from kernel.vocabulary.dictionaries import OwnershipForm, RightType
from kernel.vocabulary.unit import UnitNo

MAX_LINE_BYTES: Final = 256 * 1024
MAX_HOLDERS: Final = 50

Text = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StockHolder(_Line):
    """A holder of the ownership."""

    name: Name
    document_type: Annotated[str, Field(pattern=r"^(1|2|3|4|5|6|7|99)$")]
    document_no: Annotated[str, Field(min_length=1, max_length=40)]
    share: Annotated[str, Field(pattern=r"^([1-9][0-9]{0,5}/[1-9][0-9]{0,5})?$")] = ""


class _Mortgage(_Line):
    mortgagee: Name
    amount_yuan: Annotated[Decimal, Field(gt=0, le=Decimal("1e13"), decimal_places=2)]
    certificate_no: Annotated[str, Field(min_length=1, max_length=64)]
    recorded_on: date
    excludes_transfer: bool = False


class StockRestriction(_Line):
    """A seizure, objection or advance notice."""

    kind: Literal["seizure", "objection", "advance_notice"]
    by: Name
    document: Annotated[str, Field(max_length=200)]
    recorded_on: date


class StockLine(_Line):
    """One unit of the stock with its rights and restrictions."""

    unit_no: str
    parcel_no: str
    location: Text
    use: Text
    area_m2: str | Decimal
    right_type: str
    certificate_no: Annotated[str, Field(min_length=1, max_length=64)]
    recorded_on: date
    holders: Annotated[list[StockHolder], Field(min_length=1, max_length=MAX_HOLDERS)]
    sharing: str
    mortgages: Annotated[list[_Mortgage], Field(max_length=MAX_HOLDERS)] = []
    restrictions: Annotated[list[StockRestriction], Field(max_length=MAX_HOLDERS)] = []
    nature: Annotated[str, Field(max_length=100)] = ""
    """权利性质, printed on the certificate."""
    term: Annotated[str, Field(max_length=200)] = ""
    """使用期限, printed on the certificate."""


def parse_line(raw: bytes) -> StockLine:
    """One line of the stock, checked.

    Raises :class:`InvalidValueError`: ``line_too_long``, ``line_not_json``, ``line_schema``,
    ``parcel_mismatch``, ``right_type_unknown``, ``sharing_unknown``, ``shares_sum``,
    ``area_invalid`` or what :meth:`UnitNo.parse` raises.
    """
    if len(raw) > MAX_LINE_BYTES:
        raise InvalidValueError("line_too_long", "该行过长")
    try:
        line = StockLine.model_validate(json.loads(raw, parse_float=Decimal))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidValueError("line_schema", f"字段 {where} 不正确", field=where) from None
    except ValueError:
        raise InvalidValueError("line_not_json", "该行不是有效的 JSON") from None
    unit_no = UnitNo.parse(line.unit_no)
    if line.unit_no != unit_no.text or line.parcel_no != unit_no.parcel_no:
        raise InvalidValueError("parcel_mismatch", "宗地代码与不动产单元号前19位不一致")
    if not RightType.has(line.right_type):
        raise InvalidValueError("right_type_unknown", "权利类型代码不在字典中")
    if not OwnershipForm.has(line.sharing):
        raise InvalidValueError("sharing_unknown", "共有方式代码不在字典中")
    _require_shares(line)
    area_text(line.area_m2)
    return line


def area_text(value: str | Decimal) -> str:
    """Square metres with two decimals.

    Raises :class:`InvalidValueError` with code ``area_invalid``.
    """
    try:
        area = Decimal(value)
        if not Decimal(0) <= area < Decimal("1e9") or area != round(area, 2):
            raise InvalidValueError("area_invalid", "面积应为不超过两位小数的平方米数")
    except InvalidOperation:
        raise InvalidValueError("area_invalid", "面积不是数字") from None
    return f"{area:.2f}"


def _require_shares(line: StockLine) -> None:
    if line.sharing != OwnershipForm.BY_SHARES:
        return
    if any(not holder.share for holder in line.holders):
        raise InvalidValueError("shares_sum", "按份共有须有每一共有人的份额")
    if sum(Fraction(holder.share) for holder in line.holders) != 1:
        raise InvalidValueError("shares_sum", "各共有人的份额之和不等于1")
