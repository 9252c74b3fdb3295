"""Which kind of message may travel where: the one table of permitted directions."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kernel.errors import RejectedBundleError
from kernel.messages import bodies
from kernel.vocabulary.zones import Stream, Zone


class Kind(StrEnum):
    """What a message says; the value is what travels."""

    APPLICATION_SUBMITTED = "application.submitted"
    MATERIALS_DELIVERED = "materials.delivered"
    PROGRESS_REPORTED = "progress.reported"
    CERTIFICATE_ISSUED = "certificate.issued"
    CERTIFICATE_ENDED = "certificate.ended"
    UNITS_PUBLISHED = "units.published"
    CATALOGUE_PUBLISHED = "catalogue.published"
    REVIEW_REQUESTED = "review.requested"
    REVIEW_CONCLUDED = "review.concluded"
    REGISTER_RECORDED = "register.recorded"
    SUPPLEMENT_REQUESTED = "supplement.requested"
    SUPPLEMENT_SUBMITTED = "supplement.submitted"
    PAYMENT_STATED = "payment.stated"
    DRILL_SENT = "drill.sent"


@dataclass(frozen=True, slots=True)
class Route:
    """One permitted direction of one kind, with its stream and body."""

    kind: Kind
    origin: Zone
    destination: Zone
    stream: Stream
    body: type[bodies.Body]


_IN, _EX, _NT = Zone.INTERNET, Zone.EXTRANET, Zone.INTRANET

ROUTES: Final = {
    (route.kind, route.origin, route.destination): route
    for route in (
        Route(Kind.APPLICATION_SUBMITTED, _IN, _EX, Stream.REVIEW, bodies.ApplicationSubmitted),
        Route(Kind.MATERIALS_DELIVERED, _IN, _EX, Stream.MATERIALS, bodies.MaterialsDelivered),
        Route(Kind.SUPPLEMENT_REQUESTED, _EX, _IN, Stream.REVIEW, bodies.SupplementRequested),
        Route(Kind.SUPPLEMENT_SUBMITTED, _IN, _EX, Stream.REVIEW, bodies.SupplementSubmitted),
        Route(Kind.PAYMENT_STATED, _EX, _IN, Stream.REVIEW, bodies.PaymentStated),
        Route(Kind.PROGRESS_REPORTED, _EX, _IN, Stream.REVIEW, bodies.ProgressReported),
        Route(Kind.CERTIFICATE_ISSUED, _EX, _IN, Stream.REGISTER, bodies.CertificateIssued),
        Route(Kind.CERTIFICATE_ENDED, _EX, _IN, Stream.REGISTER, bodies.CertificateEnded),
        Route(Kind.UNITS_PUBLISHED, _EX, _IN, Stream.REGISTER, bodies.UnitsPublished),
        Route(Kind.CATALOGUE_PUBLISHED, _EX, _IN, Stream.REGISTER, bodies.CataloguePublished),
        Route(Kind.REVIEW_REQUESTED, _EX, _NT, Stream.REVIEW, bodies.ReviewRequested),
        Route(Kind.MATERIALS_DELIVERED, _EX, _NT, Stream.MATERIALS, bodies.MaterialsDelivered),
        Route(Kind.REGISTER_RECORDED, _EX, _NT, Stream.REGISTER, bodies.RegisterRecorded),
        Route(Kind.DRILL_SENT, _EX, _NT, Stream.DRILL, bodies.DrillSent),
        # Two classes of facts may leave the intranet (plan 三（二）3): results and progress.
        Route(Kind.REVIEW_CONCLUDED, _NT, _EX, Stream.REVIEW, bodies.ReviewConcluded),
        Route(Kind.PROGRESS_REPORTED, _NT, _EX, Stream.REVIEW, bodies.ProgressReported),
    )
}


def require_route(kind: str, origin: Zone, destination: Zone) -> Route:
    """The route of ``kind`` between two zones.

    Raises :class:`RejectedBundleError` with code ``message_route`` when there is none.
    """
    try:
        return ROUTES[(Kind(kind), origin, destination)]
    except (KeyError, ValueError):
        raise RejectedBundleError(
            "message_route",
            f"不允许从{origin.label}向{destination.label}发送此类消息",
            kind=kind[:40],
        ) from None
