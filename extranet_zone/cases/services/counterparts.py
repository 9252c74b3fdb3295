"""What departments and other authorities are told or asked as a case goes on; calls that queue."""

from typing import Final

from sqlalchemy.orm import Session

from extranet_zone.cases.models import BillKind, Case
from extranet_zone.cases.ports import Outgoing
from extranet_zone.cases.services.payments import payment_key
from extranet_zone.cases.services.work import CaseWork, unpaid
from extranet_zone.cases.states import Mode, State

MESSAGE_LASTS: Final = 24 * 3600 * 1_000_000
"""Microseconds after which a short message says nothing new and is not sent any more."""
MAX_PHONES: Final = 5
_HOUSING: Final = "housing"
_MESSAGES: Final = {
    State.PRELIMINARY_SUPPLEMENT: "需要补正材料，请登录网上平台查看",
    State.AWAITING_SUPPLEMENT: "需要补正材料，请登录网上平台查看",
    State.AWAITING_PAYMENT: "已审核，请按通知缴费",
    State.HANDED_BACK: "预审未通过，请登录网上平台查看原因",
    State.DECLINED: "不予受理，请登录网上平台查看原因",
    State.REFUSED: "不予登记，请登录网上平台查看原因",
    State.ISSUED: "已办结",
}
"""What an applicant is told by a short message; the reasons stand where they sign in."""


_DECIDED: Final = frozenset(
    {State.ISSUED, State.DECLINED, State.REFUSED, State.WITHDRAWN, State.TERMINATED}
)


def tell_counterparts(session: Session, work: CaseWork, case: Case, note: str, now: int) -> None:
    """Tell those outside what the state means that ``case`` has just come into.

    ``note`` is what the applicant may read of the act.
    """
    if case.mode is Mode.COURT:
        return
    _send_messages(session, work, case, now)
    if case.state in _DECIDED and case.external_no is not None:
        _report_conclusion(session, work, case, note, now)
    if case.state in {State.WITHDRAWN, State.TERMINATED}:
        for bill in unpaid(session, case.case_no):
            work.province.withdraw(session, payment_key(bill), now)


def request_payment(session: Session, work: CaseWork, case: Case, now: int) -> None:
    """Ask the treasury and the tax authority to take what the case owes."""
    for bill in unpaid(session, case.case_no):
        work.province.enqueue(
            session,
            Outgoing(
                operation="requestPayment",
                key=payment_key(bill),
                case_no=case.case_no,
                peer="税务" if bill.kind is BillKind.TAX else "财政（非税）",
                body={
                    "case_no": case.case_no,
                    "number": bill.number,
                    "kind": bill.kind.value,
                    "title": bill.title,
                    "amount_fen": bill.amount_fen,
                    "payer": case.applicant,
                    "unit_no": case.unit_no,
                },
            ),
            now,
        )


def _report_conclusion(session: Session, work: CaseWork, case: Case, note: str, now: int) -> None:
    """Tell the authority that collected the case what became of it; it has its own number there."""
    said = f"{case.state.label}：{note}" if note else case.state.label
    work.province.enqueue(
        session,
        Outgoing(
            operation="reportConclusion",
            key=f"{case.case_no}:concluded",
            case_no=case.case_no,
            peer=case.collecting_authority,
            body={
                "case_no": case.external_no,
                "home_case_no": case.case_no,
                "collecting_authority": case.collecting_authority,
                "result": said[:200],
                "certificate_no": case.certificate_no,
                "concluded_at": now,
            },
        ),
        now,
    )


def ask_housing(session: Session, work: CaseWork, case: Case, now: int) -> None:
    """Ask whether the contract is filed, where the item says that housing takes part."""
    if _HOUSING not in work.item_of(session, case).province:
        return
    work.province.enqueue(
        session,
        Outgoing(
            operation="askHousing",
            key=f"{case.case_no}:housing",
            case_no=case.case_no,
            peer="住建",
            body={
                "case_no": case.case_no,
                "item_code": case.item_code,
                "unit_no": case.unit_no,
            },
        ),
        now,
    )


def _send_messages(session: Session, work: CaseWork, case: Case, now: int) -> None:
    """Queue a short message to every applicant with a number, where the state has one."""
    words = _MESSAGES.get(case.state)
    if words is None:
        return
    role = work.item_of(session, case).applicant_role
    phones = dict.fromkeys(
        party.phone for party in case.parties if party.role == role and party.phone
    )
    for n, phone in enumerate(list(phones)[:MAX_PHONES], 1):
        work.province.enqueue(
            session,
            Outgoing(
                operation="sendMessage",
                key=f"{case.case_no}:sms:{now}:{n}",
                case_no=case.case_no,
                peer="短信",
                body={
                    "case_no": case.case_no,
                    "phone": phone,
                    "words": f"您的不动产登记业务 {case.case_no} {words}。",
                },
                expires_at=now + MESSAGE_LASTS,
            ),
            now,
        )


def track_delivery(
    session: Session, work: CaseWork, case: Case, tracking_no: str, now: int
) -> None:
    """Ask the post to say what becomes of a certificate on its way."""
    work.province.enqueue(
        session,
        Outgoing(
            operation="trackDelivery",
            key=f"{case.case_no}:post",
            case_no=case.case_no,
            peer="邮政",
            body={"case_no": case.case_no, "tracking_no": tracking_no, "posted_at": now},
        ),
        now,
    )
