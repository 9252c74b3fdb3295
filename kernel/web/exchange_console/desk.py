"""What the exchange pages work with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kernel.alarms import Alarm
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.decisions import DecisionBook
from kernel.program.settings import ExchangeSettings
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone

PAGE_ROWS = 50
"""Rows of one page of any list."""


def no_further_alarms(_session: Session, _now: int) -> Iterable[Alarm]:
    """Nothing beside the exchange's own."""
    return ()


@dataclass(frozen=True, slots=True)
class Desk:
    """One zone's exchange as its pages see it; ``settings`` say how long silence may last."""

    zone: Zone
    database: Database
    spool: Spool
    clock: Clock
    settings: ExchangeSettings
    further_alarms: Callable[[Session, int], Iterable[Alarm]] = no_further_alarms
    """What else of the zone needs a person, for the same page, command and metrics."""

    @property
    def book(self) -> DecisionBook:
        """What two people decided."""
        return DecisionBook(self.spool.folder / "decisions")

    def now(self) -> int:
        """Microseconds UTC."""
        return now_micros(self.clock)
