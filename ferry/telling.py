"""Publishes how the ferry stands, after each command and from the services: facts and a board.

Consoles, alarms and metrics read them beside the spool; nothing of the ferry depends on them.
"""

import shutil
from dataclasses import replace
from typing import Final

from ferry.alarming import Said, reading_alarms, writing_alarms
from ferry.awaiting import Awaiting, outlook
from ferry.board import board_of
from ferry.ledger.book import View
from ferry.ledger.states import UNDERWAY, MediumState
from ferry.station import Station
from kernel.clock import now_micros
from kernel.errors import RejectedBundleError, TongbanError
from kernel.facts import CarrierFacts
from kernel.logs import get_logger

_HOUR: Final = 3600
_SILENT_PASSES: Final = 10
"""A carrier is silent after this many missed passes; people's trips are hours apart."""
_WAITING: Final = (MediumState.REQUESTED, MediumState.APPROVED, MediumState.STAGED)

log = get_logger(__name__)


def program_of(station: Station) -> str:
    """The name under which a station speaks."""
    return f"ferry-{station.settings.side}"


def tell(station: Station, every_seconds: int | None = None) -> None:
    """Publish what holds now; that it cannot be told must not stop a trip.

    ``every_seconds`` is how often a service tells; once one did, its silence is noticed although
    people go on giving commands.
    """
    try:
        _tell(station, every_seconds)
    except (OSError, TongbanError) as error:
        log.warning("ferry.facts_unwritable", error=error)


def _tell(station: Station, every_seconds: int | None) -> None:
    name = program_of(station)
    before = CarrierFacts.read(station.spool.folder, name)
    facts = _facts(station, before, every_seconds)
    try:
        view = station.book.view()
    except RejectedBundleError as error:
        broken = (("ledger_broken", error.message),)
        replace(facts, alarms=broken).write(station.spool.folder)
        raise
    if station.settings.side == "export":
        awaiting = Awaiting.at(station, view)
        found = outlook(station, awaiting)
        alarms = writing_alarms(station, view, found)
        board = board_of(station, view, awaiting, found)
        gauges = _writing_gauges(view, awaiting)
    else:
        alarms = reading_alarms(station, view, facts.started_at)
        board = board_of(station, view, None, None)
        gauges = {"media_imported": len(view.in_state(MediumState.IMPORTED))}
    told: tuple[Said, ...] = tuple(alarms)
    replace(facts, gauges=facts.gauges | gauges, alarms=told).write(station.spool.folder)
    board.write(station.spool.folder, name)


def _facts(
    station: Station, before: CarrierFacts | None, every_seconds: int | None
) -> CarrierFacts:
    now = now_micros(station.clock)
    disk = shutil.disk_usage(station.settings.state.folder)
    rarely = station.settings.release.overdue_hours * _HOUR // _SILENT_PASSES
    every = every_seconds or (before.gauges.get("scan_seconds", rarely) if before else rarely)
    return CarrierFacts(
        program_of(station),
        before.started_at if before else now,
        now,
        {"passes": (before.counters.get("passes", 0) if before else 0) + 1},
        {
            "disk_free_bytes": disk.free,
            "disk_total_bytes": disk.total,
            "scan_seconds": min(every, rarely),
        },
    )


def _writing_gauges(view: View, awaiting: Awaiting) -> dict[str, int]:
    return {
        "backlog_files": len(awaiting.entries),
        "backlog_bytes": awaiting.bytes,
        "media_blank": len(view.in_state(MediumState.IN_STOCK)),
        "media_waiting": len(view.in_state(*_WAITING)),
        "media_underway": len(view.in_state(*UNDERWAY)),
        "media_rejected": len(view.in_state(MediumState.REJECTED)),
    }
