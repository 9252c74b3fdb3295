"""Working hours and fixed times of day in Beijing time, as cron expressions name them.

APScheduler counts weekdays from Monday = 0, unlike cron itself; settings should say ``mon-fri``.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator

from kernel.calendar import PublishedCalendar
from kernel.clock import BEIJING
from kernel.errors import RefusedError

LOOK_BACK: Final = tuple(timedelta(days=days) for days in (1, 4, 21))
"""How far back a moment is looked for, in turn; the last is longer than any holiday."""
MAX_DAYS: Final = 1000
"""Days whose hours are kept."""
MAX_TIMES: Final = 2000
"""Times looked at before a search gives up: more than the minutes of a day."""
_STEP: Final = timedelta(microseconds=1)
_SATURDAY: Final = 5


def _checked(expression: str) -> str:
    CronTrigger.from_crontab(expression)
    return expression


Cron = Annotated[str, AfterValidator(_checked)]
"""A cron expression of five fields; anything else is refused when settings are read."""
Worked = Callable[[date], bool]
"""Whether a day is worked."""


def every_day(_day: date) -> bool:
    """A :data:`Worked` for hours that no calendar changes."""
    return True


def published_day(day: date) -> bool:
    """A :data:`Worked` by the published calendar; years it does not know are worked Mon to Fri."""
    try:
        return PublishedCalendar().is_working_day(day)
    except RefusedError:
        return day.weekday() < _SATURDAY


class Hours:
    """Working hours between the moments two cron expressions name, on days that are worked."""

    def __init__(self, opens: str | None, closes: str | None, worked: Worked = every_day) -> None:
        """Always open without expressions; raises :class:`ValueError` for a wrong one."""
        self._always = opens is None or closes is None
        self._worked = worked
        self._known: dict[date, list[tuple[datetime, datetime]]] = {}
        if not self._always:
            self._opens = CronTrigger.from_crontab(opens, timezone=BEIJING)
            self._closes = CronTrigger.from_crontab(closes, timezone=BEIJING)

    def is_open(self, at: datetime) -> bool:
        """Whether ``at`` lies between an opening and the closing after it."""
        if self._always:
            return True
        opens, closes = self._next(self._opens, at + _STEP), self._next(self._closes, at)
        within = closes is not None and (opens is None or closes < opens)
        return within and self._worked(at.astimezone(BEIJING).date())

    def opens_at(self, at: datetime) -> datetime | None:
        """The next opening; None when it is always open, or never again."""
        if self._always:
            return None
        return next(fires(self._opens, at, self._worked), None)

    def first_open(self, at: datetime) -> datetime:
        """``at``, or the next opening when it is outside the hours."""
        return at if self.is_open(at) else self.opens_at(at) or at

    def last_open(self, at: datetime) -> datetime | None:
        """``at``, or the last closing before it; None when it was never open lately."""
        if self._always:
            return at
        day = at.astimezone(BEIJING).date()
        for back in range(LOOK_BACK[-1].days + 1):
            begun = [one for one in self._spans(day - timedelta(days=back)) if one[0] <= at]
            if begun:
                return min(at, begun[-1][1])
        return None

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """Openings of a day with their closings; kept, because thousands of cases ask."""
        if day not in self._known:
            if len(self._known) >= MAX_DAYS:
                self._known.clear()
            start = datetime.combine(day, time(), BEIJING)
            end = start + timedelta(days=1)
            all_after = fires(self._opens, start, self._worked)
            openings = itertools.takewhile(lambda fire: fire < end, all_after)
            spans = ((opened, self._next(self._closes, opened)) for opened in openings)
            self._known[day] = [(opened, closed) for opened, closed in spans if closed is not None]
        return self._known[day]

    @staticmethod
    def _next(trigger: CronTrigger, at: datetime) -> datetime | None:
        found: datetime | None = trigger.get_next_fire_time(None, at)
        return found


class Times:
    """Fixed times of day on days that are worked; none without expressions."""

    def __init__(self, expressions: Sequence[str], worked: Worked = every_day) -> None:
        """Raises :class:`ValueError` for a wrong expression."""
        self._triggers = [
            CronTrigger.from_crontab(expression, timezone=BEIJING) for expression in expressions
        ]
        self._worked = worked

    def after(self, at: datetime) -> datetime | None:
        """The first of the times at or after ``at``."""
        found = (next(fires(trigger, at, self._worked), None) for trigger in self._triggers)
        return min((one for one in found if one is not None), default=None)

    def before(self, at: datetime) -> datetime | None:
        """The last of the times at or before ``at``, as far back as :data:`LOOK_BACK`."""
        found = (
            _latest(lambda start, trigger=trigger: fires(trigger, start, self._worked), at)  # type: ignore[misc]  # bound now
            for trigger in self._triggers
        )
        return max((one for one in found if one is not None), default=None)


def _latest(moments: Callable[[datetime], Iterator[datetime]], at: datetime) -> datetime | None:
    """The last of the moments, which come in order from a start, that is not after ``at``."""
    for back in LOOK_BACK:
        found: datetime | None = None
        for moment in moments(at - back):
            if moment > at:
                break
            found = moment
        if found is not None:
            return found
    return None


def fires(trigger: CronTrigger, start: datetime, worked: Worked) -> Iterator[datetime]:
    """When ``trigger`` fires from ``start`` on, on days that are worked; at most so many times."""
    at = start
    for _ in range(MAX_TIMES):
        fire: datetime | None = trigger.get_next_fire_time(None, at)
        if fire is None:
            return
        if worked(fire.astimezone(BEIJING).date()):
            yield fire
        at = fire + _STEP
