"""Working time in Beijing, in whole and half working days; pure.

Rules, as data for the hall to confirm because the plan defines no half day:

1. the day of the beginning does not count: N working days end with the Nth working day after it;
2. a working day has two halves, parted at noon; half a working day from a moment within one half
   ends with the following half, from a moment on a day off with the first half of the next
   working day;
3. make-up working days count, holidays and weekends do not: the calendar decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, Protocol

from kernel.clock import BEIJING

NOON: Final = time(12, 0)
DAY_END: Final = time(23, 59, 59)
_LONGEST_BREAK: Final = 31
"""Days without a working day after which a calendar is taken for broken."""


class WorkingCalendar(Protocol):
    """Knows which days are worked."""

    def is_working_day(self, day: date) -> bool:
        """Whether ``day`` is worked.

        Raises :class:`kernel.errors.RefusedError`, ``calendar_unknown_year``, for a year whose
        holidays have not been published or loaded.
        """


class Tone(StrEnum):
    """How near the end is."""

    CALM = "calm"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Remaining:
    """Working days after today until the due day; ``overdue`` when it has passed."""

    working_days: int
    overdue: bool

    @property
    def tone(self) -> Tone:
        """Red when overdue, amber on the due day and the working day before it."""
        if self.overdue:
            return Tone.RED
        return Tone.AMBER if self.working_days <= 1 else Tone.CALM

    @property
    def text(self) -> str:
        """In Chinese, for pages."""
        if self.overdue:
            return f"已超期 {self.working_days} 个工作日" if self.working_days else "已超期"
        return f"剩余 {self.working_days} 个工作日" if self.working_days else "今日到期"


def add_working_days(calendar: WorkingCalendar, start: datetime, days: int) -> datetime:
    """The end of the ``days``-th working day after the day of ``start``."""
    day = start.astimezone(BEIJING).date()
    for _ in range(days):
        day = _next_working_day(calendar, day)
    return datetime.combine(day, DAY_END, BEIJING)


def add_half_working_day(calendar: WorkingCalendar, start: datetime) -> datetime:
    """The end of half a working day from ``start``, by rule 2."""
    local = start.astimezone(BEIJING)
    if calendar.is_working_day(local.date()) and local.time() < NOON:
        return datetime.combine(local.date(), DAY_END, BEIJING)
    return datetime.combine(_next_working_day(calendar, local.date()), NOON, BEIJING)


def remaining(calendar: WorkingCalendar, now: datetime, due: datetime) -> Remaining:
    """How much is left of a clock at ``now``."""
    today, last = now.astimezone(BEIJING).date(), due.astimezone(BEIJING).date()
    overdue = now > due
    first, end = (last, today) if overdue else (today, last)
    return Remaining(_count(calendar.is_working_day, first, end), overdue)


def _count(worked: Callable[[date], bool], after: date, until: date) -> int:
    days = (until - after).days
    return sum(worked(after + timedelta(days=n)) for n in range(1, days + 1))


def _next_working_day(calendar: WorkingCalendar, after: date) -> date:
    for n in range(1, _LONGEST_BREAK + 1):
        day = after + timedelta(days=n)
        if calendar.is_working_day(day):
            return day
    raise ValueError("the calendar has no working day for a month")
