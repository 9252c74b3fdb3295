"""Which service makes the effect of which message; a kind without a line cannot arrive.

A message about a case that was submitted here must agree with the application it came from. Cases
opened at a counter are not known to the portal: of those anything is taken.
"""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from internet_zone.applications.services import submission, supplements
from internet_zone.catalogue.services import take_publication
from internet_zone.certificates.services import take_certificate, take_end
from internet_zone.progress.services import note_progress
from internet_zone.units.services import take_units
from kernel.errors import RefusedError
from kernel.exchange import Handler, Received
from kernel.exchange.handling import taking
from kernel.keys import TrustStore
from kernel.materials import MaterialsStore
from kernel.messages import (
    CataloguePublished,
    CertificateEnded,
    CertificateIssued,
    Kind,
    PaymentStated,
    ProgressReported,
    SupplementRequested,
    UnitsPublished,
)
from kernel.vocabulary.case_no import CaseNo, CaseOrigin


def handlers(trust: TrustStore, store: MaterialsStore) -> Mapping[str, Handler]:
    """The handler of every kind of message that may come to the portal."""

    def certificate(session: Session, received: Received) -> None:
        body = received.message.body
        if not isinstance(body, CertificateIssued):
            raise TypeError("a route promises CertificateIssued, the message has another body")
        if _is_ours(body.case_no):
            _require_unit(session, body)
        take_certificate(session, trust, body, received.message.blobs, received.received_at)

    def catalogue(session: Session, received: Received) -> None:
        body = received.message.body
        if not isinstance(body, CataloguePublished):
            raise TypeError("a route promises CataloguePublished, the message has another body")
        take_publication(session, store, body, received.message.blobs, received.received_at)

    return {
        Kind.CATALOGUE_PUBLISHED: catalogue,
        Kind.PROGRESS_REPORTED: taking(ProgressReported, _progress),
        Kind.CERTIFICATE_ISSUED: certificate,
        Kind.CERTIFICATE_ENDED: taking(CertificateEnded, take_end),
        Kind.SUPPLEMENT_REQUESTED: taking(SupplementRequested, _notice),
        Kind.PAYMENT_STATED: taking(PaymentStated, _payment),
        Kind.UNITS_PUBLISHED: taking(UnitsPublished, take_units),
    }


def _progress(session: Session, body: ProgressReported, _now: int) -> None:
    """Append a step; raises ``case_no_…`` or ``case_unknown``."""
    application = submission.of_case(session, body.case_no) if _is_ours(body.case_no) else None
    note_progress(session, body)
    if application is not None and body.ended:
        submission.end(application)


def _notice(session: Session, body: SupplementRequested, _now: int) -> None:
    if _is_ours(body.case_no):
        submission.of_case(session, body.case_no)
        supplements.take_notice(session, body)


def _payment(session: Session, body: PaymentStated, _now: int) -> None:
    if _is_ours(body.case_no):
        submission.of_case(session, body.case_no)
        supplements.take_payment(session, body)


def _is_ours(case_no: str) -> bool:
    return CaseNo.parse(case_no).origin is CaseOrigin.ONLINE


def _require_unit(session: Session, body: CertificateIssued) -> None:
    if submission.of_case(session, body.case_no).unit_no != body.unit_no:
        raise RefusedError("certificate_unit_differs", "证书的不动产单元与申请不符")
