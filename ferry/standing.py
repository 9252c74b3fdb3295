"""What the service of the writing side does again and again: settle, propose, tell.

Receipts ride in through the gate, and the exchange forgets what they cover; a medium of which
nothing is kept any more has arrived. So the ledger closes by itself, without anybody's command.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ferry.release import confirmed, settle
from ferry.station import Station
from ferry.telling import program_of, tell
from kernel.durable import disk_errors, exclusive
from kernel.errors import ConflictError
from kernel.ferry_board import FerryBoard, Proposal
from kernel.logs import get_logger

STAND_SECONDS: Final = 30

log = get_logger(__name__)


@dataclass(slots=True)
class Stand:
    """The service's round; it remembers what it proposed last, so that it says it once."""

    station: Station
    _proposed: Proposal | None = None

    def tick(self) -> None:
        """One round; raises as :func:`ferry.release.settle`, but for somebody at work here."""
        with disk_errors():
            if confirmed(self.station):
                # Somebody may be writing a disc for an hour; the next round settles.
                with suppress(ConflictError), exclusive(self.station.lock):
                    arrived = settle(self.station)
                    log.info("ferry.acknowledged", media=arrived)
            tell(self.station, STAND_SECONDS)
            self._propose()

    def _propose(self) -> None:
        board = FerryBoard.read(self.station.spool.folder, program_of(self.station))
        proposal = board.proposal if board else None
        if proposal is not None and proposal != self._proposed:
            log.info(
                "ferry.trip_proposed",
                leave_at=proposal.leave_at,
                extra=proposal.extra,
                must=proposal.must.count,
                late=proposal.late.count,
            )
        self._proposed = proposal
