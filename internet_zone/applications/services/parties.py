"""The people of an application: the applicant, who is fixed, and everybody the applicant names."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from internet_zone.applications.models import ApplicationParty
from internet_zone.applications.services.drafts import editable, entry
from kernel.audit import record
from kernel.db import new_id
from kernel.vocabulary.dictionaries import DocumentKind
from kernel.web.accounts import Person


@dataclass(frozen=True, slots=True)
class PartyDraft:
    """Somebody else who takes part, as the form states it."""

    role: str
    name: str
    document_type: str
    document_no: str
    phone: str
    share: str = ""


def set_parties(
    session: Session,
    person: Person,
    application_id: str,
    applicant_share: str,
    others: Sequence[PartyDraft],
) -> None:
    """Replace everybody but the applicant, whose share alone can be said."""
    application = editable(session, person, application_id)
    application.parties[0].share = applicant_share
    del application.parties[1:]
    session.flush()
    for position, other in enumerate(others, start=1):
        application.parties.append(
            ApplicationParty(
                id=new_id(),
                position=position,
                role=other.role,
                name=other.name,
                kind=DocumentKind(other.document_type).holder.code,
                document_type=other.document_type,
                document_no=other.document_no,
                phone=other.phone,
                share=other.share,
            )
        )
    record(session, entry(person, "application.parties", application_id))
