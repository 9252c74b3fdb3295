"""What case work depends on, and how a case is loaded and shown to the register."""

import json
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.court import INQUIRY_TITLE, REQUEST, Request
from extranet_zone.cases.flow import Circumstances, guards_of
from extranet_zone.cases.models import (
    Bill,
    Case,
    NoticeState,
    PaperState,
    SpatialConclusion,
    SupplementNotice,
)
from extranet_zone.cases.ports import (
    Actor,
    CaseView,
    Certificates,
    FeeSchedule,
    PartyView,
    Province,
    Register,
)
from extranet_zone.cases.services.fees import CatalogueFees
from extranet_zone.cases.states import Guard, MaterialState, Mode
from extranet_zone.cases.transitions import states_before_recording
from extranet_zone.catalogue.schema import CatalogueItem
from extranet_zone.catalogue.services import Catalogue
from extranet_zone.clocks.services import ClockKeeper
from kernel.catalogue.subjects import with_statements
from kernel.errors import NotFoundError
from kernel.materials import MaterialsStore


@dataclass(frozen=True, slots=True)
class CaseWork:
    """The parts of the platform that the acts on a case need; wired in ``app.py``."""

    catalogue: Catalogue
    clocks: ClockKeeper
    store: MaterialsStore
    register: Register
    certificates: Certificates
    province: Province
    authority: str
    """Division code of the authority this platform serves."""
    fees: FeeSchedule = field(default_factory=CatalogueFees)

    def item_of(self, session: Session, case: Case) -> CatalogueItem:
        """The case's item, in the edition the case is handled under.

        Raises :class:`NotFoundError`: ``edition_gone`` or ``item_unknown``.
        """
        return self.catalogue.item(session, case.edition, case.item_code)

    def title_of(self, session: Session, case: Case) -> str:
        """The title of the case's item, or its code when the edition is not there."""
        if case.mode is Mode.COURT and facts_of(case).get(REQUEST) == Request.INQUIRY:
            return INQUIRY_TITLE
        return self.catalogue.title_of(session, case.edition, case.item_code)


def load_case(session: Session, case_no: str, *, for_change: bool = False) -> Case:
    """The case; ``for_change`` holds its row until the transaction ends.

    Raises :class:`NotFoundError` with code ``case_unknown``.
    """
    case = session.get(Case, case_no, with_for_update=True if for_change else None)
    if case is None:
        raise NotFoundError("case_unknown", "没有这个办件号的办件")
    return case


def load_visible(
    session: Session, work: CaseWork, case_no: str, actor: Actor, *, for_change: bool = False
) -> Case:
    """The case, for somebody of the authority that decides or collected it.

    Raises :class:`NotFoundError` with code ``case_unknown``, for another authority's case too: that
    there is one is not theirs to know.
    """
    case = load_case(session, case_no, for_change=for_change)
    if (actor.authority or work.authority) not in (case.home_authority, case.collecting_authority):
        raise NotFoundError("case_unknown", "没有这个办件号的办件", foreign=1)
    return case


def circumstances(session: Session, work: CaseWork, case: Case, now: int) -> frozenset[Guard]:
    """The guards that hold for the case now."""
    item = work.item_of(session, case)
    conclusion = session.get(SpatialConclusion, case.case_no)
    notified = session.scalar(
        select(SupplementNotice.number)
        .where(
            SupplementNotice.case_no == case.case_no,
            SupplementNotice.preliminary == 0,
            SupplementNotice.state.in_((NoticeState.SENT, NoticeState.ANSWERED)),
        )
        .limit(1)
    )
    return guards_of(
        Circumstances(
            item=item,
            mode=case.mode,
            at_home=case.home_authority == work.authority,
            collected_here=case.collecting_authority == work.authority,
            spatially_passed=conclusion is not None and bool(conclusion.passed),
            notified=notified is not None,
            paper_awaited=case.paper is PaperState.AWAITED,
            announced=case.announced_at is not None,
            announcement_over=case.announced_until is not None and now > case.announced_until,
            owed=bool(unpaid(session, case.case_no)),
            court_inquiry=facts_of(case).get(REQUEST) == Request.INQUIRY,
        )
    )


def unpaid(session: Session, case_no: str) -> list[Bill]:
    """What the case still owes."""
    return list(
        session.scalars(
            select(Bill)
            .where(Bill.case_no == case_no, Bill.paid_at.is_(None))
            .order_by(Bill.number)
        )
    )


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


def stated_facts(case: Case, item: CatalogueItem) -> dict[str, str]:
    """The facts with what written statements among the materials say; damaged ones say nothing."""
    present = {m.code for m in case.materials if m.state is MaterialState.PRESENT}
    return with_statements(item, facts_of(case), present)


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
        facts=stated_facts(case, item),
    )
