"""The application beside the register, field by field; both sides masked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from extranet_zone.cases.ports import CaseView, RegisterFacts
from extranet_zone.catalogue.schema import Effect
from kernel.vocabulary.masks import mask_identity, mask_name
from kernel.vocabulary.normal import compact

_HOLDER_ROLES: Final[Mapping[Effect, tuple[str, ...]]] = {
    Effect.TRANSFER: ("transferor",),
    Effect.MORTGAGE: ("mortgagor",),
    Effect.HOLDER_CHANGE: ("holder",),
    Effect.UNIT_CHANGE: ("holder",),
    Effect.UNIT_DIVISION: ("holder",),
    Effect.RIGHT_CANCELLATION: ("holder",),
    Effect.REPLACEMENT: ("holder",),
    Effect.EASEMENT: ("obligor",),
    Effect.RESIDENCE: ("obligor",),
    Effect.ADVANCE_NOTICE: ("obligor",),
}
"""Who in the application should be who has the unit on the register; where an effect is not named,
nobody in the application need be."""


@dataclass(frozen=True, slots=True)
class ComparedField:
    """One field; ``agrees`` is nothing where there are not two values to compare."""

    label: str
    applied: str
    registered: str
    agrees: bool | None


def compare(case: CaseView, on_register: RegisterFacts | None) -> tuple[ComparedField, ...]:
    """Every field of the application that the register also has, then what else it says."""
    if on_register is None:
        return (ComparedField("不动产单元号", case.unit_no, "登记簿上没有", agrees=False),)
    fields = [ComparedField("不动产单元号", case.unit_no, on_register.unit_no, agrees=True)]
    roles = _HOLDER_ROLES.get(case.effect, ())
    if roles:
        parties = case.parties_as(*roles)
        # A change of particulars is meant to differ, so a difference there is no fault.
        judged = case.effect is not Effect.HOLDER_CHANGE
        names = {compact(party.name) for party in parties}
        registered_names = {compact(holder.name) for holder in on_register.holders}
        numbers = {compact(party.document_no).upper() for party in parties}
        registered_numbers = {compact(holder.document_no).upper() for holder in on_register.holders}
        fields += [
            ComparedField(
                "权利人",
                _listed(mask_name(party.name) for party in parties),
                _listed(mask_name(holder.name) for holder in on_register.holders),
                agrees=names == registered_names if judged else None,
            ),
            ComparedField(
                "权利人证件号码",
                _listed(mask_identity(party.document_no) for party in parties),
                _listed(mask_identity(holder.document_no) for holder in on_register.holders),
                agrees=numbers == registered_numbers if judged else None,
            ),
        ]
    fields += [
        ComparedField("坐落", "", on_register.location, agrees=None),
        ComparedField("用途", "", on_register.use, agrees=None),
        ComparedField("面积（平方米）", "", on_register.area or "", agrees=None),
        ComparedField("不动产权证号", "", on_register.certificate_no, agrees=None),
        ComparedField("抵押", "", f"{on_register.mortgages} 项", agrees=None),
        ComparedField("查封", "", f"{on_register.seizures} 项", agrees=None),
    ]
    return tuple(fields)


def _listed(values: Iterable[str]) -> str:
    return "、".join(values)
