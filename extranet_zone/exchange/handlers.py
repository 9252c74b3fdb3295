"""Which service makes the effect of which message; a kind without a line cannot arrive."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from sqlalchemy.orm import Session

from extranet_zone.cases.services import (
    CaseWork,
    conclude_review,
    deliver_materials,
    receive_application,
    relay_progress,
)
from kernel.exchange import Handler, Received
from kernel.messages import (
    ApplicationSubmitted,
    Body,
    Kind,
    MaterialsDelivered,
    ProgressReported,
    ReviewConcluded,
)

B = TypeVar("B", bound=Body)


def handlers(work: CaseWork) -> Mapping[str, Handler]:
    """The handler of every kind of message that may come to the extranet."""
    return {
        Kind.APPLICATION_SUBMITTED: _taking(
            ApplicationSubmitted,
            lambda session, body, now: receive_application(session, work, body, now),
        ),
        Kind.MATERIALS_DELIVERED: _taking(
            MaterialsDelivered,
            lambda session, body, _now: deliver_materials(session, work, body),
        ),
        Kind.REVIEW_CONCLUDED: _taking(ReviewConcluded, conclude_review),
        Kind.PROGRESS_REPORTED: _taking(ProgressReported, relay_progress),
    }


def _taking(kind: type[B], function: Callable[[Session, B, int], None]) -> Handler:
    def handle(session: Session, received: Received) -> None:
        body = received.message.body
        if not isinstance(body, kind):
            raise TypeError(f"a route promises {kind.__name__}, the message has another body")
        function(session, body, received.received_at)

    return handle
