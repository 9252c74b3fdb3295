"""What the case page shows, gathered in one read; parties are masked here, not in the template."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases import court
from extranet_zone.cases.models import Case, CaseMaterial, CaseParty, CaseStep, SpatialConclusion
from extranet_zone.cases.ports import Actor, Obstacle
from extranet_zone.cases.rules import rule_of
from extranet_zone.cases.services.catalogued import (
    GRANTED,
    NEEDS_OPEN_ITEM,
    ItemShown,
    Measured,
    in_yuan,
    item_shown,
    measured,
)
from extranet_zone.cases.services.checks import CHECKS_FACT, CheckMade, checks_made
from extranet_zone.cases.services.comparison import ComparedField, compare
from extranet_zone.cases.services.documents import Available, documents_of
from extranet_zone.cases.services.guards import colleague_s_act, defects_of
from extranet_zone.cases.services.payments import bills_of
from extranet_zone.cases.services.supplements import notices_of
from extranet_zone.cases.services.work import (
    CaseWork,
    circumstances,
    facts_of,
    load_visible,
    view_of,
)
from extranet_zone.cases.states import (
    Action,
    Guard,
    MaterialState,
    Mode,
    State,
    is_concluded,
)
from extranet_zone.cases.transitions import WORKFLOW, is_being_entered
from extranet_zone.catalogue.schema import CatalogueItem
from extranet_zone.clocks.services import ClockView, explained
from extranet_zone.clocks.states import ClockKind
from kernel.catalogue.fees import grantable
from kernel.clock import beijing_text, from_micros
from kernel.vocabulary.dictionaries import DocumentKind
from kernel.vocabulary.masks import mask_identity, mask_name, mask_phone
from kernel.vocabulary.zones import Zone

MAX_STEPS: Final = 500
_OWN_FACTS: Final = frozenset({GRANTED, CHECKS_FACT})
"""What the office itself adds to a case's facts; pages show it elsewhere."""


@dataclass(frozen=True, slots=True)
class PartyShown:
    """One party as a page may show it."""

    role: str
    name: str
    document_kind: str
    document_no: str
    phone: str
    share: str


@dataclass(frozen=True, slots=True)
class MaterialShown:
    """One file of the case."""

    position: int
    title: str
    file_name: str
    size: int
    pages: int
    state: MaterialState
    defect: str


@dataclass(frozen=True, slots=True)
class StepShown:
    """One step on the progress line."""

    label: str
    zone: Zone
    actor: str
    at: str
    note: str


@dataclass(frozen=True, slots=True)
class CheckShown:
    """One check of the spatial review."""

    label: str
    passed: bool
    finding: str


