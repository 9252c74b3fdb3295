"""What a case owes and what was paid, told to the applicant whole each time."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.events import BillPaid
from extranet_zone.cases.models import Bill, Case
from extranet_zone.cases.services.steps import SYSTEM, move
from extranet_zone.cases.services.timing import apply_clocks
from extranet_zone.cases.services.work import CaseWork, circumstances, load_case, unpaid
from extranet_zone.cases.states import Action
from extranet_zone.cases.transitions import WORKFLOW
from kernel.errors import ConflictError, NotFoundError
from kernel.exchange import post
from kernel.messages import BillStated, Kind, PaymentStated
from kernel.messages.bodies import MAX_BILLS
from kernel.vocabulary.zones import Zone


def bills_of(session: Session, case_no: str) -> list[Bill]:
    """Every amount of a case, in order."""
    return list(
        session.scalars(
            select(Bill).where(Bill.case_no == case_no).order_by(Bill.number).limit(MAX_BILLS)
        )
    )


def state_payment(session: Session, case_no: str, now: int) -> None:
    """Post what is owed and paid to the portal."""
    session.flush()
    post(
        session,
        origin=Zone.EXTRANET,
        destination=Zone.INTERNET,
        kind=Kind.PAYMENT_STATED,
        body=PaymentStated(
            case_no=case_no,
            bills=[
                BillStated(
                    number=bill.number,
                    title=bill.title,
                    amount_fen=bill.amount_fen,
                    paid_at=bill.paid_at,
                )
                for bill in bills_of(session, case_no)
            ],
            stated_at=now,
        ),
        case_no=case_no,
        now=now,
    )


def payment_key(bill: Bill) -> str:
    """The key of the call that asks for the bill's payment."""
    return f"{bill.case_no}:payment:{bill.number}"


def confirm_bill(session: Session, work: CaseWork, paid: BillPaid, now: int) -> None:
    """The link says that a bill was paid; with the last one the case goes on by itself.

    The same confirmation twice changes nothing. Raises :class:`NotFoundError` (``bill_unknown``)
    and :class:`ConflictError` (``bill_paid_otherwise``: with another receipt;
    ``bill_amount_differs``: another amount than was asked for, or none where none was known).
    """
    case_no, receipt_no = paid.case_no, paid.receipt_no
    case: Case = load_case(session, case_no, for_change=True)
    bill = session.get(Bill, (case_no, paid.number))
    if bill is None:
        raise NotFoundError("bill_unknown", "该办件没有这笔应缴款")
    if bill.paid_at is not None:
        if bill.receipt_no != receipt_no:
            raise ConflictError("bill_paid_otherwise", "这笔款已凭另一凭证缴清")
        return
    amount = bill.amount_fen if paid.amount_fen is None else paid.amount_fen
    if amount is None or bill.amount_fen not in (None, amount):
        raise ConflictError("bill_amount_differs", "缴款金额与应缴金额不符，或没有写明金额")
    bill.paid_at, bill.receipt_no, bill.amount_fen = now, receipt_no, amount
    state_payment(session, case_no, now)
    if unpaid(session, case_no):
        return
    holds = circumstances(session, work, case, now)
    offered = {row.action: row for row in WORKFLOW.actions(case.state, SYSTEM.roles, holds)}
    row = offered.get(Action.CONFIRM_PAYMENT)
    if row is not None:
        apply_clocks(session, work, case, row.action, row.target, SYSTEM, receipt_no, now)
        move(session, case, row.action, row.target, SYSTEM, f"缴费凭证号：{receipt_no}", now)
