"""Taking one's own certificate, which is put on record."""

from sqlalchemy.orm import Session

from internet_zone.applications.models import Application
from kernel.audit import AuditEntry, record
from kernel.web.accounts import Person


def note_download(
    session: Session, person: Person, application: Application, certificate_no: str
) -> None:
    """Put on record that the owner took the certificate."""
    record(
        session,
        AuditEntry(
            person.login,
            "certificate.download",
            "certificate",
            certificate_no,
            case_no=application.case_no,
            roles=tuple(person.roles),
        ),
    )
