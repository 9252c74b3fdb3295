"""Taking in recorded entries and the stock, and looking a unit up."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from intranet_zone.mirror.models import MirrorEntry, MirrorUnit
from kernel.audit import AuditEntry, record
from kernel.db import Database
from kernel.errors import InvalidValueError, RefusedError
from kernel.messages import RegisterRecorded
from kernel.vocabulary.effects import Effect
from kernel.vocabulary.unit import UnitNo

BATCH: Final = 500
MAX_ENTRIES: Final = 100
MAX_REFUSED: Final = 100
EFFECTS: Final = {effect.value: effect.label for effect in Effect}


@dataclass(slots=True)
class StockReport:
    """Units stored, and bad lines by number."""

    stored: int = 0
    refused: list[str] = field(default_factory=list)


def take_entry(session: Session, body: RegisterRecorded, now: int) -> None:
    """Mirror one recorded entry; the same entry twice is one.

    Raises :class:`RefusedError` with code ``log_no_taken`` when another entry has its log number.
    """
    if session.get(MirrorEntry, body.entry_id) is not None:
        return
    taken = session.scalars(
        select(MirrorEntry.entry_id).where(MirrorEntry.log_no == body.log_no)
    ).first()
    if taken:
        raise RefusedError("log_no_taken", "登簿日志号已被另一条记录占用")
    session.add(
        MirrorEntry(
            entry_id=body.entry_id,
            log_no=body.log_no,
            case_no=body.case_no,
            unit_no=body.unit_no,
            effect=body.effect,
            certificate_no=body.certificate_no,
            body=body.model_dump_json(),
            recorded_at=body.recorded_at,
            mirrored_at=now,
        )
    )
    record(
        session,
        AuditEntry("system:exchange", "mirror.entry", "entry", body.entry_id, body.case_no),
    )


def load_stock(database: Database, lines: Iterable[str]) -> StockReport:
    """Load the stock, one JSON object a line; loading it again changes nothing."""
    report, numbered = StockReport(), iter(enumerate(lines, start=1))
    while batch := list(islice(numbered, BATCH)):
        with database.begin() as session:
            for number, line in batch:
                try:
                    session.merge(_unit(line))
                    report.stored += 1
                except (ValueError, KeyError, TypeError, InvalidValueError):
                    if len(report.refused) < MAX_REFUSED:
                        report.refused.append(f"第 {number} 行")
    return report


def entries_of(session: Session, unit_no: str) -> Sequence[MirrorEntry]:
    """The newest entries of a unit, the newest first."""
    return session.scalars(
        select(MirrorEntry)
        .where(MirrorEntry.unit_no == unit_no)
        .order_by(MirrorEntry.log_no.desc())
        .limit(MAX_ENTRIES)
    ).all()


def unit_of(session: Session, unit_no: str) -> MirrorUnit | None:
    """The unit as it was loaded."""
    return session.get(MirrorUnit, unit_no)


def _unit(line: str) -> MirrorUnit:
    found = json.loads(line)
    unit = UnitNo.parse(found["unit_no"])
    return MirrorUnit(
        unit_no=str(unit),
        parcel_no=unit.parcel_no,
        location=str(found["location"])[:200],
        body=json.dumps(found, ensure_ascii=False, sort_keys=True),
    )
