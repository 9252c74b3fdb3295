"""Cases a second through the whole running path without a person, and where the time goes."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance.layout import Layout, free_ports
from appliance.scenario_run import Office
from appliance.station import Station

COUNT: Final = 20
CARRIERS: Final = frozenset({"摆渡", "结清回执"})
"""Phases in which people only wait for carriers."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Cases a second in all, and what they would be if the carriers took no time; phases in s."""

    rate: float
    rate_without_carriers: float
    phases: dict[str, float]


def measure() -> Measured:
    """Start an appliance of its own, drive the cases, and count."""
    folder = Path(tempfile.mkdtemp(prefix="tongban-cases-"))
    station = Station(Layout(folder / "appliance", free_ports()), 400)
    try:
        station.prepare()
        station.start()
        tally = Office(station.layout, lambda _words: None).run(COUNT, 1)
    finally:
        station.stop()
        shutil.rmtree(folder, ignore_errors=True)
    waiting = sum(seconds for name, seconds in tally.phases.items() if name in CARRIERS)
    return Measured(COUNT / tally.seconds, COUNT / (tally.seconds - waiting), tally.phases)
