"""Writing and reading the steps of a case."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from internet_zone.progress.models import ProgressStep
from kernel.clock import BEIJING, beijing_text, from_micros
from kernel.db import new_id
from kernel.messages import ProgressReported
from kernel.vocabulary.zones import Zone

MAX_STEPS: Final = 200
GRANTED_STEPS: Final = frozenset({"issue", "issue_at_window", "issue_by_post"})
"""The extranet's last steps of a case that was granted; every other last step turned it down."""


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step as pages show it, times in Beijing time."""

    step: str
    label: str
    zone: str
    zone_label: str
    at_text: str
    at_iso: str
    note: str
    due_text: str
    ended: bool


def note_progress(session: Session, body: ProgressReported) -> bool:
    """Append a step once; answers whether it was new.

    A zone that was restored from a backup takes again what it had taken, at another time: the step
    that is its last one already is not told twice.
    """
    of_zone = select(ProgressStep).where(
        ProgressStep.case_no == body.case_no, ProgressStep.zone == body.zone
    )
    known = session.scalars(
        of_zone.where(ProgressStep.step == body.step, ProgressStep.at == body.at)
    ).first()
    last = session.scalars(
        of_zone.where(ProgressStep.at < body.at).order_by(ProgressStep.at.desc()).limit(1)
    ).first()
    told = (body.step, body.label, body.note)
    if known or (last is not None and (last.step, last.label, last.note) == told):
        return False
    before = session.scalar(
        select(func.max(ProgressStep.position)).where(ProgressStep.case_no == body.case_no)
    )
    session.add(
        ProgressStep(
            id=new_id(),
            case_no=body.case_no,
            position=(before or 0) + 1,
            step=body.step,
            label=body.label,
            zone=body.zone,
            at=body.at,
            note=body.note,
            due_at=body.due_at,
            ended=int(body.ended),
        )
    )
    return True


def steps_of(session: Session, case_no: str) -> Sequence[StepShown]:
    """The steps of a case in the order they happened, by the clocks of their networks."""
    rows = session.scalars(
        select(ProgressStep)
        .where(ProgressStep.case_no == case_no)
        .order_by(ProgressStep.at, ProgressStep.position)
        .limit(MAX_STEPS)
    )
    return [_shown(row) for row in rows]


def latest_of(session: Session, case_nos: Collection[str]) -> Mapping[str, StepShown]:
    """The last step of each of these cases, for a page of a list."""
    last = (
        select(ProgressStep.case_no, func.max(ProgressStep.at).label("at"))
        .where(ProgressStep.case_no.in_(case_nos))
        .group_by(ProgressStep.case_no)
        .subquery()
    )
    rows = session.scalars(
        select(ProgressStep)
        .join(last, (ProgressStep.case_no == last.c.case_no) & (ProgressStep.at == last.c.at))
        .order_by(ProgressStep.position)
    )
    return {row.case_no: _shown(row) for row in rows}


def was_granted(steps: Sequence[StepShown]) -> bool:
    """Whether the case came to the end its applicant wanted."""
    return any(step.ended and step.step in GRANTED_STEPS for step in steps)


def _shown(row: ProgressStep) -> StepShown:
    return StepShown(
        row.step,
        row.label,
        row.zone,
        Zone(row.zone).label,
        beijing_text(from_micros(row.at)),
        from_micros(row.at).astimezone(BEIJING).isoformat(timespec="seconds"),
        row.note,
        beijing_text(from_micros(row.due_at)) if row.due_at is not None else "",
        bool(row.ended),
    )
