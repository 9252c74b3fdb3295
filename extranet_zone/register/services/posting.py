"""What an entry tells: its effect the mirror, particulars and ended certificates the portal."""

from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from extranet_zone.cases.ports import CaseView
from extranet_zone.register.lapse import has_lapsed
from extranet_zone.register.models import RegisterEntry
from extranet_zone.register.plans import FORMER, Plan
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import (
    UNIT_FACTS,
    Holder,
    RightState,
    SeizureState,
    UnitState,
)
from kernel.exchange.outbox import post
from kernel.messages import (
    CertificateEnded,
    EndedRight,
    Kind,
    Party,
    RecordedSeizure,
    RegisterRecorded,
    UnitListed,
    UnitsPublished,
)
from kernel.vocabulary.effects import Effect
from kernel.vocabulary.zones import Zone

_MAX_FACTS: Final = 48
"""Facts of the case that travel; the contract allows 50, two are the register's own."""
NO_DOCUMENT: Final = "未载明"
"""Stands for the number of a document that the stock does not have."""
_CANCELS: Final = frozenset(
    {
        Effect.RIGHT_CANCELLATION,
        Effect.MORTGAGE_CANCELLATION,
        Effect.EASEMENT_CANCELLATION,
        Effect.RESIDENCE_CANCELLATION,
        Effect.ADVANCE_NOTICE_CANCELLATION,
        Effect.OBJECTION_CANCELLATION,
    }
)
"""After these nothing takes the place of the right that ended."""
_ROLES: Final = {
    RightKind.OWNERSHIP: "holder",
    RightKind.MORTGAGE: "mortgagee",
    RightKind.EASEMENT: "beneficiary",
    RightKind.RESIDENCE: "beneficiary",
    RightKind.ADVANCE_NOTICE: "beneficiary",
    RightKind.OBJECTION: "objector",
}


def post_entry(
    session: Session,
    entry: RegisterEntry,
    case: CaseView,
    plan: Plan,
    before: UnitState,
    after: UnitState,
) -> None:
    """Post the entry to the intranet, and to the portal what it lists of the unit."""
    post(
        session,
        origin=Zone.EXTRANET,
        destination=Zone.INTRANET,
        kind=Kind.REGISTER_RECORDED,
        body=RegisterRecorded(
            entry_id=entry.id,
            log_no=entry.log_no,
            case_no=entry.case_no,
            unit_no=entry.unit_no,
            effect=entry.effect.value,
            registration_type=entry.registration_type,
            right_type=entry.right_type,
            certificate_no=entry.certificate_no,
            holders=[_party(plan, holder) for holder in plan.holders],
            facts=_facts(case, plan),
            recorded_at=entry.recorded_at,
            recorder=entry.recorder_name,
            right_kind=entry.about,
            ended=_ended(before, after),
            location=after.location,
            use=after.use,
            area=after.area,
            nature=after.nature,
            term=after.term,
            seizures=[_seizure(seizure) for seizure in after.seizures],
            predecessors=list(after.predecessors),
            successors=list(after.successors),
        ),
        case_no=entry.case_no,
        now=entry.recorded_at,
    )
    if any(getattr(before, name) != getattr(after, name) for name in (*UNIT_FACTS, "successors")):
        listed = UnitListed(
            unit_no=after.unit_no,
            location=after.location,
            use=after.use,
            closed=bool(after.successors),
        )
        post(
            session,
            origin=Zone.EXTRANET,
            destination=Zone.INTERNET,
            kind=Kind.UNITS_PUBLISHED,
            body=UnitsPublished(units=[listed]),
            case_no=None,
            now=entry.recorded_at,
        )

    for right in _ended_rights(before, after):
        if right.certificate_no:
            post(
                session,
                origin=Zone.EXTRANET,
                destination=Zone.INTERNET,
                kind=Kind.CERTIFICATE_ENDED,
                body=CertificateEnded(
                    certificate_no=right.certificate_no,
                    unit_no=entry.unit_no,
                    how=_how(entry, right),
                    ended_at=entry.recorded_at,
                ),
                case_no=None,
                now=entry.recorded_at,
            )


def _how(entry: RegisterEntry, right: RightState) -> str:
    if has_lapsed(right, date.fromisoformat(entry.day)):
        return "lapsed"
    return "cancelled" if entry.effect in _CANCELS else "superseded"


def _facts(case: CaseView, plan: Plan) -> dict[str, str]:
    facts = dict(list(case.facts.items())[:_MAX_FACTS])
    if plan.begins:
        facts["sharing"] = plan.begins.sharing
    if plan.ends:
        facts[FORMER] = plan.ends[0].certificate_no
    return facts


def _ended_rights(before: UnitState, after: UnitState) -> list[RightState]:
    staying = {right.id for right in after.rights}
    return [right for right in before.rights if right.id not in staying]


def _ended(before: UnitState, after: UnitState) -> list[EndedRight]:
    return [
        EndedRight(
            kind=right.kind.value,
            certificate_no=right.certificate_no,
            holders=[holder.name for holder in right.holders],
        )
        for right in _ended_rights(before, after)
    ]


def _party(plan: Plan, holder: Holder) -> Party:
    return Party(
        role=_ROLES[plan.about] if plan.about else "court",
        name=holder.name,
        kind=holder.kind or "1",
        document_type=holder.document_type,
        document_no=holder.document_no or NO_DOCUMENT,
        share=holder.share,
    )


def _seizure(seizure: SeizureState) -> RecordedSeizure:
    return RecordedSeizure(
        id=seizure.id,
        kind=seizure.kind.value,
        court=seizure.court,
        document_no=seizure.document_no,
        arrived_at=seizure.arrived_at,
        term_months=seizure.term_months,
        term_from=seizure.term_from,
        term_to=seizure.term_to,
    )
