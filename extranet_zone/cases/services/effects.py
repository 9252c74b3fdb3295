"""What an act does beside moving the case: one function an act, in the act's transaction."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extranet_zone.cases import court
from extranet_zone.cases.models import ArchiveFile, Bill, BillKind, Case, PaperState
from extranet_zone.cases.ports import Actor, Outgoing
from extranet_zone.cases.services import counterparts, supplements
from extranet_zone.cases.services.catalogued import measured
from extranet_zone.cases.services.court_answer import answer_court
from extranet_zone.cases.services.dispatch import request_review
from extranet_zone.cases.services.handover import hand_over, push_reviewed
from extranet_zone.cases.services.payments import payment_key, state_payment
from extranet_zone.cases.services.timing import announce
from extranet_zone.cases.services.work import CaseWork, facts_of, unpaid, view_of
from extranet_zone.cases.states import Action, MaterialState, State
from kernel.errors import ConflictError
from kernel.exchange import post
from kernel.messages import BlobRef, CertificateIssued, Kind
from kernel.vocabulary.zones import Zone


@dataclass(frozen=True, slots=True)
class Doing:
    """One act under way: what it works on, who does it, and what they said with it."""

    session: Session
    work: CaseWork
    case: Case
    actor: Actor
    now: int
    note: str = ""
    reference: str = ""
    materials: tuple[str, ...] = ()


Effect = Callable[[Doing], None]


def _hand_over(doing: Doing) -> None:
    hand_over(doing.session, doing.work, doing.case, doing.now)


def _push_reviewed(doing: Doing) -> None:
    push_reviewed(doing.session, doing.work, doing.case, doing.now)


def _post_paper(doing: Doing) -> None:
    case = doing.case
    doing.work.province.enqueue(
        doing.session,
        Outgoing(
            operation="reportPaperPosted",
            key=f"{case.case_no}:paper",
            case_no=case.case_no,
            peer=case.home_authority,
            body={"case_no": case.case_no, "tracking_no": doing.reference, "posted_at": doing.now},
        ),
        doing.now,
    )


def _ask_preliminary(doing: Doing) -> None:
    _ask(doing, preliminary=True)


def _ask_once(doing: Doing) -> None:
    _ask(doing, preliminary=False)


def _ask(doing: Doing, *, preliminary: bool) -> None:
    notice = supplements.new_notice(
        doing.session,
        doing.work,
        doing.case,
        supplements.Wanted(doing.note, doing.materials, preliminary=preliminary),
        doing.actor,
        doing.now,
    )
    supplements.send(doing.session, doing.case, notice, doing.now)


def _request_second(doing: Doing) -> None:
    supplements.new_notice(
        doing.session,
        doing.work,
        doing.case,
        supplements.Wanted(doing.note, doing.materials, preliminary=False, pending=True),
        doing.actor,
        doing.now,
    )


def _approve_second(doing: Doing) -> None:
    notice = supplements.pending_notice(doing.session, doing.case.case_no)
    notice.approved_by = doing.actor.login
    supplements.send(doing.session, doing.case, notice, doing.now)


def _reject_second(doing: Doing) -> None:
    supplements.reject(supplements.pending_notice(doing.session, doing.case.case_no), doing.actor)


def _receive_supplement(doing: Doing) -> None:
    supplements.close_open(doing.session, doing.case, doing.now)


def _accept(doing: Doing) -> None:
    request_review(doing.session, doing.work, doing.case, doing.now)


def _receive_paper(doing: Doing) -> None:
    doing.case.paper = PaperState.ARRIVED


def _bill(doing: Doing) -> None:
    """What the case costs is settled when it has been examined, once."""
    session, case = doing.session, doing.case
    if session.scalar(select(func.count()).select_from(Bill).where(Bill.case_no == case.case_no)):
        return
    found = measured(session, doing.work, case, doing.now)
    papers = frozenset(m.code for m in case.materials if m.state is MaterialState.PRESENT)
    charges = doing.work.fees.charges(
        found.edition, found.item, found.subjects, found.granted, papers
    )
    for n, charge in enumerate(charges, 1):
        session.add(
            Bill(
                case_no=case.case_no,
                number=n,
                kind=BillKind(charge.kind),
                title=charge.title,
                amount_fen=charge.amount_fen,
                basis=charge.basis,
                billed_at=doing.now,
                paid_at=None,
                receipt_no="",
            )
        )


def _start_announcement(doing: Doing) -> None:
    doing.case.announced_at = doing.now
    announce(doing.session, doing.work, doing.case)


def _await_payment(doing: Doing) -> None:
    state_payment(doing.session, doing.case.case_no, doing.now)
    counterparts.request_payment(doing.session, doing.work, doing.case, doing.now)


def _confirm_payment(doing: Doing) -> None:
    for bill in unpaid(doing.session, doing.case.case_no):
        bill.paid_at, bill.receipt_no = doing.now, doing.reference
        doing.work.province.withdraw(doing.session, payment_key(bill), doing.now)
    state_payment(doing.session, doing.case.case_no, doing.now)


def _record(doing: Doing) -> None:
    case, work = doing.case, doing.work
    item = work.item_of(doing.session, case)
    recorded = work.register.record_case(doing.session, view_of(case, item), doing.actor, doing.now)
    case.entry_id, case.certificate_no = recorded.entry_id, recorded.certificate_no


def _engross(doing: Doing) -> None:
    case, work = doing.case, doing.work
    item = work.item_of(doing.session, case)
    work.certificates.engross(doing.session, view_of(case, item), doing.actor, doing.now)


def _issue(doing: Doing) -> None:
    case = doing.case
    for engrossed in doing.work.certificates.engrossed(doing.session, case.case_no):
        post(
            doing.session,
            origin=Zone.EXTRANET,
            destination=Zone.INTERNET,
            kind=Kind.CERTIFICATE_ISSUED,
            body=CertificateIssued(
                case_no=case.case_no,
                certificate_no=engrossed.certificate_no,
                unit_no=engrossed.unit_no,
                statement=engrossed.statement,
                pdf=engrossed.pdf,
                pdf_size=engrossed.pdf_size,
            ),
            case_no=case.case_no,
            now=doing.now,
            blobs=[
                BlobRef(digest=engrossed.pdf, size=engrossed.pdf_size, media_type="application/pdf")
            ],
        )


def _issue_by_post(doing: Doing) -> None:
    _issue(doing)
    counterparts.track_delivery(doing.session, doing.work, doing.case, doing.reference, doing.now)


def _ask_housing(doing: Doing) -> None:
    counterparts.ask_housing(doing.session, doing.work, doing.case, doing.now)


def _archive(doing: Doing) -> None:
    """Close the file with the list of everything in it.

    Raises :class:`ConflictError` with code ``file_incomplete`` while a document has not arrived.
    """
    case = doing.case
    if any(material.state is MaterialState.AWAITED for material in case.materials):
        raise ConflictError("file_incomplete", "还有材料没有传到，不能归档")
    documents = [
        {"title": material.title, "digest": material.digest, "pages": material.pages}
        for material in case.materials
    ]
    documents += [
        {"title": engrossed.certificate_no, "digest": engrossed.pdf, "pages": 1}
        for engrossed in doing.work.certificates.engrossed(doing.session, case.case_no)
    ]
    text = json.dumps(documents, ensure_ascii=False, sort_keys=True)
    doing.session.add(
        ArchiveFile(
            case_no=case.case_no,
            documents=text,
            digest=hashlib.sha256(text.encode()).hexdigest(),
            archived_by=doing.actor.login,
            archived_at=doing.now,
        )
    )


def _answer_restraint(doing: Doing) -> None:
    answer_court(doing.session, doing.work, doing.case, doing.actor, doing.now)


def _reject_restraint(doing: Doing) -> None:
    facts = facts_of(doing.case) | {court.NOT_EXECUTED: doing.note}
    doing.case.facts = json.dumps(facts, ensure_ascii=False, sort_keys=True)


EFFECTS: Final[dict[Action, Effect]] = {
    Action.COLLECT_FOR_OTHER: _hand_over,
    Action.POST_PAPER: _post_paper,
    Action.ASK_PRELIMINARY_SUPPLEMENT: _ask_preliminary,
    Action.NOTIFY_SUPPLEMENT: _ask_once,
    Action.REQUEST_SECOND_NOTICE: _request_second,
    Action.APPROVE_SECOND_NOTICE: _approve_second,
    Action.REJECT_SECOND_NOTICE: _reject_second,
    Action.RECEIVE_SUPPLEMENT: _receive_supplement,
    Action.RECEIVE_PAPER: _receive_paper,
    Action.PAPER_DIFFERS: _receive_paper,
    Action.ACCEPT: _accept,
    Action.START_ANNOUNCEMENT: _start_announcement,
    Action.AWAIT_PAYMENT: _await_payment,
    Action.CONFIRM_PAYMENT: _confirm_payment,
    Action.RECORD: _record,
    Action.RECORD_RESTRAINT: _record,
    Action.ENGROSS: _engross,
    Action.ISSUE: _issue,
    Action.ISSUE_AT_WINDOW: _issue,
    Action.ISSUE_BY_POST: _issue_by_post,
    Action.ARCHIVE: _archive,
    Action.ANSWER_RESTRAINT: _answer_restraint,
    Action.REJECT_RESTRAINT: _reject_restraint,
}
ON_ENTERING: Final[dict[State, Effect]] = {
    State.PRELIMINARY_PASSED: _push_reviewed,
    State.COLLECTED: _ask_housing,
    State.PAPER_IN_TRANSIT: _ask_housing,
    State.EXAMINED: _bill,
}
"""What happens whichever act leads into a state."""
