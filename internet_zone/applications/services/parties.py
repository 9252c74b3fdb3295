"""The people of an application: the applicant, who is fixed, and everybody the applicant names."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from internet_zone.applications.models import Application, ApplicationParty
from internet_zone.applications.services.drafts import editable, entry
from internet_zone.catalogue.items import Item
from kernel.audit import record
from kernel.db import new_id
from kernel.vocabulary.dictionaries import DocumentKind, HolderKind, OwnershipForm
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
                kind=_kind(other.document_type),
                document_type=other.document_type,
                document_no=other.document_no,
                phone=other.phone,
                share=other.share,
            )
        )
    record(session, entry(person, "application.parties", application_id))


def party_defect(application: Application, item: Item, ownership: str) -> str:
    """What is missing or contradicts the stated form of ownership; empty when nothing does."""
    missing = set(item.other_roles) - {party.role for party in application.parties}
    if missing:
        return "尚未填写对方当事人"
    if not item.share_role or not OwnershipForm.has(ownership):
        return ""
    owners = [party for party in application.parties if party.role == item.share_role]
    alone = len(owners) == 1
    if alone and ownership != OwnershipForm.SOLE:
        return "选择了共有，但只填写了一个受让方"
    if not alone and ownership == OwnershipForm.SOLE:
        return "选择了单独所有，但受让方不止一人"
    shares = [owner.share for owner in owners]
    if ownership == OwnershipForm.BY_SHARES and (
        not all(shares) or sum(Fraction(share) for share in shares) != 1
    ):
        return "按份共有须填写每个受让方的份额，合计为 1"
    return ""


def _kind(document_type: str) -> str:
    company = document_type == DocumentKind.BUSINESS_LICENCE
    return (HolderKind.COMPANY if company else HolderKind.PERSON).code
