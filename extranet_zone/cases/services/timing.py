"""What an act does to the clocks of its case, and the due moment that worklists are ordered by."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.rules import ClockEffect, rule_of
from extranet_zone.cases.services.work import CaseWork
from extranet_zone.cases.states import Action, State, is_concluded
from extranet_zone.clocks.services import Subject
from extranet_zone.clocks.states import ClockKind, ClockVerb
from extranet_zone.clocks.working_time import count_working_days
from kernel.clock import from_micros, to_micros


def apply_clocks(
    session: Session,
    work: CaseWork,
    case: Case,
    action: Action,
    target: State,
    actor: Actor,
    note: str,
    now: int,
) -> None:
    """Start, pause, resume and end clocks as the act's rule says."""
    for effect in rule_of(action).clocks:
        if effect.into is None or effect.into is target:
            _apply(session, work, case, action, effect, actor, note, now)
    refresh_due(session, work, case, target)


def refresh_due(session: Session, work: CaseWork, case: Case, state: State) -> None:
    """Copy the clock that ends first to the case; a concluded case keeps what it had."""
    found = work.clocks.next_due(session, case.case_no)
    if found is not None:
        case.due_kind, case.clock_from = found.kind, found.started_at
        case.due_at, case.due_note = found.due_at, found.note
    elif not is_concluded(state) and case.due_kind not in (None, ClockKind.HANDLING):
        case.due_kind = case.clock_from = case.due_at = None
        case.due_note = ""


def recount(session: Session, work: CaseWork) -> int:
    """Count every running clock again, as after a new calendar; answers how many cases changed."""
    changed = work.clocks.recompute(session)
    for case_no in sorted(changed):
        case = session.get(Case, case_no)
        if case is not None:
            refresh_due(session, work, case, case.state)
    for case in session.scalars(
        select(Case).where(Case.announced_at.is_not(None), Case.announced_until.is_(None))
    ):
        announce(session, work, case)
    return len(changed)


def announce(session: Session, work: CaseWork, case: Case) -> None:
    """When the announcement ends; nothing while the calendar does not reach so far."""
    days = work.item_of(session, case).flow.announcement_working_days
    if case.announced_at is None:
        return
    count = count_working_days(work.clocks.calendar, from_micros(case.announced_at), days)
    case.announced_until = to_micros(count.due) if count.due is not None else None


def start_clock(session: Session, work: CaseWork, case: Case, kind: ClockKind, now: int) -> None:
    """Start one clock of the case; the item's promise is its length where the rule asks for it."""
    item = work.item_of(session, case)
    days = item.promised_working_days
    if kind is ClockKind.HANDLING:
        case.accepted_at, case.promised_days = now, days
    subject = Subject(case.case_no, case.item_code, case.home_authority)
    if kind is ClockKind.POST_PAPER:
        subject = Subject(case.case_no, case.item_code, case.collecting_authority)
    work.clocks.start(session, subject, kind, now, days=days)


def _apply(
    session: Session,
    work: CaseWork,
    case: Case,
    action: Action,
    effect: ClockEffect,
    actor: Actor,
    note: str,
    now: int,
) -> None:
    clocks, key, kind = work.clocks, case.case_no, effect.kind
    match effect.verb:
        case ClockVerb.START:
            start_clock(session, work, case, kind, now)
        case ClockVerb.END:
            if not _goes_on(session, work, case, action, kind):
                clocks.end(session, key, kind, actor.login, now)
        case ClockVerb.SUSPEND if effect.reason is not None:
            clocks.suspend(session, key, kind, effect.reason, note, now)
        case ClockVerb.RESUME if effect.reason is not None:
            clocks.resume(session, key, kind, effect.reason, now)
        case _:
            raise ValueError(f"{action}: a pause needs its reason")


def _goes_on(session: Session, work: CaseWork, case: Case, action: Action, kind: ClockKind) -> bool:
    """Whether the promise counts on after recording, because the item says until issuance."""
    flow = work.item_of(session, case).flow
    return (
        action is Action.RECORD and kind is ClockKind.HANDLING and flow.promise_until == "issuance"
    )