@dataclass(frozen=True, slots=True)
class ConclusionShown:
    """The spatial review's conclusion."""

    passed: bool
    opinion: str
    reviewer: str
    received: str
    concluded: str
    checks: tuple[CheckShown, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """An act this person may do now; ``blocked`` says what stands against it, or is empty."""

    action: Action
    needs_note: bool
    basis: str
    blocked: str
    reference: str = ""
    """What must be named with it, as the page asks; empty where nothing must."""
    materials: tuple[tuple[str, str], ...] = ()
    """Code and title of the materials that may be asked for with it."""


@dataclass(frozen=True, slots=True)
class NoticeShown:
    """One notice of defects."""

    number: int
    preliminary: bool
    state: str
    defects: tuple[str, ...]
    requested: str
    answered: str


@dataclass(frozen=True, slots=True)
class BillShown:
    """One amount; ``paid`` is empty while it is owed."""

    title: str
    amount: str
    paid: str
    basis: str
    receipt_no: str
    """Number of the payment voucher (缴款凭证); empty while it is owed."""


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything on the case page."""

    case_no: str
    version: int
    item_title: str
    item_basis: str
    mode: str
    state: State
    tone: str
    """How the case ended: ``good`` on the register, ``bad`` without; empty for neither."""
    unit_no: str
    location: str
    applicant: str
    declaration: str
    signed: str
    submitted: str
    received: str
    certificate_no: str
    facts: tuple[tuple[str, str], ...]
    clock: ClockView | None
    """The clock that matters most now; all of them are in ``clocks``."""
    clocks: tuple[ClockView, ...]
    notices: tuple[NoticeShown, ...]
    bills: tuple[BillShown, ...]
    province: str
    claimed_by: str
    editable: bool
    documents: tuple[Available, ...]
    """What can be printed for the applicant now."""
    parties: tuple[PartyShown, ...]
    materials: tuple[MaterialShown, ...]
    defects: tuple[str, ...]
    obstacles: tuple[Obstacle, ...]
    openness: tuple[Obstacle, ...]
    """What keeps the case out of 全豫通办, or must be looked into for that."""
    demanded: ItemShown
    exemptions: tuple[tuple[str, str], ...]
    """Code and words of the exemptions this person may grant now."""
    checks: tuple[CheckMade, ...]
    """What the window checked, by hand or by device."""
    comparison: tuple[ComparedField, ...]
    conclusion: ConclusionShown | None
    steps: tuple[StepShown, ...]
    offers: tuple[Offer, ...]


def case_page(session: Session, work: CaseWork, case_no: str, actor: Actor, now: int) -> CasePage:
    """Everything the case page shows to ``actor``.

    Raises :class:`kernel.errors.NotFoundError`: ``case_unknown``, ``edition_gone`` or
    ``item_unknown``.
    """
    case = load_visible(session, work, case_no, actor)
    found = measured(session, work, case, now)
    item = found.item
    view = view_of(case, item)
    final = is_concluded(case.state)
    clocks = _clocks(session, work, case_no, now)
    holds = circumstances(session, work, case, now)
    obstacles = () if final else tuple(work.register.obstacles(session, view))
    openness = () if final else found.openness()
    defects = () if final else tuple(defect.message for defect in defects_of(case, found))
    return CasePage(
        case_no=case.case_no,
        version=case.version,
        item_title=work.title_of(session, case),
        item_basis="；".join(item.basis),
        mode=case.mode.label,
        state=case.state,
        tone=_tone(case),
        unit_no=case.unit_no,
        location=case.location,
        applicant=mask_name(case.applicant),
        declaration=case.declaration,
        signed=f"{mask_name(case.signed_by)}，{_text(case.signed_at)}" if case.signed_by else "",
        submitted=_text(case.submitted_at),
        received=_text(case.received_at),
        certificate_no=case.certificate_no,
        facts=_facts(case, item),
        clock=_foremost(clocks),
        clocks=clocks,
        notices=_notices(session, case_no),
        bills=_bills(session, case_no),
        province=work.province.state_of(session, case_no),
        claimed_by=case.claimed_by,
        editable=is_being_entered(case.state),
        documents=documents_of(session, case, item),
        parties=masked_parties(case, item),
        materials=tuple(_material(material) for material in case.materials),
        defects=defects,
        obstacles=obstacles,
        openness=openness,
        demanded=item_shown(found),
        exemptions=_exemptions(case, found, actor, holds),
        checks=tuple(checks_made(session, case)),
        comparison=(
            ()
            if case.entry_id is not None  # The register says by now what this case made of it.
            else compare(view, found.on_register)
        ),
        conclusion=_conclusion(session.get(SpatialConclusion, case_no)),
        steps=_steps(session, case_no),
        offers=_offers(session, case, item, actor, holds, defects, obstacles, openness),
    )


def _tone(case: Case) -> str:
    """A cancellation ends well without a certificate; what others decide is neither."""
    if not is_concluded(case.state):
        return ""
    if case.entry_id is not None:
        return "good"
    elsewhere = case.mode is Mode.COURT or case.state is State.REMOTE_CONCLUDED
    return "" if elsewhere else "bad"


def masked_parties(case: Case, item: CatalogueItem) -> tuple[PartyShown, ...]:
    """The parties as everybody with access to the case sees them."""
    return tuple(
        _party(
            party,
            item,
            mask_name(party.name),
            mask_identity(party.document_no),
            mask_phone(party.phone),
        )
        for party in case.parties
    )


def whole_parties(case: Case, item: CatalogueItem) -> tuple[PartyShown, ...]:
    """The parties unmasked; only after the revealing has been audited."""
    return tuple(
        _party(party, item, party.name, party.document_no, party.phone) for party in case.parties
    )


def _party(
    party: CaseParty, item: CatalogueItem, name: str, document_no: str, phone: str
) -> PartyShown:
    titles: dict[str, str] = {listed.role: listed.title for listed in item.parties}
    kind = party.document_type
    return PartyShown(
        role=titles.get(party.role, party.role),
        name=name,
        document_kind=DocumentKind(kind).label if DocumentKind.has(kind) else kind,
        document_no=document_no,
        phone=phone,
        share=party.share,
    )


def _facts(case: Case, item: CatalogueItem) -> tuple[tuple[str, str], ...]:
    """The answers in the order of the form; then what the item does not ask, as it came."""
    asked, given = {fact.code: fact for fact in item.asked}, facts_of(case)
    codes = [code for code in asked if code in given]
    codes += [code for code in given if code not in asked and code not in _OWN_FACTS]

    def one(code: str) -> tuple[str, str]:
        of_court = court.shown(code, given[code]) if case.mode is Mode.COURT else None
        if of_court is not None:
            return of_court
        if code in asked:
            return asked[code].title, asked[code].shown(given[code])
        return code, given[code]

    return tuple(one(code) for code in codes)


def _material(material: CaseMaterial) -> MaterialShown:
    return MaterialShown(
        position=material.position,
        title=material.title,
        file_name=material.file_name,
        size=material.size,
        pages=material.pages,
        state=material.state,
        defect=material.defect,
    )


def _conclusion(found: SpatialConclusion | None) -> ConclusionShown | None:
    if found is None:
        return None
    return ConclusionShown(
        passed=bool(found.passed),
        opinion=found.opinion,
        reviewer=found.reviewer,
        received=_text(found.received_at),
        concluded=_text(found.concluded_at),
        checks=tuple(
            CheckShown(check["label"], bool(check["passed"]), check["finding"])
            for check in json.loads(found.checks)
        ),
    )


def _steps(session: Session, case_no: str) -> tuple[StepShown, ...]:
    rows = session.scalars(
        select(CaseStep)
        .where(CaseStep.case_no == case_no)
        .order_by(CaseStep.position)
        .limit(MAX_STEPS)
    )
    return tuple(
        StepShown(step.label, step.zone, step.actor_name, _text(step.at), step.note)
        for step in rows
    )


def _clocks(session: Session, work: CaseWork, case_no: str, now: int) -> tuple[ClockView, ...]:
    return tuple(
        explained(work.clocks, row, now) for row in work.clocks.clocks_of(session, case_no)
    )


def _foremost(clocks: tuple[ClockView, ...]) -> ClockView | None:
    """A running clock with a due moment, else a running one, else the promise, else the last."""
    for fits in (
        lambda clock: not clock.ended and clock.due,
        lambda clock: not clock.ended,
        lambda clock: clock.kind == ClockKind.HANDLING.label,
        lambda _clock: True,
    ):
        found = [clock for clock in clocks if fits(clock)]
        if found:
            return found[-1] if found[-1].ended else min(found, key=lambda clock: clock.due)
    return None


def _notices(session: Session, case_no: str) -> tuple[NoticeShown, ...]:
    return tuple(
        NoticeShown(
            number=notice.number,
            preliminary=bool(notice.preliminary),
            state=notice.state.label,
            defects=tuple(json.loads(notice.defects)),
            requested=_text(notice.requested_at),
            answered=_text(notice.answered_at) if notice.answered_at is not None else "",
        )
        for notice in notices_of(session, case_no)
    )


def _bills(session: Session, case_no: str) -> tuple[BillShown, ...]:
    return tuple(
        BillShown(
            bill.title,
            in_yuan(bill.amount_fen),
            _text(bill.paid_at) if bill.paid_at is not None else "",
            bill.basis,
            bill.receipt_no,
        )
        for bill in bills_of(session, case_no)
    )


def _exemptions(
    case: Case, found: Measured, actor: Actor, holds: Collection[Guard]
) -> tuple[tuple[str, str], ...]:
    offered = {row.action for row in WORKFLOW.actions(case.state, actor.roles, holds)}
    if Action.EXAMINE_FIRST not in offered:
        return ()
    return tuple(
        (rule.code, f"{rule.title}（{rule.basis}）")
        for rule in grantable(found.edition, found.item)
        if rule.code != found.granted
    )


def _offers(
    session: Session,
    case: Case,
    item: CatalogueItem,
    actor: Actor,
    holds: Collection[Guard],
    defects: Collection[str],
    obstacles: Collection[Obstacle],
    openness: Collection[Obstacle],
) -> tuple[Offer, ...]:
    blocking = [obstacle.message for obstacle in obstacles if obstacle.blocking]
    offers = []
    for row in WORKFLOW.actions(case.state, actor.roles, holds):
        action, rule = row.action, rule_of(row.action)
        reasons = []
        earlier = colleague_s_act(session, case, action, actor)
        if earlier is not None:
            reasons.append(f"您已办理“{earlier.label}”，须由他人办理")
        if rule.materials:
            reasons += defects
        if rule.clear_register:
            reasons += blocking
        if action in NEEDS_OPEN_ITEM:
            reasons += [obstacle.message for obstacle in openness if obstacle.blocking]
        offers.append(
            Offer(
                action,
                rule.note,
                row.basis,
                "；".join(reasons),
                rule.reference,
                tuple((listed.code, listed.title) for listed in item.materials)
                if rule.asks_materials
                else (),
            )
        )
    return tuple(offers)


def _text(micros: int) -> str:
    return beijing_text(from_micros(micros))
