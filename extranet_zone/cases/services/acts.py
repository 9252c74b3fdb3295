"""One function does every act on a case, in the order of the law.

1. the table says whether this post may do this now;
2. the guards say whether this case may, and this person;
3. the act's own effect happens (clock, review request, recording, certificate);
4. the step, the audit record and the applicant's progress are written.

All of it is one transaction: a failure anywhere leaves nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, DueKind
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services.dispatch import request_review
from extranet_zone.cases.services.guards import require_lawful
from extranet_zone.cases.services.steps import move
from extranet_zone.cases.services.work import CaseWork, load_case, view_of
from extranet_zone.cases.states import WORKFLOW, Action, State
from extranet_zone.clocks.working_time import add_half_working_day, add_working_days
from kernel.clock import from_micros, to_micros
from kernel.errors import ConflictError, RefusedError
from kernel.exchange import post
from kernel.messages import BlobRef, CertificateIssued, Kind
from kernel.vocabulary.zones import Zone


@dataclass(frozen=True, slots=True)
class ActRequest:
    """What somebody wants to do; ``version`` is the case's version their page showed."""

    case_no: str
    action: Action
    note: str = ""
    version: int | None = None


def act(session: Session, work: CaseWork, request: ActRequest, actor: Actor, now: int) -> State:
    """Do ``request`` and answer the state after it.

    Raises :class:`RefusedError` with what the table (``transition_not_allowed``,
    ``role_not_allowed``), the guards, or register and certificates refuse with; ``case_unknown``;
    ``edited_meanwhile`` when the page was out of date. A repeated act is refused: the case has
    moved on.
    """
    case = load_case(session, request.case_no, for_change=True)
    target = WORKFLOW.target(case.state, request.action, actor.roles)
    if request.version is not None and request.version != case.version:
        raise ConflictError("edited_meanwhile", "这个办件刚被他人办理，请刷新后重试")
    note = request.note.strip()
    require_lawful(session, work, case, request.action, actor, note, now)
    effect = _EFFECTS.get(request.action)
    if effect is not None:
        effect(session, work, case, actor, now)
    move(session, case, request.action, target, actor, note, now)
    return target


Effect = Callable[[Session, CaseWork, Case, Actor, int], None]


def _collect(_session: Session, work: CaseWork, case: Case, _actor: Actor, now: int) -> None:
    _start_clock(
        case,
        DueKind.DECISION,
        now,
        lambda: to_micros(add_half_working_day(work.calendar, from_micros(now))),
    )


def _accept_direct(session: Session, work: CaseWork, case: Case, _actor: Actor, now: int) -> None:
    days = work.item_of(session, case).promised_working_days
    case.accepted_at = now
    case.promised_days = days
    _start_clock(
        case,
        DueKind.PROMISE,
        now,
        lambda: to_micros(add_working_days(work.calendar, from_micros(now), days)),
    )


def _accept(session: Session, work: CaseWork, case: Case, actor: Actor, now: int) -> None:
    _accept_direct(session, work, case, actor, now)
    request_review(session, work, case, now)


def _record(session: Session, work: CaseWork, case: Case, actor: Actor, now: int) -> None:
    item = work.item_of(session, case)
    recorded = work.register.record_case(session, view_of(case, item), actor, now)
    case.entry_id, case.certificate_no = recorded.entry_id, recorded.certificate_no


def _engross(session: Session, work: CaseWork, case: Case, actor: Actor, now: int) -> None:
    item = work.item_of(session, case)
    work.certificates.engross(session, view_of(case, item), actor, now)


def _issue(session: Session, work: CaseWork, case: Case, _actor: Actor, now: int) -> None:
    engrossed = work.certificates.engrossed(session, case.case_no)
    if engrossed is None:
        return
    post(
        session,
        origin=Zone.EXTRANET,
        destination=Zone.INTERNET,
        kind=Kind.CERTIFICATE_ISSUED,
        body=CertificateIssued(
            case_no=case.case_no,
            certificate_no=engrossed.certificate_no,
            unit_no=case.unit_no,
            statement=engrossed.statement,
            pdf=engrossed.pdf,
            pdf_size=engrossed.pdf_size,
        ),
        case_no=case.case_no,
        now=now,
        blobs=[
            BlobRef(digest=engrossed.pdf, size=engrossed.pdf_size, media_type="application/pdf")
        ],
    )


def _start_clock(case: Case, kind: DueKind, now: int, due: Callable[[], int]) -> None:
    case.due_kind, case.clock_from = kind, now
    try:
        case.due_at, case.due_note = due(), ""
    except RefusedError as unknown:
        # The case must go on: a missing holiday table is the hall's fault, not the applicant's.
        case.due_at, case.due_note = None, unknown.message


_EFFECTS: Final[dict[Action, Effect]] = {
    Action.COLLECT: _collect,
    Action.ACCEPT: _accept,
    Action.ACCEPT_DIRECT: _accept_direct,
    Action.RECORD: _record,
    Action.ENGROSS: _engross,
    Action.ISSUE: _issue,
}
