"""Which service makes the effect of which message; a kind without a line cannot arrive."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from internet_zone.applications.services import end
from internet_zone.certificates.services import take_certificate
from internet_zone.progress.services import note_progress
from internet_zone.units.services import take_units
from kernel.exchange import Handler
from kernel.exchange.handling import taking
from kernel.keys import TrustStore
from kernel.messages import CertificateIssued, Kind, ProgressReported, UnitsPublished


def handlers(trust: TrustStore) -> Mapping[str, Handler]:
    """The handler of every kind of message that may come to the portal."""

    def progress(session: Session, body: ProgressReported, _now: int) -> None:
        note_progress(session, body)
        if body.ended:
            end(session, body.case_no)

    def certificate(session: Session, body: CertificateIssued, now: int) -> None:
        take_certificate(session, trust, body, now)

    return {
        Kind.PROGRESS_REPORTED: taking(ProgressReported, progress),
        Kind.CERTIFICATE_ISSUED: taking(CertificateIssued, certificate),
        Kind.UNITS_PUBLISHED: taking(UnitsPublished, take_units),
    }
