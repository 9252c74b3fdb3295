"""What the pages of case work share."""

from collections.abc import Callable
from dataclasses import dataclass

from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services import CaseWork
from kernel.clock import Clock, now_micros
from kernel.db import Database


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need; ``actor`` answers who is signed in."""

    database: Database
    work: CaseWork
    clock: Clock
    actor: Callable[[], Actor]

    def now(self) -> int:
        """Microseconds UTC."""
        return now_micros(self.clock)
