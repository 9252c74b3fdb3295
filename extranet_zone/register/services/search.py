"""Searching the register: for a stated purpose only, and every look at a record is audited."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from extranet_zone.cases.ports import Actor
from extranet_zone.register.models import RegisterEntry, Restriction, Right, RightStatus, Unit
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
    CORRECTION = "correction", "核对更正登记数据"


class SearchBy(Coded):
    """What is searched for."""

    UNIT_NO = "unit_no", "不动产单元号"
    CERTIFICATE_NO = "certificate_no", "不动产权证书（登记证明）号"
    LOCATION = "location", "坐落"


@dataclass(frozen=True, slots=True)
class FoundUnit:
    """A unit as a list shows it: nobody's name."""

    unit_no: str
    location: str
    use: str
    area: str


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """Everything the register has of one unit, with its history, for a page."""

    unit: Unit
    current: Sequence[Right]
    ended: Sequence[Right]
    restrictions: Sequence[Restriction]
    entries: Sequence[RegisterEntry]


def search(
    session: Session, by: SearchBy, text: str, purpose: Purpose, actor: Actor
) -> Sequence[FoundUnit]:
    """At most ``PAGE`` units; the search itself is audited.

    Raises :class:`InvalidValueError`: ``search_too_short`` (fewer than two characters a word).
    """
    words = compact(text) if by is not SearchBy.LOCATION else text.strip()
    if len(words) < MIN_WORD:
        raise InvalidValueError("search_too_short", "请输入至少两个字的查询内容", field="text")
    statement = _STATEMENTS[by](words).order_by(Unit.unit_no).limit(PAGE)
    found = [
        FoundUnit(unit.unit_no, unit.location, unit.use, unit.area)
        for unit in session.scalars(statement)
    ]
    _audit(session, "register.search", by.value, purpose, actor, found=len(found))
    return found


def open_unit(session: Session, unit_no: str, purpose: Purpose, actor: Actor) -> UnitRecord:
    """The record of one unit; that it was looked at, by whom and why, is audited.

    Raises :class:`NotFoundError` with code ``unit_unknown``.
    """
    unit = session.get(Unit, unit_no)
    if unit is None:
        raise NotFoundError("unit_unknown", "登记簿上没有该不动产单元")
    rights = session.scalars(
        select(Right)
        .where(Right.unit_no == unit_no)
        .order_by(Right.recorded_at.desc(), Right.id)
        .limit(4 * PAGE)
    ).all()
    restrictions = session.scalars(
        select(Restriction)
        .where(Restriction.unit_no == unit_no)
        .order_by(Restriction.recorded_at, Restriction.id)
        .limit(PAGE)
    ).all()
    entries = session.scalars(
        select(RegisterEntry)
        .where(RegisterEntry.unit_no == unit_no)
        .order_by(RegisterEntry.log_no.desc())
        .limit(PAGE)
    ).all()
    _audit(session, "register.look", unit_no, purpose, actor)
    return UnitRecord(
        unit,
        [right for right in rights if right.status is RightStatus.CURRENT],
        [right for right in rights if right.status is RightStatus.ENDED],
        restrictions,
        entries,
    )


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


_STATEMENTS: Final = {
    SearchBy.UNIT_NO: _by_unit_no,
    SearchBy.CERTIFICATE_NO: _by_certificate_no,
    SearchBy.LOCATION: _by_location,
}


def _audit(
    session: Session, act: str, what: str, purpose: Purpose, actor: Actor, found: int | None = None
) -> None:
    detail: dict[str, str | int | None] = {"purpose": purpose.value}
    if found is not None:
        detail["found"] = found
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act=act,
            object_kind="unit" if found is None else "register",
            object_id=what,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail=detail,
        ),
    )
