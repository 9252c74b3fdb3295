"""How deadlines were kept: by item, by clerk, by authority; and what is overdue now."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session

from extranet_zone.clocks.models import CalendarEdition, ClockPause, ClockRow
from extranet_zone.clocks.states import ClockKind
from kernel.alarms import Alarm
from kernel.clock import BEIJING, from_micros

MAX_LINES: Final = 2000


class Grouping(StrEnum):
    """What the report counts by."""

    ITEM = "item"
    CLERK = "clerk"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One group and kind of clock; numbers count clocks."""

    group: str
    kind: str
    ended: int
    late: int
    running: int
    overdue: int
    suspended: int
    unknown: int
    """Running without a due moment and not suspended: the calendar does not reach."""


def report(session: Session, grouping: Grouping, now: int) -> list[ReportLine]:
    """Every group's clocks, the group with most overdue first; at most :data:`MAX_LINES`."""
    group = {
        Grouping.ITEM: ClockRow.item,
        Grouping.CLERK: ClockRow.ended_by,
        Grouping.AUTHORITY: ClockRow.authority,
    }[grouping]
    running = ClockRow.ended_at.is_(None)
    paused = (
        select(ClockPause.id)
        .where(ClockPause.clock_id == ClockRow.id, ClockPause.ended_at.is_(None))
        .exists()
    )
    overdue = running & (ClockRow.due_at < now)
    undated = running & ClockRow.due_at.is_(None)
    rows = session.execute(
        select(
            group,
            ClockRow.kind,
            _counted(ClockRow.ended_at.is_not(None)),
            _counted(ClockRow.late == 1),
            _counted(running),
            _counted(overdue),
            _counted(running & paused),
            _counted(undated & ~paused & (ClockRow.kind != ClockKind.PAYMENT)),
        )
        .group_by(group, ClockRow.kind)
        .order_by(_counted(overdue).desc(), group, ClockRow.kind)
        .limit(MAX_LINES)
    ).all()
    return [
        ReportLine(str(name) or "（进行中）", kind.label, *(int(number) for number in numbers))
        for name, kind, *numbers in rows
    ]


def clock_alarms(session: Session, now: int) -> Iterator[Alarm]:
    """What of the clocks needs a person: one alarm a kind, at most two a calendar."""
    rows = session.execute(
        select(ClockRow.kind, func.count(), func.min(ClockRow.due_at))
        .where(ClockRow.ended_at.is_(None), ClockRow.due_at < now)
        .group_by(ClockRow.kind)
        .order_by(ClockRow.kind)
    )
    for kind, count, oldest in rows:
        yield Alarm("clock_overdue", f"{kind.label}：{count} 件已超期", oldest)
    year = from_micros(now).astimezone(BEIJING).year
    loaded = set(session.scalars(select(CalendarEdition.year).distinct()))
    if year not in loaded:
        yield Alarm("calendar_missing", f"{year} 年工作日历尚未装入")


def _counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(sql_case((condition, 1), else_=0)), 0)
