"""What case work depends on, and how a case is loaded and shown to the register."""

import json
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case
from extranet_zone.cases.ports import CaseView, Certificates, PartyView, Register
from extranet_zone.cases.states import states_before_recording
from extranet_zone.catalogue.schema import CatalogueItem
from extranet_zone.catalogue.services import Catalogue
from extranet_zone.clocks.working_time import WorkingCalendar
from kernel.errors import NotFoundError
from kernel.materials import MaterialsStore


@dataclass(frozen=True, slots=True)
class CaseWork:
    """The parts of the platform that the acts on a case need; wired in ``app.py``."""

    catalogue: Catalogue
    calendar: WorkingCalendar
    store: MaterialsStore
    register: Register
    certificates: Certificates

    def item_of(self, session: Session, case: Case) -> CatalogueItem:
        """The case's item, in the edition the case is handled under.

        Raises :class:`NotFoundError`: ``edition_gone`` or ``item_unknown``.
        """
        return self.catalogue.item(session, case.edition, case.item_code)

    def title_of(self, session: Session, case: Case) -> str:
        """The title of the case's item, or its code when the edition is not there."""
        return self.catalogue.title_of(session, case.edition, case.item_code)


def load_case(session: Session, case_no: str, *, for_change: bool = False) -> Case:
    """The case; ``for_change`` holds its row until the transaction ends.

    Raises :class:`NotFoundError` with code ``case_unknown``.
    """
    case = session.get(Case, case_no, with_for_update=True if for_change else None)
    if case is None:
        raise NotFoundError("case_unknown", "没有这个办件号的办件")
    return case


def has_other_case(session: Session, unit_no: str, case_no: str) -> bool:
    """Whether another case than ``case_no`` on the unit still waits for its recording."""
    return (
        session.scalar(
            select(Case.case_no)
            .where(
                Case.unit_no == unit_no,
                Case.case_no != case_no,
                Case.state.in_(states_before_recording()),
            )
            .limit(1)
        )
        is not None
    )


def has_earlier_case(session: Session, unit_no: str, case_no: str) -> bool:
    """Whether a case on the unit that was accepted before ``case_no`` still waits for recording."""
    accepted_at = session.scalar(select(Case.accepted_at).where(Case.case_no == case_no))
    if accepted_at is None:
        return False
    return (
        session.scalar(
            select(Case.case_no)
            .where(
                Case.unit_no == unit_no,
                Case.case_no != case_no,
                Case.accepted_at < accepted_at,
                Case.state.in_(states_before_recording()),
            )
            .limit(1)
        )
        is not None
    )


def facts_of(case: Case) -> dict[str, str]:
    """What the item's form asked beyond parties and unit."""
    facts: dict[str, str] = json.loads(case.facts)
    return facts


def view_of(case: Case, item: CatalogueItem) -> CaseView:
    """The case as register and certificates get it."""
    return CaseView(
        case_no=case.case_no,
        item_code=item.code,
        item_title=item.title,
        effect=item.effect,
        registration_type=item.registration_type,
        right_type=item.right_type,
        unit_no=case.unit_no,
        applicant=case.applicant,
        parties=tuple(
            PartyView(
                role=party.role,
                name=party.name,
                kind=party.kind,
                document_type=party.document_type,
                document_no=party.document_no,
                phone=party.phone,
                share=party.share,
            )
            for party in case.parties
        ),
        facts=facts_of(case),
    )
