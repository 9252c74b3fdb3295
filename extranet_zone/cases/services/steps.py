"""Writing a step: the row, the audit record and the applicant's progress, always together."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseStep
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.rules import rule_of, shows_note
from extranet_zone.cases.states import Action, State, is_concluded
from extranet_zone.cases.transitions import WORKFLOW
from extranet_zone.clocks.states import ClockKind
from extranet_zone.roles import Role
from kernel import audit
from kernel.db import new_id
from kernel.exchange import post
from kernel.messages import Kind, ProgressReported
from kernel.vocabulary.zones import Zone

SYSTEM: Final = Actor("system:cases", "系统", frozenset({Role.SYSTEM}))
RECEIVED: Final = "received"
_MAX_NOTE: Final = 2000
_TOLD_CLOCKS: Final = (ClockKind.DECISION, ClockKind.HANDLING)
"""The others are the office's own."""


@dataclass(frozen=True, slots=True)
class Report:
    """A step that only tells something; the case stays where it is."""

    step: str
    label: str
    zone: Zone
    actor: str
    actor_name: str
    at: int
    note: str = ""


def move(
    session: Session, case: Case, action: Action, target: State, actor: Actor, note: str, now: int
) -> None:
    """Put ``case`` into ``target``, which the table has allowed, and say so everywhere."""
    source = case.state
    case.state = target
    case.claimed_by = ""
    if is_concluded(target) and case.concluded_at is None:
        case.concluded_at = now
    _append(
        session,
        case.case_no,
        CaseStep(
            action=action.value,
            label=action.label,
            source=source,
            target=target,
            zone=Zone.EXTRANET,
            actor=actor.login,
            actor_name=actor.display_name,
            at=now,
            note=note,
        ),
    )
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act=WORKFLOW.row(source, action).event or action.value,
            object_kind="case",
            object_id=case.case_no,
            case_no=case.case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail={"from": source.value, "to": target.value},
        ),
    )
    told = rule_of(action).told
    if not told:
        return
    _tell_applicant(
        session,
        case,
        step=action.value,
        label=told,
        zone=Zone.EXTRANET,
        at=now,
        note=note if shows_note(action) else "",
        now=now,
    )


def report(session: Session, case: Case, told: Report, now: int) -> None:
    """Append a step that changes nothing and tell the applicant."""
    _append(
        session,
        case.case_no,
        CaseStep(
            action=told.step,
            label=told.label,
            source=None,
            target=None,
            zone=told.zone,
            actor=told.actor,
            actor_name=told.actor_name,
            at=told.at,
            note=told.note,
        ),
    )
    _tell_applicant(
        session,
        case,
        step=told.step,
        label=told.label,
        zone=told.zone,
        at=told.at,
        note=told.note,
        now=now,
    )


def was_reported(session: Session, case_no: str, zone: Zone, step: str, at: int) -> bool:
    """Whether this very step was told before."""
    found = session.scalar(
        select(func.count())
        .select_from(CaseStep)
        .where(
            CaseStep.case_no == case_no,
            CaseStep.zone == zone,
            CaseStep.action == step,
            CaseStep.at == at,
        )
    )
    return bool(found)


def last_actor(session: Session, case_no: str, action: Action) -> str | None:
    """Who did ``action`` on the case last."""
    return session.scalar(
        select(CaseStep.actor)
        .where(CaseStep.case_no == case_no, CaseStep.action == action.value)
        .order_by(CaseStep.position.desc())
        .limit(1)
    )


def _append(session: Session, case_no: str, step: CaseStep) -> None:
    last = session.scalar(select(func.max(CaseStep.position)).where(CaseStep.case_no == case_no))
    step.id, step.case_no, step.position = new_id(), case_no, (last or 0) + 1
    session.add(step)
    session.flush()


def _tell_applicant(
    session: Session,
    case: Case,
    *,
    step: str,
    label: str,
    zone: Zone,
    at: int,
    note: str,
    now: int,
) -> None:
    post(
        session,
        origin=Zone.EXTRANET,
        destination=Zone.INTERNET,
        kind=Kind.PROGRESS_REPORTED,
        body=ProgressReported(
            case_no=case.case_no,
            step=step,
            label=label,
            zone=zone.value,
            at=at,
            note=note[:_MAX_NOTE],
            due_at=case.due_at if case.due_kind in _TOLD_CLOCKS else None,
            ended=is_concluded(case.state),
        ),
        case_no=case.case_no,
        now=now,
    )
