"""Fifty thousand small results on one disc: how soon they are planned, how fast they come in."""

import shutil
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from appliance.bench.discs import ORIGIN, TO
from appliance.bench.zones import Zones
from appliance.ferryman import Ferrymen
from kernel.clock import SystemClock, now_micros
from kernel.db import Database
from kernel.exchange import post
from kernel.keys import generate_station
from kernel.messages import Kind, ProgressReported

COUNT: Final = 50_000
_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Small:
    """Seconds until the trip was planned and asked for, written, read, and admitted."""

    plan: float
    write: float
    read: float
    admit: float


def measure(folder: Path, count: int = COUNT) -> Small:
    """Send ``count`` results by one disc from exchange to exchange; ``folder`` is removed.

    Raises :class:`RuntimeError` when not all of them had their effect.
    """
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        zones = Zones(folder, ORIGIN, TO, [generate_station(ORIGIN, folder / "keys" / "carry.key")])
        people = _ferry(folder)
        _post(zones.databases[ORIGIN], count)
        zones.exchanges[ORIGIN].tick()
        marks = [time.perf_counter()]
        asked = people.run("request", "--purpose", "基准", *people.by("maker"))
        marks.append(time.perf_counter())
        people.run("approve", str(asked["trip"]), *people.by("approver"))
        if people.run("export", str(asked["trip"]))["left"]:
            raise RuntimeError("one disc was not enough")
        marks.append(time.perf_counter())
        people.run("ingest", side="ingest")
        marks.append(time.perf_counter())
        zones.exchanges[TO].tick()
        marks.append(time.perf_counter())
        zones.close(count)
        return Small(*(after - before for before, after in pairwise(marks)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ferry(folder: Path) -> Ferrymen:
    disc = folder / "disc.iso"
    for side, zone in (("export", ORIGIN), ("ingest", TO)):
        station = '[station]\nkey = "keys/carry.key"\n' if side == "export" else ""
        (folder / f"{side}.toml").write_text(
            f'side = "{side}"\norigin = "intranet"\ndestination = "extranet"\n'
            f'[spool]\nfolder = "{zone.value}"\n[state]\nfolder = "state-{side}"\n'
            f'[medium]\ndevice = "{disc}"\n[trust]\nfile = "trust.toml"\n{station}'
        )
    files = (folder / "export.toml", folder / "ingest.toml", disc, folder / "passphrase")
    people = Ferrymen(*files)
    people.prepare()
    return people


def _post(database: Database, count: int) -> None:
    now = now_micros(SystemClock())
    for first in range(0, count, _BATCH):
        with database.begin() as session:
            for number in range(first, min(count, first + _BATCH)):
                body = _result(number, now)
                post(
                    session,
                    origin=ORIGIN,
                    destination=TO,
                    kind=Kind.PROGRESS_REPORTED,
                    body=body,
                    case_no=body.case_no,
                    now=now,
                )


def _result(number: int, now: int) -> ProgressReported:
    return ProgressReported(
        case_no=f"W{number:015d}", step="benchmark", label="测试", zone="intranet", at=now
    )


SAMPLE: Final = _result(0, 0).model_dump_json().encode()
"""One result as a peer carries it: a file of its own."""
