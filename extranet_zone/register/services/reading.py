"""What stands on the register for one unit, as values the rules and the entries work with."""

import json
from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from extranet_zone.register.lapse import rank
from extranet_zone.register.models import Right, RightHolder, Seizure, Unit, UnitLineage
from extranet_zone.register.states import RightKind, RightStatus
from extranet_zone.register.unit_state import Holder, RightState, SeizureState, UnitState
from kernel.errors import UnavailableError


def unit_state(session: Session, unit_no: str) -> UnitState | None:
    """The unit as its last entry left it, not settled; nothing when it is not on file.

    Reads what is committed now, whatever the session has seen before. Raises
    :class:`UnavailableError` (``register_inconsistent``) when two ownerships are current.
    """
    unit = session.get(Unit, unit_no, populate_existing=True)
    if unit is None:
        return None
    rights = tuple(right_state(right) for right in current_rights(session, unit_no))
    if sum(right.kind is RightKind.OWNERSHIP for right in rights) > 1:
        raise UnavailableError("register_inconsistent", "登记簿数据不一致：单元有多项现势所有权")
    steps = session.execute(
        select(UnitLineage.predecessor, UnitLineage.successor)
        .where(or_(UnitLineage.predecessor == unit_no, UnitLineage.successor == unit_no))
        .order_by(UnitLineage.predecessor, UnitLineage.successor)
    ).all()
    return UnitState(
        unit_no=unit.unit_no,
        location=unit.location,
        use=unit.use,
        area=unit.area,
        nature=unit.nature,
        term=unit.term,
        rights=rights,
        seizures=tuple(
            sorted((seizure_state(row) for row in current_seizures(session, unit_no)), key=rank)
        ),
        predecessors=tuple(old for old, new in steps if new == unit_no),
        successors=tuple(new for old, new in steps if old == unit_no),
    )


def current_rights(session: Session, unit_no: str) -> Sequence[Right]:
    """The rights in force, oldest first."""
    return session.scalars(
        select(Right)
        .where(Right.unit_no == unit_no, Right.status == RightStatus.CURRENT)
        .order_by(Right.recorded_at, Right.id)
        .execution_options(populate_existing=True)
    ).all()


def current_seizures(session: Session, unit_no: str) -> Sequence[Seizure]:
    """The seizures in effect or queued, by arrival."""
    return session.scalars(
        select(Seizure)
        .where(Seizure.unit_no == unit_no, Seizure.status == RightStatus.CURRENT)
        .order_by(Seizure.arrived_at, Seizure.recorded_at, Seizure.id)
        .execution_options(populate_existing=True)
    ).all()


def right_state(right: Right) -> RightState:
    """A row of rights as a value."""
    return RightState(
        id=right.id,
        kind=right.kind,
        right_type=right.right_type,
        certificate_no=right.certificate_no,
        sharing=right.sharing,
        holders=tuple(_holder(row) for row in right.holders),
        facts={str(code): str(value) for code, value in json.loads(right.facts).items()},
        recorded_at=right.recorded_at,
    )


def seizure_state(row: Seizure) -> SeizureState:
    """A row of seizures as a value."""
    return SeizureState(
        id=row.id,
        kind=row.kind,
        court=row.court,
        document_no=row.document_no,
        court_case_no=row.court_case_no,
        debtor=row.debtor,
        arrived_at=row.arrived_at,
        term_months=row.term_months,
        term_from=row.term_from,
        term_to=row.term_to,
        recorded_at=row.recorded_at,
    )


def _holder(row: RightHolder) -> Holder:
    return Holder(row.name, row.kind, row.document_type, row.document_no, row.share)
