"""Searching the register: for a stated purpose only, and every look at a record is audited."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from extranet_zone.cases.ports import Actor
from extranet_zone.grounds import require_ground
from extranet_zone.register.history import state_at
from extranet_zone.register.models import RegisterEntry, Right, RightHolder, Seizure, Unit
from extranet_zone.register.services.addresses import narrowed
from extranet_zone.register.services.reading import unit_state
from extranet_zone.register.states import RightStatus
from extranet_zone.register.unit_state import UnitState
from kernel import audit
from kernel.errors import InvalidValueError, NotFoundError
from kernel.vocabulary.coded import Coded
from kernel.vocabulary.normal import compact
from kernel.vocabulary.unit import LENGTH as UNIT_NO_LENGTH

PAGE: Final = 50
MIN_WORD: Final = 2
MAX_WORDS: Final = 5


class Purpose(Coded):
    """查询目的: why a record is looked at; stands in the audit trail with the look."""

    CASE_WORK = "case_work", "办理登记业务"
    HOLDER_REQUEST = "holder_request", "权利人申请查询"
    INTERESTED_PARTY = "interested_party", "利害关系人申请查询"
    AUTHORITY_REQUEST = "authority_request", "有关国家机关依法查询"
    REMOTE_AUTHORITY = "remote_authority", "异地登记机构收件查验"
    CORRECTION = "correction", "核对更正登记数据"


class SearchBy(Coded):
    """What is searched for."""

    UNIT_NO = "unit_no", "不动产单元号"
    CERTIFICATE_NO = "certificate_no", "不动产权证书（登记证明）号"
    LOCATION = "location", "坐落"
    OWNER = "owner", "权利人姓名（名称）或证件号"


_SPACED: Final = frozenset({SearchBy.LOCATION, SearchBy.OWNER})


@dataclass(frozen=True, slots=True)
class FoundUnit:
    """A unit as a list shows it: nobody's name."""

    unit_no: str
    location: str
    use: str
    area: str


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks, why, and on what ground (case number, letter of introduction, court document)."""

    purpose: Purpose
    ground: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """What the register has of one unit: as it stands at ``at``, and how it came to that."""

    state: UnitState
    parcel_no: str
    at: int
    ended: Sequence[Right]
    ended_seizures: Sequence[Seizure]
    entries: Sequence[RegisterEntry]


def search(session: Session, by: SearchBy, text: str, look: Look) -> Sequence[FoundUnit]:
    """At most ``PAGE`` units; the search itself is audited.

    Raises :class:`InvalidValueError`: ``search_too_short`` (fewer than two characters a word),
    ``ground_missing`` (a search for a person without a ground).
    """
    words = text.strip() if by in _SPACED else compact(text)
    if len(words) < MIN_WORD:
        raise InvalidValueError("search_too_short", "请输入至少两个字的查询内容", field="text")
    if by is SearchBy.OWNER:
        require_ground(look.ground)
    statement = _STATEMENTS[by](words)
    if by is SearchBy.LOCATION:
        statement = narrowed(session, statement, words.split()[:MAX_WORDS])
    statement = statement.order_by(Unit.unit_no).limit(PAGE)
    found = [
        FoundUnit(unit.unit_no, unit.location, unit.use, unit.area)
        for unit in session.scalars(statement)
    ]
    audit_look(session, "register.search", by.value, look, found=len(found))
    return found


def open_unit(
    session: Session, unit_no: str, look: Look, at: int, *, act: str = "register.look"
) -> UnitRecord:
    """The record of one unit as it stands at ``at``, for ``look``, which is audited as ``act``.

    Raises :class:`NotFoundError` with code ``unit_unknown``.
    """
    unit = session.get(Unit, unit_no)
    now = unit_state(session, unit_no)
    if unit is None or now is None:
        raise NotFoundError("unit_unknown", "登记簿上没有该不动产单元")
    of_unit = select(RegisterEntry).where(RegisterEntry.unit_no == unit_no)
    until = session.scalar(
        of_unit.where(RegisterEntry.recorded_at <= at)
        .order_by(RegisterEntry.log_no.desc())
        .limit(1)
    )
    since = session.scalar(
        of_unit.where(RegisterEntry.recorded_at > at).order_by(RegisterEntry.log_no).limit(1)
    )
    ended = (
        select(Right)
        .where(Right.unit_no == unit_no, Right.status == RightStatus.ENDED, Right.ended_at <= at)
        .order_by(Right.ended_at.desc(), Right.id)
        .limit(4 * PAGE)
    )
    ended_seizures = (
        select(Seizure)
        .where(
            Seizure.unit_no == unit_no, Seizure.status == RightStatus.ENDED, Seizure.ended_at <= at
        )
        .order_by(Seizure.ended_at.desc(), Seizure.id)
        .limit(PAGE)
    )
    entries = (
        of_unit.where(RegisterEntry.recorded_at <= at)
        .order_by(RegisterEntry.log_no.desc())
        .limit(PAGE)
    )
    record = UnitRecord(
        state=state_at(until.after if until else None, since.before if since else None, now, at),
        parcel_no=unit.parcel_no,
        at=at,
        ended=session.scalars(ended).all(),
        ended_seizures=session.scalars(ended_seizures).all(),
        entries=session.scalars(entries).all(),
    )
    audit_look(session, act, unit_no, look)
    return record


def _by_unit_no(text: str) -> Select[Unit]:
    # Digits and capitals of one length sort alike in every collation: an index can serve this.
    wanted = text.upper()[:UNIT_NO_LENGTH]
    return select(Unit).where(
        Unit.unit_no.between(wanted.ljust(UNIT_NO_LENGTH, "0"), wanted.ljust(UNIT_NO_LENGTH, "Z"))
    )


def _by_certificate_no(text: str) -> Select[Unit]:
    # Numbers are stored with full-width brackets, people type either kind.
    wide = text.replace("(", "（").replace(")", "）")
    return select(Unit).where(
        Unit.unit_no.in_(select(Right.unit_no).where(Right.certificate_no.in_((text, wide))))
    )


def _by_location(text: str) -> Select[Unit]:
    words = text.split()[:MAX_WORDS]
    return select(Unit).where(*(Unit.location.contains(word, autoescape=True) for word in words))


def _by_owner(text: str) -> Select[Unit]:
    # A name, a document number, or both; each must be exact, so that an index serves it.
    words = text.split()[:MAX_WORDS]
    numbers = [word.upper() for word in words if any(map(str.isdigit, word))]
    names = [word for word in words if not any(map(str.isdigit, word))]
    conditions = []
    if names:
        conditions.append(RightHolder.name == " ".join(names))
    if numbers:
        conditions.append(RightHolder.document_no.in_(numbers))
    return _held_by(*conditions)


def units_owned(name: str, document_no: str) -> Select[Unit]:
    """The units in which somebody of exactly this name and number has a right in force."""
    return _held_by(RightHolder.name == name, RightHolder.document_no == document_no.upper())


def _held_by(*conditions: ColumnElement[bool]) -> Select[Unit]:
    rights = (
        select(Right.unit_no)
        .join(RightHolder, RightHolder.right_id == Right.id)
        .where(Right.status == RightStatus.CURRENT, *conditions)
    )
    return select(Unit).where(Unit.unit_no.in_(rights))


_STATEMENTS: Final = {
    SearchBy.UNIT_NO: _by_unit_no,
    SearchBy.CERTIFICATE_NO: _by_certificate_no,
    SearchBy.LOCATION: _by_location,
    SearchBy.OWNER: _by_owner,
}


def audit_look(session: Session, act: str, what: str, look: Look, found: int | None = None) -> None:
    """Keep that somebody looked, why, and how many were found where it was a search."""
    detail: dict[str, str | int | None] = {"purpose": look.purpose.value}
    if look.ground:
        detail["ground"] = look.ground
    if found is not None:
        detail["found"] = found
    audit.record(
        session,
        audit.AuditEntry(
            actor=look.actor.login,
            act=act,
            object_kind="register" if act == "register.search" else "unit",
            object_id=what,
            roles=tuple(sorted(look.actor.roles)),
            source=look.actor.source,
            detail=detail,
        ),
    )
