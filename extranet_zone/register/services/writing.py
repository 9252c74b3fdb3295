"""Putting a unit's rows into the state that an entry says it has after it."""

import json
from dataclasses import astuple
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from extranet_zone.register.lapse import has_lapsed, last_day
from extranet_zone.register.models import RegisterEntry, Right, RightHolder, Seizure, Unit
from extranet_zone.register.services.addresses import note_addresses
from extranet_zone.register.states import RightStatus
from extranet_zone.register.unit_state import UNIT_FACTS, RightState, SeizureState, UnitState
from kernel.clock import BEIJING, to_micros


def write_difference(
    session: Session, entry: RegisterEntry, before: UnitState, after: UnitState
) -> None:
    """Make the rows of the unit say ``after``, where they said ``before``, by ``entry``."""
    if any(getattr(before, name) != getattr(after, name) for name in UNIT_FACTS):
        unit = session.get_one(Unit, entry.unit_no)
        for name in UNIT_FACTS:
            setattr(unit, name, getattr(after, name))
        if before.location != after.location:
            note_addresses(session, {unit.parcel_no: [after.location]})
    _write_rights(session, entry, before, after)
    _write_seizures(session, entry, before, after)


def _write_rights(
    session: Session, entry: RegisterEntry, before: UnitState, after: UnitState
) -> None:
    known = {right.id: right for right in before.rights}
    staying = {right.id for right in after.rights}
    today = date.fromisoformat(entry.day)
    for right in before.rights:
        if right.id not in staying:
            row = session.get_one(Right, right.id)
            row.status, row.ended_by = RightStatus.ENDED, entry.id
            last = last_day(right) if has_lapsed(right, today) else None
            row.ended_at = _midnight_after(last) if last else entry.recorded_at
    for right in after.rights:
        if right.id not in known:
            session.add(_new_right(entry, right))
        elif right != known[right.id]:
            session.get_one(Right, right.id).facts = _json(right)


def _write_seizures(
    session: Session, entry: RegisterEntry, before: UnitState, after: UnitState
) -> None:
    known = {seizure.id: seizure for seizure in before.seizures}
    staying = {seizure.id for seizure in after.seizures}
    for seizure in before.seizures:
        if seizure.id not in staying:
            row = session.get_one(Seizure, seizure.id)
            row.status, row.ended_by = RightStatus.ENDED, entry.id
            lapsed = bool(seizure.term_to) and seizure.term_to < entry.day
            row.ended_at = (
                _midnight_after(date.fromisoformat(seizure.term_to))
                if lapsed
                else entry.recorded_at
            )
    for seizure in after.seizures:
        if seizure.id not in known:
            session.add(_new_seizure(entry, seizure))
        elif astuple(seizure) != astuple(known[seizure.id]):
            row = session.get_one(Seizure, seizure.id)
            row.kind = seizure.kind
            row.term_from, row.term_to = seizure.term_from, seizure.term_to


def _new_right(entry: RegisterEntry, right: RightState) -> Right:
    return Right(
        id=right.id,
        unit_no=entry.unit_no,
        kind=right.kind,
        right_type=right.right_type,
        certificate_no=right.certificate_no,
        sharing=right.sharing,
        status=RightStatus.CURRENT,
        recorded_at=right.recorded_at,
        ended_at=None,
        begun_by=entry.id,
        ended_by=None,
        facts=_json(right),
        holders=[
            RightHolder(
                right_id=right.id,
                position=position,
                name=holder.name,
                kind=holder.kind,
                document_type=holder.document_type,
                document_no=holder.document_no,
                share=holder.share,
            )
            for position, holder in enumerate(right.holders, 1)
        ],
    )


def _new_seizure(entry: RegisterEntry, seizure: SeizureState) -> Seizure:
    return Seizure(
        id=seizure.id,
        unit_no=entry.unit_no,
        kind=seizure.kind,
        court=seizure.court,
        document_no=seizure.document_no,
        court_case_no=seizure.court_case_no,
        debtor=seizure.debtor,
        arrived_at=seizure.arrived_at,
        term_months=seizure.term_months,
        term_from=seizure.term_from,
        term_to=seizure.term_to,
        status=RightStatus.CURRENT,
        recorded_at=seizure.recorded_at,
        ended_at=None,
        begun_by=entry.id,
        ended_by=None,
    )


def _json(right: RightState) -> str:
    return json.dumps(dict(right.facts), ensure_ascii=False, sort_keys=True)


def _midnight_after(day: date) -> int:
    return to_micros(datetime.combine(day + timedelta(days=1), time(), BEIJING))
