"""The ferry's page: what its stations published beside the spool, searched and bounded."""

from dataclasses import dataclass
from typing import Final

from kernel.alarms import Alarm
from kernel.ferry_board import FerryBoard, Medium, Trip
from kernel.spool import Spool
from kernel.vocabulary.zones import CARRIER_OF, Carrier, Zone
from kernel.web.exchange_console.carriers import CarrierRow, carrier_row
from kernel.web.exchange_console.desk import PAGE_ROWS

STATIONS: Final = ("ferry-export", "ferry-ingest")
TRIPS_SHOWN: Final = 20
MAX_WORDS: Final = 40


@dataclass(frozen=True, slots=True)
class Station:
    """One station: its facts as the carriers page shows them, and its board if it told one."""

    row: CarrierRow
    board: FerryBoard | None

    @property
    def program(self) -> str:
        """The name under which it speaks."""
        return self.row.program

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """What it says needs somebody, and its silence."""
        return self.row.alarms

    @property
    def overdue(self) -> tuple[Trip, ...]:
        """Trips with a medium that is not known to have arrived in time."""
        return tuple(trip for trip in self.board.trips if trip.overdue) if self.board else ()


@dataclass(frozen=True, slots=True)
class MediaPage:
    """One page of media that match ``words`` and are in ``state`` (empty: any)."""

    words: str
    state: str
    states: tuple[tuple[str, str, int], ...]
    """State, label and how many media are in it."""
    rows: tuple[Medium, ...]
    page: int
    more: bool


def stations(zone: Zone, spool: Spool, now: int) -> tuple[Station, ...]:
    """The stations that belong to ``zone``, whether they ever spoke or not, and any that did."""
    ways = [way for way, carrier in CARRIER_OF.items() if carrier is Carrier.FERRY]
    own = {
        program
        for program, place in zip(STATIONS, (0, 1), strict=True)
        if any(way[place] is zone for way in ways)
    }
    found = [
        Station(carrier_row(spool, program, now), FerryBoard.read(spool.folder, program))
        for program in STATIONS
    ]
    return tuple(one for one in found if one.row.facts or one.board or one.program in own)


def media(board: FerryBoard, words: str, state: str, page: int) -> MediaPage:
    """Search the ledger: by number, trip, login, or anything its lines say."""
    counts: dict[str, tuple[str, int]] = {}
    for medium in board.media:
        label, count = counts.get(medium.state, (medium.label, 0))
        counts[medium.state] = (label, count + 1)
    wanted = [
        medium
        for medium in board.media
        if (not state or medium.state == state) and _says(medium, words)
    ]
    start = (page - 1) * PAGE_ROWS
    return MediaPage(
        words,
        state,
        tuple((name, label, count) for name, (label, count) in counts.items()),
        tuple(wanted[start : start + PAGE_ROWS]),
        page,
        len(wanted) > start + PAGE_ROWS,
    )


def _says(medium: Medium, words: str) -> bool:
    if not words:
        return True
    sought = words.casefold()
    said = (medium.number, medium.trip, medium.kind, medium.label)
    steps = (text for step in medium.steps for text in (step.act, step.by, step.note))
    return any(sought in text.casefold() for text in (*said, *steps))
