"""Keeping what stands on a mirrored unit: the effect of an entry as the platform sent it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from intranet_zone.mirror.models import MirrorRight, MirrorSeizure, MirrorUnit
from kernel.db import new_id
from kernel.messages import EndedRight, RegisterRecorded
from kernel.vocabulary.dictionaries import SeizureKind
from kernel.vocabulary.unit import PARCEL_LENGTH

MAX_SHOWN: Final = 100
KINDS: Final = {
    "ownership": "所有权、使用权",
    "mortgage": "抵押权",
    "easement": "地役权",
    "residence": "居住权",
    "advance_notice": "预告登记",
    "objection": "异议登记",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A right in force, for a page."""

    kind: str
    certificate_no: str
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seized:
    """A seizure, for a page."""

    position: int
    kind: str
    court: str
    document_no: str
    term_from: str
    term_to: str


def take_effect(session: Session, body: RegisterRecorded) -> None:
    """Do to the mirror what the entry did to the register.

    A message of a platform that recorded four effects alone says nothing of it, and does nothing.
    """
    if not body.right_kind:
        return
    for ended in body.ended:
        _end(session, body, ended)
    if body.certificate_no:
        names = [holder.name for holder in body.holders]
        _begin(session, body.unit_no, body.right_kind, body.certificate_no, names, body.entry_id)
    _update_unit(session, body)
    session.execute(delete(MirrorSeizure).where(MirrorSeizure.unit_no == body.unit_no))
    session.add_all(
        MirrorSeizure(
            unit_no=body.unit_no,
            position=position,
            id=seizure.id,
            kind=seizure.kind,
            court=seizure.court,
            document_no=seizure.document_no,
            arrived_at=seizure.arrived_at,
            term_from=seizure.term_from,
            term_to=seizure.term_to,
        )
        for position, seizure in enumerate(body.seizures, 1)
    )


def begin_stock(session: Session, unit_no: str, line: dict[str, Any]) -> None:
    """The rights that a line of the stock (decoded JSON) has of a unit new to the mirror."""
    names = [holder["name"] for holder in line.get("holders", [])]
    if line.get("certificate_no"):
        _begin(session, unit_no, "ownership", line["certificate_no"], names, None)
    for mortgage in line.get("mortgages", []):
        lender = [mortgage["mortgagee"]]
        _begin(session, unit_no, "mortgage", mortgage["certificate_no"], lender, None)
    for found in line.get("restrictions", []):
        if found["kind"] != "seizure":
            _begin(session, unit_no, found["kind"], "", [found["by"]], None)
    seizures = [found for found in line.get("restrictions", []) if found["kind"] == "seizure"]
    for position, found in enumerate(sorted(seizures, key=lambda row: row["recorded_on"]), 1):
        kind = SeizureKind.QUEUED if position > 1 else SeizureKind.SEIZURE
        session.add(
            MirrorSeizure(
                unit_no=unit_no,
                position=position,
                id=new_id(),
                kind=kind.value,
                court=found["by"],
                document_no=found["document"],
                arrived_at=0,
                term_from="",
                term_to="",
            )
        )


def standing_of(session: Session, unit_no: str) -> Sequence[Standing]:
    """The rights in force."""
    rows = session.scalars(
        select(MirrorRight)
        .where(MirrorRight.unit_no == unit_no, MirrorRight.ended_by.is_(None))
        .order_by(MirrorRight.kind, MirrorRight.certificate_no)
        .limit(MAX_SHOWN)
    )
    return [
        Standing(KINDS.get(row.kind, row.kind), row.certificate_no, tuple(json.loads(row.holders)))
        for row in rows
    ]


def seizures_of(session: Session, unit_no: str) -> Sequence[Seized]:
    """The seizures by rank."""
    rows = session.scalars(
        select(MirrorSeizure)
        .where(MirrorSeizure.unit_no == unit_no)
        .order_by(MirrorSeizure.position)
        .limit(MAX_SHOWN)
    )
    return [
        Seized(
            row.position,
            SeizureKind(row.kind).label,
            row.court,
            row.document_no,
            row.term_from,
            row.term_to,
        )
        for row in rows
    ]


def _end(session: Session, body: RegisterRecorded, ended: EndedRight) -> None:
    rows = session.scalars(
        select(MirrorRight).where(
            MirrorRight.unit_no == body.unit_no,
            MirrorRight.kind == ended.kind,
            MirrorRight.certificate_no == ended.certificate_no,
            MirrorRight.ended_by.is_(None),
        )
    ).all()
    if not ended.certificate_no:
        # Notices of the stock have no number: their holders tell which one it is.
        rows = [row for row in rows if json.loads(row.holders) == ended.holders][:1]
    for row in rows:
        row.ended_by = body.entry_id


def _begin(
    session: Session,
    unit_no: str,
    kind: str,
    certificate_no: str,
    holders: Sequence[str],
    entry_id: str | None,
) -> None:
    session.add(
        MirrorRight(
            id=new_id(),
            unit_no=unit_no,
            kind=kind,
            certificate_no=certificate_no,
            holders=json.dumps(list(holders), ensure_ascii=False),
            begun_by=entry_id,
            ended_by=None,
        )
    )


def _update_unit(session: Session, body: RegisterRecorded) -> None:
    particulars: dict[str, object] = {
        "location": body.location,
        "use": body.use,
        "area_m2": body.area,
        "predecessors": body.predecessors,
        "successors": body.successors,
    }
    unit = session.get(MirrorUnit, body.unit_no)
    if unit is None:
        session.add(
            MirrorUnit(
                unit_no=body.unit_no,
                parcel_no=body.unit_no[:PARCEL_LENGTH],
                location=body.location,
                body=json.dumps({**particulars, "certificate_no": ""}, ensure_ascii=False),
            )
        )
        return
    unit.location = body.location
    known = {**json.loads(unit.body), **particulars}
    unit.body = json.dumps(known, ensure_ascii=False, sort_keys=True)
