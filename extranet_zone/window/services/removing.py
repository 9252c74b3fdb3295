"""Removing what a working day has passed over: readings nobody took, portraits, old orders.

A file goes before its row: a crash in between leaves a row that the next pass removes.
"""

import time
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import CaseMaterial
from extranet_zone.clocks.working_time import WorkingCalendar, count_working_days
from extranet_zone.window.contract import ReadingKind
from extranet_zone.window.models import ReadingState, WindowOrder, WindowReading
from extranet_zone.window.services.inbox import AGENT
from kernel import audit
from kernel.clock import from_micros, to_micros
from kernel.materials import MaterialsStore

BATCH: Final = 200
WITHOUT_CALENDAR: Final = timedelta(hours=96)
AT_LEAST: Final = timedelta(hours=8)
"""Younger than this nothing is old, whatever the calendar says."""
SETTLED_SECONDS: Final = 3600
"""A file written more lately may be somebody's upload under way."""
_PORTRAITS: Final = (ReadingKind.IDENTITY, ReadingKind.FACE)


def remove_old(session: Session, store: MaterialsStore, calendar: WorkingCalendar, now: int) -> int:
    """One pass over at most :data:`BATCH` readings; answers how many were removed."""
    rows = session.scalars(
        select(WindowReading)
        .where(
            WindowReading.received_at < now - _micros(AT_LEAST),
            or_(
                WindowReading.state != ReadingState.TAKEN,
                # A portrait is no material of the case.
                (WindowReading.kind.in_(_PORTRAITS)) & (WindowReading.size > 0),
            ),
        )
        .order_by(WindowReading.received_at)
        .limit(BATCH)
        # Held: what somebody takes over at this very moment is theirs, and is passed over.
        .with_for_update()
    ).all()
    removed = 0
    for row in rows:
        if not is_old(calendar, row.received_at, now):
            continue
        gone = _remove_file(session, store, row)
        if row.state is ReadingState.TAKEN:
            row.size = 0
        else:
            session.delete(row)
        session.flush()
        removed += 1
        audit.record(
            session,
            audit.AuditEntry(
                actor=AGENT,
                act="window.reading_removed",
                object_kind="window_reading",
                object_id=row.id,
                case_no=row.case_no,
                detail={
                    "kind": row.kind.value,
                    "state": row.state.value,
                    "digest": row.digest,
                    "file_removed": int(gone),
                },
            ),
        )
    _remove_orders(session, calendar, now)
    return removed


def is_old(calendar: WorkingCalendar, at: int, now: int) -> bool:
    """Whether the working day after ``at`` is over."""
    begun = from_micros(at)
    due = count_working_days(calendar, begun, 1).due or begun + WITHOUT_CALENDAR
    return now > to_micros(due)


def _remove_file(session: Session, store: MaterialsStore, row: WindowReading) -> bool:
    if not row.file_digest:
        return False
    named = session.scalar(
        select(CaseMaterial.case_no).where(CaseMaterial.digest == row.file_digest).limit(1)
    ) or session.scalar(
        select(WindowReading.id)
        .where(
            WindowReading.file_digest == row.file_digest,
            WindowReading.id != row.id,
            WindowReading.size > 0,
        )
        .limit(1)
    )
    return named is None and store.remove(row.file_digest, time.time() - SETTLED_SECONDS)


def _remove_orders(session: Session, calendar: WorkingCalendar, now: int) -> None:
    oldest = session.scalars(
        select(WindowOrder)
        .where(
            WindowOrder.asked_at < now - _micros(AT_LEAST),
            WindowOrder.id.not_in(
                select(WindowReading.order_id).where(WindowReading.order_id.is_not(None))
            ),
        )
        .order_by(WindowOrder.asked_at)
        .limit(BATCH)
    ).all()
    gone = [asked.id for asked in oldest if is_old(calendar, asked.asked_at, now)]
    if gone:
        session.execute(delete(WindowOrder).where(WindowOrder.id.in_(gone)))


def _micros(length: timedelta) -> int:
    return int(length.total_seconds()) * 1_000_000
