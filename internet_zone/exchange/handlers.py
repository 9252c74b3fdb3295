"""Which service makes the effect of which message; a kind without a line cannot arrive."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from sqlalchemy.orm import Session

from internet_zone.applications.services import end
from internet_zone.certificates.services import take_certificate
from internet_zone.progress.services import note_progress
from internet_zone.units.services import take_units
from kernel.exchange import Handler, Received
from kernel.keys import TrustStore
from kernel.messages import Body, CertificateIssued, Kind, ProgressReported, UnitsPublished

B = TypeVar("B", bound=Body)


def handlers(trust: TrustStore) -> Mapping[str, Handler]:
    """The handler of every kind of message that may come to the portal."""

    def progress(session: Session, body: ProgressReported, _now: int) -> None:
        note_progress(session, body)
        if body.ended:
            end(session, body.case_no)

    def certificate(session: Session, body: CertificateIssued, now: int) -> None:
        take_certificate(session, trust, body, now)

    return {
        Kind.PROGRESS_REPORTED: _taking(ProgressReported, progress),
        Kind.CERTIFICATE_ISSUED: _taking(CertificateIssued, certificate),
        Kind.UNITS_PUBLISHED: _taking(UnitsPublished, take_units),
    }


def _taking(kind: type[B], function: Callable[[Session, B, int], None]) -> Handler:
    def handle(session: Session, received: Received) -> None:
        body = received.message.body
        if not isinstance(body, kind):
            raise TypeError(f"a route promises {kind.__name__}, the message has another body")
        function(session, body, received.received_at)

    return handle
