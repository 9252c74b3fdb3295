"""Worklists (待办): what a person's posts can take up, the most urgent first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import case as sql_case
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services.work import CaseWork
from extranet_zone.cases.states import State, is_concluded
from extranet_zone.cases.transitions import states_open_to
from extranet_zone.clocks.services.explain import left_of
from extranet_zone.clocks.states import ClockKind
from extranet_zone.clocks.working_time import Tone
from extranet_zone.grounds import require_ground
from extranet_zone.sheets import MAX_ROWS, Sheet
from kernel import audit
from kernel.clock import beijing_text, from_micros
from kernel.vocabulary.masks import mask_name
from kernel.vocabulary.normal import compact

PAGE_SIZE: Final = 50
MAX_PAGE: Final = 2000
"""Beyond this somebody is turning pages by program; the filters are for that."""


@dataclass(frozen=True, slots=True)
class WorklistQuery:
    """What somebody wants to see; an empty filter filters nothing.

    ``everything`` leaves the limits of one's own posts: looking is allowed, acting is not. Then the
    newest case comes first.
    """

    item: str = ""
    state: str = ""
    case_no: str = ""
    page: int = 1
    everything: bool = False
    claimed: str = ""
    """``mine``: taken up by oneself; ``nobody``: taken up by nobody."""
    unit_no: str = ""
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class ClockCell:
    """The clock of a row that ends first."""

    kind: str
    due: str
    left: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """One case on a worklist; the applicant is masked."""

    case_no: str
    item_title: str
    state: State
    unit_no: str
    location: str
    applicant: str
    received: str
    clock: ClockCell | None
    concluded: bool
    """Over for whoever applied: a clock that is not there has ended, not yet to begin."""
    claimed_by: str


@dataclass(frozen=True, slots=True)
class Worklist:
    """One page; ``has_next`` says whether another follows."""

    rows: tuple[WorklistRow, ...]
    page: int
    has_next: bool


def worklist(
    session: Session,
    work: CaseWork,
    actor: Actor,
    query: WorklistQuery,
    now: int,
    *,
    size: int = PAGE_SIZE,
) -> Worklist:
    """The cases of ``actor``'s authority that they can take up next, due first, then oldest.

    A page has ``size`` rows at most.
    """
    states = tuple(State) if query.everything else states_open_to(frozenset(actor.roles))
    if query.state:
        states = tuple(state for state in states if state.value == query.state)
    page = min(max(query.page, 1), MAX_PAGE)
    if not states:
        return Worklist((), page, has_next=False)
    mine = actor.authority or work.authority
    statement = (
        select(Case)
        .where(or_(Case.home_authority == mine, Case.collecting_authority == mine))
        .limit(size + 1)
        .offset((page - 1) * size)
    )
    if query.everything:
        statement = statement.order_by(Case.case_no.desc())
    else:
        # Portable "nulls last": not every database we must run on has the keyword.
        without_due = sql_case((Case.due_at.is_(None), 1), else_=0)
        statement = statement.order_by(without_due, Case.due_at, Case.received_at, Case.case_no)
    if len(states) == 1:
        # Said as equality, an index delivers the order; said as a list it would be sorted.
        statement = statement.where(Case.state == states[0])
    elif not query.everything:
        statement = statement.where(Case.state.in_(states))
    if query.item:
        statement = statement.where(Case.item_code == query.item)
    if query.claimed:
        owner = actor.login if query.claimed == "mine" else ""
        statement = statement.where(Case.claimed_by == owner)
    if query.unit_no:
        statement = statement.where(Case.unit_no == compact(query.unit_no).upper())
    if query.overdue:
        statement = statement.where(Case.due_at < now, Case.concluded_at.is_(None))
    prefix = compact(query.case_no).upper()
    if prefix:
        statement = statement.where(Case.case_no.startswith(prefix, autoescape=True))
    found = session.scalars(statement).all()
    return Worklist(
        rows=_rows(session, work, found[:size], now),
        page=page,
        has_next=len(found) > size,
    )


def export_worklist(
    session: Session,
    work: CaseWork,
    actor: Actor,
    query: WorklistQuery,
    ground: str,
    now: int,
) -> Sheet:
    """The whole worklist as a sheet, people masked as on the page; that it was taken is audited.

    Raises :class:`InvalidValueError` with code ``ground_missing``.
    """
    ground = require_ground(ground, "导出依据")
    found = worklist(session, work, actor, replace(query, page=1), now, size=MAX_ROWS)
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act="worklist.exported",
            object_kind="worklist",
            object_id="all" if query.everything else "mine",
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail={"ground": ground, "rows": len(found.rows)},
        ),
    )
    headings = ["办件号", "事项", "状态", "不动产单元号", "坐落", "申请人", "收到时间"]
    rows = [
        [
            row.case_no,
            row.item_title,
            row.state.label,
            row.unit_no,
            row.location,
            row.applicant,
            row.received,
            row.clock.kind if row.clock else "",
            row.clock.due if row.clock else "",
            row.clock.left if row.clock else "",
            row.claimed_by,
        ]
        for row in found.rows
    ]
    note = f"导出时间 {beijing_text(from_micros(now))}　{actor.login}　依据：{ground}"
    return Sheet(
        "办件", [*headings, "时限", "到期", "剩余", "承办"], rows, note, cut=found.has_next
    )


def _rows(
    session: Session, work: CaseWork, cases: Sequence[Case], now: int
) -> tuple[WorklistRow, ...]:
    # A page has few items and many cases: each title is asked for once.
    titles: dict[tuple[int, str], str] = {}
    for case in cases:
        if (case.edition, case.item_code) not in titles:
            titles[case.edition, case.item_code] = work.title_of(session, case)
    return tuple(_row(work, case, titles[case.edition, case.item_code], now) for case in cases)


def _row(work: CaseWork, case: Case, title: str, now: int) -> WorklistRow:
    return WorklistRow(
        case_no=case.case_no,
        item_title=title,
        state=case.state,
        unit_no=case.unit_no,
        location=case.location,
        applicant=mask_name(case.applicant),
        received=beijing_text(from_micros(case.received_at)),
        clock=_cell(work, case, now),
        concluded=is_concluded(case.state),
        claimed_by=case.claimed_by,
    )


def _cell(work: CaseWork, case: Case, now: int) -> ClockCell | None:
    if case.due_kind is None:
        return None
    at = now if case.concluded_at is None else case.concluded_at
    office_time = case.due_kind in (ClockKind.DECISION, ClockKind.CONTACT)
    left, tone = left_of(
        work.clocks.calendar, case.due_at, case.due_note, at, office_time=office_time
    )
    due = beijing_text(from_micros(case.due_at)) if case.due_at is not None else ""
    return ClockCell(case.due_kind.label, due, left, tone)
