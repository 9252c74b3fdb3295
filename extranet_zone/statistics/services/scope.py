"""Which cases and days statistics are about."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

from extranet_zone.cases.models import Case
from kernel.clock import BEIJING, to_micros

MAX_DAYS: Final = 366
"""Days of one report: a year; more would walk over the whole history at each look."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The days from ``first`` to ``last`` in Beijing, both included; an empty filter is all.

    ``authority`` is whose figures they are: cases it decides or collects. ``city`` is the
    division code of the other authority; ``clerk`` the login of who did the act.
    """

    authority: str
    first: date
    last: date
    item: str = ""
    mode: str = ""
    city: str = ""
    clerk: str = ""

    def __post_init__(self) -> None:
        if not 0 <= (self.last - self.first).days < MAX_DAYS:
            raise ValueError("statistics are about at most a year")

    @property
    def begin(self) -> int:
        """Microseconds UTC, included."""
        return to_micros(datetime.combine(self.first, time.min, BEIJING))

    @property
    def end(self) -> int:
        """Microseconds UTC, not included."""
        return to_micros(datetime.combine(self.last + timedelta(days=1), time.min, BEIJING))

    def within(
        self, instant: InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
    ) -> tuple[ColumnElement[bool], ...]:
        """That ``instant`` lies in the period."""
        return instant >= self.begin, instant < self.end

    def cases(self) -> list[ColumnElement[bool]]:
        """That a case is one of those meant; who did the act is not asked here."""
        conditions = [
            or_(Case.home_authority == self.authority, Case.collecting_authority == self.authority)
        ]
        if self.item:
            conditions.append(Case.item_code == self.item)
        if self.mode:
            conditions.append(Case.mode == self.mode)
        if self.city:
            conditions.append(
                or_(Case.home_authority == self.city, Case.collecting_authority == self.city)
            )
        return conditions
