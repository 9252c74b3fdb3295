"""Starting, pausing and ending clocks in the transaction of the act that does it.

A verb that finds nothing to do does nothing: ending a clock that does not run, resuming one that is
not paused. A due moment that cannot be computed for want of a calendar is a note on the row, and
``recompute`` fills it in when the calendar has been loaded; nothing is lost meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.clocks.models import ClockPause, ClockRow
from extranet_zone.clocks.rules import ClockRule, ClockRules
from extranet_zone.clocks.states import ClockKind, SuspensionReason
from extranet_zone.clocks.working_time import (
    Count,
    Pause,
    WorkingCalendar,
    count_half_days,
    count_working_days,
)
from kernel.clock import from_micros, to_micros
from kernel.db import new_id

MAX_CLOCKS: Final = 100
"""Clocks of one subject that are looked at; a case has about a dozen."""
RECOMPUTE_BATCH: Final = 10_000


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: ``key`` is the case number; item and authority are for reports."""

    key: str
    item: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class NextDue:
    """The running clock that ends first, or one that has no due moment now."""

    kind: ClockKind
    started_at: int
    due_at: int | None
    note: str


class ClockKeeper:
    """Knows the rules and the calendar; holds no state of its own."""

    def __init__(self, calendar: WorkingCalendar, rules: ClockRules) -> None:
        """Count by ``calendar`` and ``rules``."""
        self.calendar: Final = calendar
        self.rules: Final = rules

    def start(
        self,
        session: Session,
        subject: Subject,
        kind: ClockKind,
        now: int,
        *,
        days: int | None = None,
    ) -> None:
        """Start a clock unless one of its kind runs; ``days`` is the item's promise."""
        if self._running(session, subject.key, kind) is not None:
            return
        rule = self.rules[kind]
        if rule.measure == "promised_days" and days is None:
            raise ValueError("a promised clock needs the item's days")
        row = ClockRow(
            id=new_id(),
            subject=subject.key,
            kind=kind,
            item=subject.item,
            authority=subject.authority,
            length=days if rule.measure == "promised_days" and days else rule.length,
            started_at=now,
            ended_at=None,
            due_at=None,
            due_note="",
            late=0,
            ended_by="",
            pauses=[],
        )
        self._compute(row)
        session.add(row)
        session.flush()

    def end(self, session: Session, subject: str, kind: ClockKind, actor: str, now: int) -> None:
        """End the running clock of this kind; an open pause ends with it."""
        row = self._running(session, subject, kind)
        if row is None:
            return
        self._close_pauses(row, None, now)
        self._compute(row)
        row.ended_at, row.ended_by = now, actor
        row.late = int(row.due_at is not None and now > row.due_at)

    def suspend(
        self,
        session: Session,
        subject: str,
        kind: ClockKind,
        reason: SuspensionReason,
        note: str,
        now: int,
    ) -> None:
        """Pause the running clock; a second pause while one lasts is none."""
        row = self._running(session, subject, kind)
        if row is None or any(pause.ended_at is None for pause in row.pauses):
            return
        row.pauses.append(
            ClockPause(id=new_id(), reason=reason, note=note, begun_at=now, ended_at=None)
        )
        self._compute(row)
        session.flush()

    def resume(
        self, session: Session, subject: str, kind: ClockKind, reason: SuspensionReason, now: int
    ) -> None:
        """End the pause for ``reason``; the clock goes on with what was left."""
        row = self._running(session, subject, kind)
        if row is not None and self._close_pauses(row, reason, now):
            self._compute(row)
            session.flush()

    def next_due(self, session: Session, subject: str) -> NextDue | None:
        """Of the running clocks the one due first; one without a due moment only if none has."""
        running = [row for row in self.clocks_of(session, subject) if row.ended_at is None]
        if not running:
            return None
        row = min(running, key=lambda row: (row.due_at is None, row.due_at or 0))
        return NextDue(row.kind, row.started_at, row.due_at, row.due_note)

    def clocks_of(self, session: Session, subject: str) -> Sequence[ClockRow]:
        """Every clock of a subject, oldest first, of two that began together the plan's first."""
        rows = session.scalars(
            select(ClockRow)
            .where(ClockRow.subject == subject)
            .order_by(ClockRow.started_at)
            .limit(MAX_CLOCKS)
        )
        kinds = list(ClockKind)
        return sorted(rows, key=lambda row: (row.started_at, kinds.index(row.kind)))

    def recompute(self, session: Session) -> set[str]:
        """Count every running clock again, as after a new calendar; answers whose due changed."""
        changed: set[str] = set()
        last = ""
        while True:
            rows = session.scalars(
                select(ClockRow)
                .where(ClockRow.ended_at.is_(None), ClockRow.id > last)
                .order_by(ClockRow.id)
                .limit(RECOMPUTE_BATCH)
            ).all()
            if not rows:
                return changed
            for row in rows:
                before = (row.due_at, row.due_note)
                self._compute(row)
                if before != (row.due_at, row.due_note):
                    changed.add(row.subject)
            last = rows[-1].id
            session.flush()

    def counted(self, row: ClockRow) -> Count:
        """The count of a clock, with every interval."""
        rule = self.rules[row.kind]
        begun = from_micros(row.started_at)
        pauses = [
            Pause(
                from_micros(pause.begun_at),
                from_micros(pause.ended_at) if pause.ended_at is not None else None,
                pause.reason.label,
            )
            for pause in row.pauses
        ]
        match rule.measure:
            case "working_days" | "promised_days":
                return count_working_days(self.calendar, begun, row.length, pauses)
            case "half_days":
                return count_half_days(self.calendar, begun, row.length, pauses)
            case "seconds":
                return Count(begun + timedelta(seconds=row.length), "", ())
            case "open":
                return Count(None, "不设到期日", ())

    def rule_of(self, row: ClockRow) -> ClockRule:
        """The rule of a clock."""
        return self.rules[row.kind]

    def _compute(self, row: ClockRow) -> None:
        count = self.counted(row)
        row.due_at = to_micros(count.due) if count.due is not None else None
        row.due_note = count.note

    @staticmethod
    def _running(session: Session, subject: str, kind: ClockKind) -> ClockRow | None:
        return session.scalars(
            select(ClockRow)
            .where(ClockRow.subject == subject, ClockRow.kind == kind, ClockRow.ended_at.is_(None))
            .limit(1)
        ).first()

    @staticmethod
    def _close_pauses(row: ClockRow, reason: SuspensionReason | None, now: int) -> bool:
        open_pauses = [
            pause
            for pause in row.pauses
            if pause.ended_at is None and (reason is None or pause.reason is reason)
        ]
        for pause in open_pauses:
            pause.ended_at = now
        return bool(open_pauses)
