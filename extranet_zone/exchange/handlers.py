"""Which service makes the effect of which message; a kind without a line cannot arrive."""

from collections.abc import Mapping

from extranet_zone.cases.services import (
    CaseWork,
    conclude_review,
    deliver_materials,
    receive_application,
    receive_supplement,
    relay_progress,
)
from kernel.exchange import Handler
from kernel.exchange.handling import taking
from kernel.messages import (
    ApplicationSubmitted,
    Kind,
    MaterialsDelivered,
    ProgressReported,
    ReviewConcluded,
    SupplementSubmitted,
)


def handlers(work: CaseWork) -> Mapping[str, Handler]:
    """The handler of every kind of message that may come to the extranet."""
    return {
        Kind.APPLICATION_SUBMITTED: taking(
            ApplicationSubmitted,
            lambda session, body, now: receive_application(session, work, body, now),
        ),
        Kind.MATERIALS_DELIVERED: taking(
            MaterialsDelivered,
            lambda session, body, _now: deliver_materials(session, work, body),
        ),
        Kind.SUPPLEMENT_SUBMITTED: taking(
            SupplementSubmitted,
            lambda session, body, now: receive_supplement(session, work, body, now),
        ),
        Kind.REVIEW_CONCLUDED: taking(ReviewConcluded, conclude_review),
        Kind.PROGRESS_REPORTED: taking(ProgressReported, relay_progress),
    }
