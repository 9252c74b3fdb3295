"""Publishes how the ferry stands after each command, for consoles, alarms and metrics."""

import shutil
from typing import Final

from ferry.ledger.book import INCIDENT, View
from ferry.ledger.states import UNDERWAY, MediumState
from ferry.station import Station
from ferry.sticks import UNREGISTERED
from kernel.clock import beijing_text, from_micros, now_micros
from kernel.errors import TongbanError
from kernel.facts import CarrierFacts
from kernel.logs import get_logger
from kernel.words import duration_text

STOCK_LOW: Final = 5
"""Blank media below which somebody should order more."""
MAX_NAMED: Final = 10
_HOUR: Final = 3600
REFUSAL_SHOWN: Final = 24 * _HOUR * 1_000_000
"""Microseconds for which a refused stick stays an alarm."""
_SILENT_PASSES: Final = 10
"""A carrier is silent after this many missed passes; people's trips are hours apart."""
_WAITING: Final = (MediumState.REQUESTED, MediumState.APPROVED, MediumState.STAGED)

log = get_logger(__name__)


def tell(station: Station) -> None:
    """Publish what holds now; that it cannot be told must not stop a trip."""
    try:
        view = station.book.view()
        facts = _facts(station, view)
        facts.write(station.spool.folder)
    except (OSError, TongbanError) as error:
        log.warning("ferry.facts_unwritable", error=error)


def _facts(station: Station, view: View) -> CarrierFacts:
    now = now_micros(station.clock)
    program = f"ferry-{station.settings.side}"
    before = CarrierFacts.read(station.spool.folder, program)
    disk = shutil.disk_usage(station.settings.state.folder)
    writing = station.settings.side == "export"
    ready = station.spool.ready(station.destination) if writing else []
    gauges = {
        "backlog_files": len(ready),
        "backlog_bytes": sum(entry.size for entry in ready),
        "disk_free_bytes": disk.free,
        "disk_total_bytes": disk.total,
        "scan_seconds": station.settings.release.overdue_hours * _HOUR // _SILENT_PASSES,
    }
    if writing:
        gauges |= {
            "media_blank": len(view.in_state(MediumState.IN_STOCK)),
            "media_waiting": len(view.in_state(*_WAITING)),
            "media_underway": len(view.in_state(*UNDERWAY)),
            "media_rejected": len(view.in_state(MediumState.REJECTED)),
        }
    else:
        gauges["media_imported"] = len(view.in_state(MediumState.IMPORTED))
    return CarrierFacts(
        program,
        before.started_at if before else now,
        now,
        {"passes": (before.counters.get("passes", 0) if before else 0) + 1},
        gauges,
        tuple(_alarms(station, view, now) if writing else _refusals(station, view, now)),
    )


def _refusals(station: Station, view: View, now: int) -> list[tuple[str, str]]:
    """One alarm for every stick that was refused lately and is not registered since."""
    registered = station.settings.medium.usb_serials
    latest = {
        str(line.detail.get("serial", "")): line
        for line in view.lines
        if line.act == INCIDENT
        and line.detail.get("code") == UNREGISTERED
        and now - line.at < REFUSAL_SHOWN
    }
    found: list[tuple[str, str]] = []
    for serial, line in list(latest.items())[-MAX_NAMED:]:
        if serial not in registered:
            when = beijing_text(from_micros(line.at))
            found.append((UNREGISTERED, f"序列号 {serial or '（无）'}，{when} 插入，未读取"))
    return found


def _alarms(station: Station, view: View, now: int) -> list[tuple[str, str]]:
    allowed = station.settings.release.overdue_hours * _HOUR * 1_000_000
    found = [
        (
            "medium_overdue",
            f"{medium.number}（{medium.state.label}）已过 {duration_text(now - medium.since)}",
        )
        for medium in view.overdue(now, allowed)[:MAX_NAMED]
    ]
    kind = station.settings.medium.kind
    blank = [one for one in view.in_state(MediumState.IN_STOCK) if one.kind == kind]
    if len(blank) < STOCK_LOW:
        found.append(("stock_low", f"在库空白的 {kind} 介质还有 {len(blank)} 张"))
    return found
