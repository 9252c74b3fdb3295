"""Tells the ferry which promised times depend on it: a case's due time came with its request.

A case is told from its arrival until a receipt says that its conclusion has crossed.
"""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from intranet_zone.reviews.models import Review
from intranet_zone.reviews.states import REVIEW, State
from kernel.deadlines import MAX_CASES, Deadline, Deadlines, Stage
from kernel.exchange.models import OPEN, BundleOut, BundleOutState, OutboxMessage
from kernel.messages import Kind

_STAGES = {None: Stage.WAITING, BundleOutState.SEALED: Stage.WAITING}
"""A conclusion that is not sealed yet waits too; whatever else is open was taken by a carrier."""


def deadlines(session: Session) -> Deadlines:
    """Cases with a promised time whose conclusion has not crossed; those due first, bounded."""
    open_states = [state for state in State if state not in REVIEW.finals]
    reviewing = session.execute(
        select(Review.case_no, Review.due_at)
        .where(Review.state.in_(open_states), Review.due_at.is_not(None))
        .order_by(Review.due_at)
        .limit(MAX_CASES)
    )
    found = [
        Deadline(case_no=case_no, due_at=due_at, stage=Stage.REVIEWING)
        for case_no, due_at in reviewing
        if due_at is not None
    ]
    concluded = session.execute(
        select(Review.case_no, Review.due_at, BundleOut.state, BundleOut.name)
        .join(OutboxMessage, OutboxMessage.case_no == Review.case_no)
        .outerjoin(BundleOut, BundleOut.digest == OutboxMessage.bundle)
        .where(
            OutboxMessage.kind == Kind.REVIEW_CONCLUDED.value,
            Review.due_at.is_not(None),
            or_(OutboxMessage.bundle.is_(None), BundleOut.state.in_(OPEN)),
        )
        .order_by(Review.due_at)
        .limit(MAX_CASES)
    )
    found += [
        Deadline(
            case_no=case_no,
            due_at=due_at,
            stage=_STAGES.get(state, Stage.CARRIED),
            file=name or "",
        )
        for case_no, due_at, state, name in concluded
        if due_at is not None
    ]
    found.sort(key=lambda case: (case.due_at, case.case_no))
    return Deadlines(cases=tuple(found[:MAX_CASES]))
