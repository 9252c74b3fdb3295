"""Working time in Beijing, counted so that every count explains itself; pure.

Rules, as data in the signed calendar and in ``rules.toml`` because the plan defines no half day
(docs/adr/0017-half-a-working-day.md):

1. the day of the beginning does not count: N working days end with the Nth working day after it;
2. half a working day is half of the day's office time, counted in office time alone: what arrives
   outside office hours counts from the next opening;
3. make-up working days count, holidays and weekends do not: the calendar decides;
4. a working day is not counted when the clock was suspended at its closing hour; office time is
   not counted while the clock is suspended, to the second.

A count never fails for want of a calendar: it ends where the calendar ends and says so.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, Protocol

from kernel.clock import BEIJING, beijing_text
from kernel.errors import RefusedError

DAY_END: Final = time(23, 59, 59)
MAX_DAYS: Final = 1200
"""Calendar days a count may walk over; a clock of three years is somebody's mistake."""
MAX_BREAK: Final = 31
"""Days without a working day after which a calendar is taken for broken."""
_AMBER_MINUTES: Final = 60
_MINUTE: Final = timedelta(minutes=1)

Hours = tuple[tuple[time, time], ...]


class WorkingCalendar(Protocol):
    """Knows which days are worked, from when to when, and why others are not."""

    def is_working_day(self, day: date) -> bool:
        """Whether ``day`` is worked.

        Raises :class:`kernel.errors.RefusedError`, ``calendar_unknown_year``, for a year whose
        holidays have not been published or loaded.
        """

    def reason_of(self, day: date) -> str:
        """Why a day is not worked, or that it is worked instead of another; empty if ordinary."""

    def hours_on(self, day: date) -> Hours:
        """Office hours of a working day, in order; raises as ``is_working_day``."""


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
    minutes: int | None = None
    """Office minutes left, where the clock is one of office time."""

    @property
    def tone(self) -> Tone:
        """Red when overdue, amber on the due day and the working day before it, or near it."""
        if self.overdue:
            return Tone.RED
        if self.minutes is not None:
            return Tone.AMBER if self.minutes <= _AMBER_MINUTES else Tone.CALM
        return Tone.AMBER if self.working_days <= 1 else Tone.CALM

    @property
    def text(self) -> str:
        """In Chinese, for pages."""
        if self.overdue:
            return f"已超期 {self.working_days} 个工作日" if self.working_days else "已超期"
        if self.minutes is not None:
            hours, minutes = divmod(self.minutes, 60)
            return f"剩余办公时间 {hours} 小时 {minutes} 分"
        return f"剩余 {self.working_days} 个工作日" if self.working_days else "今日到期"


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a clock does not count; ``ended`` is None while it lasts."""

    begun: datetime
    ended: datetime | None
    reason: str

    def covers(self, instant: datetime) -> bool:
        """Whether the clock stood still at ``instant``."""
        return self.begun <= instant and (self.ended is None or instant < self.ended)


@dataclass(frozen=True, slots=True)
class Line:
    """One interval of a count in words; ``counted`` is empty for what does not count."""

    when: str
    counted: str
    why: str


@dataclass(frozen=True, slots=True)
class Count:
    """Where a count ends; ``due`` is None while suspended or where the calendar ends (``note``)."""

    due: datetime | None
    note: str
    lines: tuple[Line, ...]


def count_working_days(
    calendar: WorkingCalendar, start: datetime, days: int, pauses: Sequence[Pause] = ()
) -> Count:
    """``days`` working days from ``start``, by rules 1, 3 and 4."""
    day = start.astimezone(BEIJING).date()
    lines = [Line(_day_text(day), "", "起算当日不计")]
    counted, idle = 0, 0
    for _ in range(MAX_DAYS):
        if counted == days:
            return Count(datetime.combine(day, DAY_END, BEIJING), "", _joined(lines))
        day += timedelta(days=1)
        try:
            worked, why = calendar.is_working_day(day), calendar.reason_of(day)
            closing = _closing(calendar, day) if worked else None
        except RefusedError as unknown:
            return Count(None, unknown.message, _joined(lines))
        if closing is None:
            idle += 1
            if idle > MAX_BREAK:
                raise ValueError("the calendar has no working day for a month")
            lines.append(Line(_day_text(day), "", why))
            continue
        idle = 0
        pause = next((pause for pause in pauses if pause.covers(closing)), None)
        if pause is not None and pause.ended is None:
            lines.append(Line(f"{beijing_text(pause.begun)} 起", "", f"挂起：{pause.reason}"))
            return Count(None, f"挂起：{pause.reason}", _joined(lines))
        if pause is not None:
            lines.append(Line(_day_text(day), "", f"挂起：{pause.reason}"))
            continue
        counted += 1
        lines.append(Line(_day_text(day), f"第 {counted} 个工作日", why))
    raise ValueError("the clock is longer than a count may be")


def count_half_days(
    calendar: WorkingCalendar, start: datetime, halves: int, pauses: Sequence[Pause] = ()
) -> Count:
    """``halves`` half working days of office time from ``start``, by rules 2, 3 and 4."""
    local = start.astimezone(BEIJING)
    lines: list[Line] = []
    left: timedelta | None = None
    try:
        for day, opened, closed in _office_hours(calendar, local, lines):
            if left is None:
                left = _office_time(calendar.hours_on(day)) * halves / 2
            for begun, ended, pause in _parts(max(opened, local), closed, pauses):
                if pause is not None and pause.ended is None:
                    lines.append(Line(f"{_text(begun)} 起", "", f"挂起：{pause.reason}"))
                    return Count(None, f"挂起：{pause.reason}", tuple(lines))
                if pause is not None:
                    lines.append(Line(_span(begun, ended), "", f"挂起：{pause.reason}"))
                    continue
                counted = min(left, ended - begun)
                lines.append(Line(_span(begun, begun + counted), _minutes(counted), ""))
                left -= counted
                if not left:
                    return Count(begun + counted, "", tuple(lines))
    except RefusedError as unknown:
        return Count(None, unknown.message, tuple(lines))
    raise ValueError("the calendar has no office hours for a month")


def remaining(calendar: WorkingCalendar, now: datetime, due: datetime) -> Remaining:
    """How much is left of a clock of whole days at ``now``."""
    today, last = now.astimezone(BEIJING).date(), due.astimezone(BEIJING).date()
    overdue = now > due
    first, end = (last, today) if overdue else (today, last)
    return Remaining(_count(calendar.is_working_day, first, end), overdue)


def remaining_office_time(calendar: WorkingCalendar, now: datetime, due: datetime) -> Remaining:
    """How much office time is left of a clock of half days at ``now``."""
    if now > due:
        return remaining(calendar, now, due)
    local, left = now.astimezone(BEIJING), timedelta()
    for _day, opened, closed in _office_hours(calendar, local, []):
        if opened >= due:
            break
        left += max(timedelta(), min(closed, due) - max(opened, local))
    return Remaining(0, overdue=False, minutes=int(left / _MINUTE))


def used_days(
    calendar: WorkingCalendar,
    start: datetime,
    end: datetime,
    pauses: Sequence[Pause],
    *,
    office_time: bool,
) -> float:
    """Working days that a clock had counted when it ended, by rules 1, 3 and 4.

    A clock of ``office_time`` is counted to the minute, as a part of its first day's office time.

    Raises :class:`kernel.errors.RefusedError`, ``calendar_unknown_year``.
    """
    first, last = start.astimezone(BEIJING), end.astimezone(BEIJING)
    if not office_time:

        def counts(day: date) -> bool:
            if not calendar.is_working_day(day):
                return False
            return not pauses or not any(p.covers(_closing(calendar, day)) for p in pauses)

        return _count(counts, first.date(), last.date())
    used, whole = timedelta(), timedelta()
    for day, opened, closed in _office_hours(calendar, first, []):
        whole = whole or _office_time(calendar.hours_on(day))
        if opened >= last:
            break
        for begun, ended, pause in _parts(max(opened, first), min(closed, last), pauses):
            used += timedelta() if pause is not None else ended - begun
    return used / whole


def _office_hours(
    calendar: WorkingCalendar, start: datetime, lines: list[Line]
) -> Iterator[tuple[date, datetime, datetime]]:
    """Every stretch of office hours that ends after ``start``; says what it passes over."""
    day, idle = start.date(), 0
    while idle <= MAX_BREAK:
        if calendar.is_working_day(day):
            idle = 0
            for opening, closing in calendar.hours_on(day):
                opened = datetime.combine(day, opening, BEIJING)
                closed = datetime.combine(day, closing, BEIJING)
                if closed > start:
                    yield day, opened, closed
        else:
            idle += 1
            lines.append(Line(_day_text(day), "", calendar.reason_of(day)))
        day += timedelta(days=1)


def _parts(
    begun: datetime, ended: datetime, pauses: Sequence[Pause]
) -> Iterator[tuple[datetime, datetime, Pause | None]]:
    """The stretch cut where pauses begin and end, each part with the pause it lies in."""
    edges = {begun, ended}
    for pause in pauses:
        edges |= {
            edge for edge in (pause.begun, pause.ended) if edge is not None and begun < edge < ended
        }
    marks = sorted(edges)
    for one, two in pairwise(marks):
        yield one, two, next((pause for pause in pauses if pause.covers(one)), None)


def _closing(calendar: WorkingCalendar, day: date) -> datetime:
    return datetime.combine(day, calendar.hours_on(day)[-1][1], BEIJING)


def _office_time(hours: Hours) -> timedelta:
    some_day = date(2000, 1, 1)
    return sum(
        (datetime.combine(some_day, two) - datetime.combine(some_day, one) for one, two in hours),
        timedelta(),
    )


def _count(worked: Callable[[date], bool], after: date, until: date) -> int:
    days = (until - after).days
    return sum(worked(after + timedelta(days=n)) for n in range(1, days + 1))


def _joined(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Neighbouring days that do not count for the same reason, as one line."""
    joined: list[Line] = []
    for line in lines:
        last = joined[-1] if joined else None
        if last and not line.counted and (last.counted, last.why) == (line.counted, line.why):
            first = last.when.partition(" 至 ")[0]
            joined[-1] = Line(f"{first} 至 {line.when}", "", line.why)
        else:
            joined.append(line)
    return tuple(joined)


def _day_text(day: date) -> str:
    return f"{day.isoformat()}（周{'一二三四五六日'[day.weekday()]}）"


def _text(instant: datetime) -> str:
    return beijing_text(instant)


def _span(begun: datetime, ended: datetime) -> str:
    return f"{_text(begun)}—{ended.astimezone(BEIJING):%H:%M}"


def _minutes(length: timedelta) -> str:
    return f"{round(length / _MINUTE)} 分钟"
