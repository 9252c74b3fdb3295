"""The record of a unit as pages and extracts show it: words for codes, people masked by default."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from extranet_zone.register.lapse import REGISTRABLE_ON, SUIT, last_day
from extranet_zone.register.models import RegisterEntry, Right, Seizure
from extranet_zone.register.services.log import registration_label, right_label
from extranet_zone.register.services.reading import right_state, seizure_state
from extranet_zone.register.services.search import UnitRecord
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import Holder, RightState, SeizureState
from kernel.vocabulary.coded import Coded
from kernel.vocabulary.dictionaries import (
    AdvanceNoticeKind,
    DocumentKind,
    HolderKind,
    MortgageKind,
    OwnershipForm,
)
from kernel.vocabulary.masks import mask_identity, mask_name
from kernel.vocabulary.normal import is_digits
from kernel.vocabulary.unit import UnitNo

_NAMED: Final = frozenset(
    {HolderKind.COMPANY, HolderKind.PUBLIC_INSTITUTION, HolderKind.STATE_ORGAN}
)
"""Who is no natural person: their names are not masked."""


@dataclass(frozen=True, slots=True)
class HolderShown:
    """A holder; name and number masked unless the page was asked for on a ground."""

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
class SeizureShown:
    """A seizure in words; ``place`` counts the queue from one, where the first is in effect."""

    place: int
    kind: str
    court: str
    document_no: str
    court_case_no: str
    arrived_at: int
    term: str
    in_effect: bool
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class UnitPage:
    """Everything a unit's page shows."""

    unit_no: str
    grouped: str
    at: int
    masked: bool
    facts: tuple[tuple[str, str], ...]
    current: tuple[RightShown, ...]
    ended: tuple[RightShown, ...]
    seizures: tuple[SeizureShown, ...]
    ended_seizures: tuple[SeizureShown, ...]
    entries: tuple[EntryShown, ...]
    predecessors: tuple[str, ...]
    successors: tuple[str, ...]


def unit_page(record: UnitRecord, *, masked: bool = True) -> UnitPage:
    """The page of ``record``."""
    unit = record.state
    facts = [
        ("坐落", unit.location),
        ("宗地代码", record.parcel_no),
        ("用途", unit.use),
        ("面积", f"{unit.area} 平方米" if unit.area else ""),
        ("权利性质", unit.nature),
        ("使用期限", unit.term),
    ]
    return UnitPage(
        unit_no=unit.unit_no,
        grouped=UnitNo(unit.unit_no).grouped(),
        at=record.at,
        masked=masked,
        facts=tuple((label, text) for label, text in facts if text),
        current=tuple(_right(right, None, masked=masked) for right in unit.rights),
        ended=_ended(record.ended, masked=masked),
        seizures=_each(unit.seizures, _seizure),
        ended_seizures=tuple(_ended_seizure(row) for row in record.ended_seizures),
        entries=tuple(entry_shown(entry) for entry in record.entries),
        predecessors=unit.predecessors,
        successors=unit.successors,
    )


def entry_shown(entry: RegisterEntry) -> EntryShown:
    """One entry in words."""
    return EntryShown(
        log_no=entry.log_no,
        case_no=entry.case_no,
        unit_no=entry.unit_no,
        effect=entry.effect.label,
        registration=registration_label(entry.registration_type),
        right=right_label(entry.about, entry.right_type),
        certificate_no=entry.certificate_no,
        recorder=entry.recorder_name,
        recorded_at=entry.recorded_at,
    )


def _ended(rows: Sequence[Right], *, masked: bool) -> tuple[RightShown, ...]:
    return tuple(_right(right_state(row), row.ended_at, masked=masked) for row in rows)


def _each(
    seizures: Sequence[SeizureState], show: Callable[[SeizureState, int], SeizureShown]
) -> tuple[SeizureShown, ...]:
    return tuple(show(seizure, place) for place, seizure in enumerate(seizures, 1))


def _seizure(seizure: SeizureState, place: int) -> SeizureShown:
    if seizure.term_to:
        term = f"{seizure.term_from} 至 {seizure.term_to}"
    elif seizure.kind.is_queued and seizure.term_months:
        term = f"转为查封之日起 {seizure.term_months} 个月"
    else:
        term = "未载明"
    return SeizureShown(
        place=place,
        kind=seizure.kind.label,
        court=seizure.court,
        document_no=seizure.document_no,
        court_case_no=seizure.court_case_no,
        arrived_at=seizure.arrived_at,
        term=term,
        in_effect=not seizure.kind.is_queued,
        ended_at=None,
    )


def _ended_seizure(row: Seizure) -> SeizureShown:
    shown = _seizure(seizure_state(row), 0)
    return SeizureShown(
        place=0,
        kind=shown.kind,
        court=shown.court,
        document_no=shown.document_no,
        court_case_no=shown.court_case_no,
        arrived_at=shown.arrived_at,
        term=shown.term,
        in_effect=False,
        ended_at=row.ended_at,
    )


def _right(right: RightState, ended_at: int | None, *, masked: bool) -> RightShown:
    owns = right.kind is RightKind.OWNERSHIP
    return RightShown(
        title=right_label(right.kind.value, right.right_type),
        certificate_no=right.certificate_no,
        sharing=_label(OwnershipForm, right.sharing) if owns else "",
        holders=tuple(_holder(holder, masked=masked) for holder in right.holders),
        facts=tuple(_facts(right)),
        recorded_at=right.recorded_at,
        ended_at=ended_at,
    )


def _holder(holder: Holder, *, masked: bool) -> HolderShown:
    number = mask_identity(holder.document_no) if masked else holder.document_no
    is_person = holder.kind not in _NAMED
    return HolderShown(
        mask_name(holder.name) if masked and is_person else holder.name,
        f"{_label(DocumentKind, holder.document_type)} {number}" if holder.document_no else "",
        holder.share,
    )


def _facts(right: RightState) -> list[tuple[str, str]]:
    facts, amount = right.facts, right.facts.get("amount_fen", "")
    lapses = last_day(right)
    known = [
        ("登记原因", facts.get("reason", "")),
        ("金额", _yuan(int(amount)) if is_digits(amount) else ""),
        ("抵押方式", _label(MortgageKind, facts.get("mortgage_kind", ""))),
        ("债务履行起", facts.get("debt_from", "")),
        ("债务履行止", facts.get("debt_to", "")),
        ("转让约定", "约定禁止或限制转让" if facts.get("transfer_excluded") == "1" else ""),
        ("预告种类", _label(AdvanceNoticeKind, facts.get("notice_kind", ""))),
        ("可办理登记之日", facts.get(REGISTRABLE_ON, "")),
        ("需役地单元号", facts.get("dominant_unit_no", "")),
        ("内容", facts.get("content", "")),
        ("期限", facts.get("period", "")),
        ("文号", facts.get("document_no", "")),
        ("起诉材料", facts.get(SUIT, "")),
        ("最后有效日", lapses.isoformat() if lapses else ""),
        ("原证号", facts.get("former_certificate_no", "")),
    ]
    return [(label, text) for label, text in known if text]


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d} 元"


def _label(dictionary: type[Coded], code: str) -> str:
    return dictionary(code).label if dictionary.has(code) else code
