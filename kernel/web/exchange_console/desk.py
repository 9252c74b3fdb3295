"""What the exchange pages work with."""

from dataclasses import dataclass

from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone

PAGE_ROWS = 50
"""Rows of one page of any list."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One zone's exchange as its pages see it; ``beacon_seconds`` is the heartbeat agreed."""

    zone: Zone
    database: Database
    spool: Spool
    clock: Clock
    beacon_seconds: float = 60

    def now(self) -> int:
        """Microseconds UTC."""
        return now_micros(self.clock)
