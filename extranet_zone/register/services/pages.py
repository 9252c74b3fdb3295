"""The record of a unit as its page shows it: words for codes, document numbers masked."""

import json
from dataclasses import dataclass

from extranet_zone.register.models import RegisterEntry, Right, RightKind
from extranet_zone.register.services.search import UnitRecord
from kernel.vocabulary.coded import Coded
from kernel.vocabulary.dictionaries import (
    DocumentKind,
    MortgageKind,
    OwnershipForm,
    RegistrationType,
    RightType,
)
from kernel.vocabulary.masks import mask_identity
from kernel.vocabulary.normal import is_digits
from kernel.vocabulary.unit import UnitNo


@dataclass(frozen=True, slots=True)
class HolderShown:
    """A holder with the number of the document masked."""

    name: str
    document: str
    share: str


@dataclass(frozen=True, slots=True)
class RightShown:
    """A right in words; instants are microseconds UTC."""

    title: str
    certificate_no: str
    sharing: str
    holders: tuple[HolderShown, ...]
    facts: tuple[tuple[str, str], ...]
    recorded_at: int
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class EntryShown:
    """An entry in words."""

    log_no: int
    case_no: str
    unit_no: str
    effect: str
    registration: str
    right: str
    certificate_no: str
    recorder: str
    recorded_at: int


@dataclass(frozen=True, slots=True)
class RestrictionShown:
    """A restriction in words."""

    kind: str
    requested_by: str
    document: str
    recorded_at: int
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class UnitPage:
    """Everything a unit's page shows."""

    unit_no: str
    grouped: str
    facts: tuple[tuple[str, str], ...]
    current: tuple[RightShown, ...]
    ended: tuple[RightShown, ...]
    restrictions: tuple[RestrictionShown, ...]
    entries: tuple[EntryShown, ...]


def unit_page(record: UnitRecord) -> UnitPage:
    """The page of ``record``."""
    unit = record.unit
    facts = [
        ("坐落", unit.location),
        ("宗地代码", unit.parcel_no),
        ("用途", unit.use),
        ("面积", f"{unit.area} 平方米"),
        ("权利性质", unit.nature),
        ("使用期限", unit.term),
    ]
    return UnitPage(
        unit_no=unit.unit_no,
        grouped=UnitNo(unit.unit_no).grouped(),
        facts=tuple((label, text) for label, text in facts if text),
        current=tuple(_right(right) for right in record.current),
        ended=tuple(_right(right) for right in record.ended),
        restrictions=tuple(
            RestrictionShown(
                row.kind.label, row.requested_by, row.document, row.recorded_at, row.ended_at
            )
            for row in record.restrictions
        ),
        entries=tuple(entry_shown(entry) for entry in record.entries),
    )


def entry_shown(entry: RegisterEntry) -> EntryShown:
    """One entry in words."""
    return EntryShown(
        log_no=entry.log_no,
        case_no=entry.case_no,
        unit_no=entry.unit_no,
        effect=entry.effect.label,
        registration=_label(RegistrationType, entry.registration_type),
        right=_label(RightType, entry.right_type),
        certificate_no=entry.certificate_no,
        recorder=entry.recorder_name,
        recorded_at=entry.recorded_at,
    )


def _right(right: Right) -> RightShown:
    is_mortgage = right.kind is RightKind.MORTGAGE
    return RightShown(
        title="抵押权" if is_mortgage else _label(RightType, right.right_type),
        certificate_no=right.certificate_no,
        sharing="" if is_mortgage else _label(OwnershipForm, right.sharing),
        holders=tuple(
            HolderShown(
                holder.name,
                f"{_label(DocumentKind, holder.document_type)} {mask_identity(holder.document_no)}"
                if holder.document_no
                else "",
                holder.share,
            )
            for holder in right.holders
        ),
        facts=tuple(_facts(json.loads(right.facts))),
        recorded_at=right.recorded_at,
        ended_at=right.ended_at,
    )


def _facts(facts: dict[str, str]) -> list[tuple[str, str]]:
    amount = facts.get("amount_fen", "")
    known = [
        ("登记原因", facts.get("reason", "")),
        ("金额", _yuan(int(amount)) if is_digits(amount) else ""),
        ("抵押方式", _label(MortgageKind, facts.get("mortgage_kind", ""))),
        ("债务履行起", facts.get("debt_from", "")),
        ("债务履行止", facts.get("debt_to", "")),
        ("转让约定", "约定禁止或限制转让" if facts.get("transfer_excluded") == "1" else ""),
        ("原证号", facts.get("former_certificate_no", "")),
    ]
    return [(label, text) for label, text in known if text]


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d} 元"


def _label(dictionary: type[Coded], code: str) -> str:
    return dictionary(code).label if dictionary.has(code) else code
