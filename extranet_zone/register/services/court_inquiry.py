"""What an authority is told of the register when it asks by law; every look is audited."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.ports import (
    Actor,
    Inquiry,
    MortgageRecord,
    RegisterFacts,
    RegisterHolder,
    SeizureStanding,
    UnitRecord,
)
from extranet_zone.grounds import require_ground
from extranet_zone.register.lapse import day_of, settle
from extranet_zone.register.models import Unit
from extranet_zone.register.services.reading import unit_state
from extranet_zone.register.services.search import (
    Look,
    Purpose,
    open_unit,
    units_owned,
)
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import UnitState


def facts_of_state(state: UnitState) -> RegisterFacts:
    """A settled unit as case work compares it with an application."""
    ownership = state.ownership
    return RegisterFacts(
        unit_no=state.unit_no,
        location=state.location,
        use=state.use,
        area=state.area,
        certificate_no=ownership.certificate_no if ownership else "",
        holders=tuple(
            RegisterHolder(holder.name, holder.document_type, holder.document_no, holder.share)
            for holder in (ownership.holders if ownership else ())
        ),
        mortgages=len(state.mortgages),
        seizures=len(state.seizures),
        objections=len(state.of(RightKind.OBJECTION)),
    )


def queue_of(session: Session, unit_no: str, day: date) -> tuple[SeizureStanding, ...]:
    """The seizures of the unit on ``day``, by rank; none for a unit that is not on file."""
    state = unit_state(session, unit_no)
    return _standing(settle(state, day)) if state is not None else ()


def inquire(
    session: Session, inquiry: Inquiry, actor: Actor, limit: int, now: int
) -> Sequence[UnitRecord]:
    """At most ``limit`` records, by unit number: of the unit, or of every unit the person has.

    Raises :class:`kernel.errors.InvalidValueError` with code ``ground_missing``.
    """
    look = Look(Purpose.AUTHORITY_REQUEST, require_ground(inquiry.ground), actor)
    return tuple(
        _record(session, unit_no, look, now) for unit_no in _meant(session, inquiry, limit)
    )


def _meant(session: Session, inquiry: Inquiry, limit: int) -> Sequence[str]:
    if inquiry.unit_no:
        found = session.scalar(select(Unit.unit_no).where(Unit.unit_no == inquiry.unit_no))
        return (found,) if found is not None else ()
    if not inquiry.owner or not inquiry.document_no:
        return ()
    owned = units_owned(inquiry.owner, inquiry.document_no).order_by(Unit.unit_no).limit(limit)
    return [unit.unit_no for unit in session.scalars(owned)]


def _record(session: Session, unit_no: str, look: Look, now: int) -> UnitRecord:
    state = settle(open_unit(session, unit_no, look, now).state, day_of(now))
    return UnitRecord(
        facts_of_state(state),
        tuple(
            MortgageRecord(right.certificate_no, tuple(holder.name for holder in right.holders))
            for right in state.mortgages
        ),
        _standing(state),
    )


def _standing(state: UnitState) -> tuple[SeizureStanding, ...]:
    return tuple(
        SeizureStanding(
            place=place,
            kind=seizure.kind.label,
            court=seizure.court,
            document_no=seizure.document_no,
            served_at=seizure.arrived_at,
            term_from=seizure.term_from,
            term_to=seizure.term_to,
        )
        for place, seizure in enumerate(state.seizures, 1)
    )
