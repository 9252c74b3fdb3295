"""Notices of defects: everything at once, and the answer with its files.

The first notice of a case is sent at once. A further one needs a reason and somebody else's
approval (the table asks for both) and is counted. What the platform itself knows to be missing or
damaged is always in the notice: a person cannot forget it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseMaterial, NoticeState, SupplementNotice
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services.catalogued import measured
from extranet_zone.cases.services.guards import defects_of
from extranet_zone.cases.services.work import CaseWork
from extranet_zone.cases.states import MaterialState
from kernel.catalogue.demands import Task
from kernel.errors import ConflictError, NotFoundError, RefusedError
from kernel.exchange import post
from kernel.messages import Kind, SupplementRequested
from kernel.messages.bodies import MAX_DEFECTS
from kernel.vocabulary.zones import Zone

MAX_LINE: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a clerk asks for: one defect a line, and the materials it concerns."""

    note: str
    materials: Sequence[str]
    preliminary: bool
    pending: bool = False


def new_notice(
    session: Session, work: CaseWork, case: Case, wanted: Wanted, actor: Actor, now: int
) -> SupplementNotice:
    """A notice with everything that is asked for, known defects included.

    Raises :class:`RefusedError`: ``notice_too_long``.
    """
    found = measured(session, work, case, now)
    lines = [line.strip() for line in wanted.note.splitlines() if line.strip()]
    lines += [
        defect.message
        for defect in defects_of(case, found)
        if defect.code != "material_awaited" and defect.message not in lines
    ]
    if len(lines) > MAX_DEFECTS or any(len(line) > MAX_LINE for line in lines):
        raise RefusedError(
            "notice_too_long",
            f"补正内容一行一项，每项不超过 {MAX_LINE} 字，最多 {MAX_DEFECTS} 项",
            field="note",
        )
    codes = set(wanted.materials) | {
        material.code for material in case.materials if material.state is MaterialState.DAMAGED
    }
    codes |= {defect.about for defect in found.defects() if defect.task is Task.MATERIALS}
    last = session.scalar(
        select(func.max(SupplementNotice.number)).where(SupplementNotice.case_no == case.case_no)
    )
    notice = SupplementNotice(
        case_no=case.case_no,
        number=(last or 0) + 1,
        preliminary=int(wanted.preliminary),
        state=NoticeState.PENDING if wanted.pending else NoticeState.SENT,
        defects=json.dumps(lines, ensure_ascii=False),
        materials=json.dumps(sorted(codes)),
        reason=wanted.note if wanted.pending else "",
        requested_by=actor.login,
        requested_at=now,
        approved_by="",
        answered_at=None,
    )
    session.add(notice)
    session.flush()
    return notice


def send(session: Session, case: Case, notice: SupplementNotice, now: int) -> None:
    """Tell the applicant; the portal opens the case for exactly this answer."""
    notice.state = NoticeState.SENT
    post(
        session,
        origin=Zone.EXTRANET,
        destination=Zone.INTERNET,
        kind=Kind.SUPPLEMENT_REQUESTED,
        body=SupplementRequested(
            case_no=case.case_no,
            notice=notice.number,
            defects=json.loads(notice.defects),
            materials=json.loads(notice.materials),
            requested_at=now,
        ),
        case_no=case.case_no,
        now=now,
    )


def pending_notice(session: Session, case_no: str) -> SupplementNotice:
    """The notice that waits for approval.

    Raises :class:`NotFoundError` with code ``notice_unknown``.
    """
    return _one(session, case_no, NoticeState.PENDING)


def reject(notice: SupplementNotice, actor: Actor) -> None:
    """The notice is not sent; it stays on file."""
    notice.state, notice.approved_by = NoticeState.REJECTED, actor.login


def close_open(session: Session, case: Case, now: int) -> SupplementNotice:
    """The notice that was sent is answered.

    Raises :class:`NotFoundError` with code ``notice_unknown``.
    """
    notice = _one(session, case.case_no, NoticeState.SENT)
    notice.state, notice.answered_at = NoticeState.ANSWERED, now
    return notice


def open_notice(session: Session, case_no: str, number: int) -> SupplementNotice | None:
    """The sent notice of this number; None where it was answered before.

    Raises :class:`ConflictError` with code ``notice_not_open`` for one that was never sent.
    """
    notice = session.get(SupplementNotice, (case_no, number))
    if notice is None or notice.state in (NoticeState.PENDING, NoticeState.REJECTED):
        raise ConflictError("notice_not_open", "没有发出过这一次补正告知")
    return notice if notice.state is NoticeState.SENT else None


def supersede(case: Case, notice_no: int) -> None:
    """Damaged files of the materials that a notice's answer brings are replaced by it."""
    fresh = {material.code for material in case.materials if material.notice_no == notice_no}
    for material in case.materials:
        if material.code in fresh and material.state is MaterialState.DAMAGED:
            material.state = MaterialState.SUPERSEDED


def notices_of(session: Session, case_no: str) -> Sequence[SupplementNotice]:
    """Every notice of a case, oldest first."""
    return session.scalars(
        select(SupplementNotice)
        .where(SupplementNotice.case_no == case_no)
        .order_by(SupplementNotice.number)
        .limit(999)
    ).all()


def next_position(materials: Sequence[CaseMaterial]) -> int:
    """The place of the next file."""
    return max((material.position for material in materials), default=0) + 1


def _one(session: Session, case_no: str, state: NoticeState) -> SupplementNotice:
    found = session.scalars(
        select(SupplementNotice)
        .where(SupplementNotice.case_no == case_no, SupplementNotice.state == state)
        .order_by(SupplementNotice.number.desc())
        .limit(1)
    ).first()
    if found is None:
        raise NotFoundError("notice_unknown", "没有待处理的补正告知")
    return found
