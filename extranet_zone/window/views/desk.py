"""What the pages of the window's devices share."""

from collections.abc import Callable
from dataclasses import dataclass

from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services import CaseWork
from extranet_zone.window.services.windows import Present
from kernel.clock import Clock, now_micros
from kernel.db import Database


@dataclass(frozen=True, slots=True)
class WindowDesk:
    """What the pages need; ``actor`` answers who is signed in."""

    database: Database
    work: CaseWork
    clock: Clock
    actor: Callable[[], Actor]
    present: Present
    face_threshold: float
    sample: bool
    """Whether readings of simulated devices are welcome."""

    def now(self) -> int:
        """Microseconds UTC."""
        return now_micros(self.clock)

    def authority(self, actor: Actor) -> str:
        """Division code of the authority a person works for."""
        return actor.authority or self.work.authority
