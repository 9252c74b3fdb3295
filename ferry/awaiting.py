"""What waits for a trip at the writing side: in the spool, or on a medium that has not left yet."""

from dataclasses import dataclass

from ferry.ledger.book import View
from ferry.ledger.states import MediumAct, MediumState
from ferry.planning import in_order, media_for
from ferry.release import bundles_of
from ferry.station import Station
from ferry.timetable import Outlook, Timetable
from kernel.bundle import BeaconName
from kernel.deadlines import DEADLINES, Deadlines
from kernel.spool import Entry

WRITTEN_HERE = (MediumState.BURNED, MediumState.VERIFIED, MediumState.LABELLED)
"""Written, and still at the writing side."""


@dataclass(frozen=True, slots=True)
class Awaiting:
    """What waits: ``entries`` of the spool, and ``since`` when each bundle has (microseconds)."""

    entries: tuple[Entry, ...]
    since: dict[str, int]

    @property
    def bytes(self) -> int:
        """Bytes of what lies in the spool."""
        return sum(entry.size for entry in in_order(self.entries))

    @classmethod
    def at(cls, station: Station, view: View) -> "Awaiting":
        """Look at the spool and at the media that were written and have not left."""
        entries = station.spool.ready(station.destination)
        since: dict[str, int] = {}
        for entry in entries:
            if not isinstance(entry.parsed, BeaconName):
                at = station.spool.offered_at(station.destination, entry.name)
                if at is not None:
                    since[entry.name] = at
        for medium in view.in_state(*WRITTEN_HERE):
            asked = medium.last(MediumAct.REQUEST)
            for name in bundles_of(station, medium) or ():
                since.setdefault(name, asked.at if asked else 0)
        return cls(tuple(entries), since)

    def media(self, station: Station) -> tuple[int, int]:
        """How many media it takes, and how many files no medium takes, by size alone."""
        return media_for(station.settings, (entry.size for entry in in_order(self.entries)))


def outlook(station: Station, awaiting: Awaiting) -> Outlook:
    """How the timetable stands for what waits, by what the zone told of its cases."""
    told = Deadlines.read(station.spool.folder, DEADLINES) or Deadlines()
    anything = bool(awaiting.entries or awaiting.since)
    timetable = Timetable(station.settings.timetable)
    return timetable.outlook(told.cases, awaiting.since, station.clock.now(), anything=anything)
