"""Many small messages through outbox, bundle, spool and inbox, in one process.

Compared with what every queue in a database must at least do: one insert and one durable commit a
message, on the same disk.
"""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from appliance.bench.memory import own_peak_mib
from appliance.bench.zones import Zones
from kernel.clock import SystemClock, now_micros
from kernel.db import Database, new_id
from kernel.exchange import post
from kernel.messages import Kind, ProgressReported
from kernel.vocabulary.zones import Zone

COUNT: Final = 5000
PEER_COUNT: Final = 1000


def measure() -> tuple[float, float, float]:
    """Our messages a second, the peer's, and the peak MiB of this process."""
    folder = Path(tempfile.mkdtemp(prefix="tongban-bench-"))
    try:
        ours = COUNT / _ours(folder)
        theirs = PEER_COUNT / _theirs(folder)
    finally:
        shutil.rmtree(folder)
    return ours, theirs, own_peak_mib()


def peer_rate() -> float:
    """The peer's messages a second alone."""
    folder = Path(tempfile.mkdtemp(prefix="tongban-bench-"))
    try:
        return PEER_COUNT / _theirs(folder)
    finally:
        shutil.rmtree(folder)


def _ours(folder: Path) -> float:
    clock = SystemClock()
    zones = Zones(folder / "zones", Zone.EXTRANET, Zone.INTERNET)
    spools, exchanges = zones.spools, zones.exchanges
    started = time.perf_counter()
    for number in range(COUNT):
        with zones.databases[Zone.EXTRANET].begin() as session:
            _post(session, number, now_micros(clock))
    exchanges[Zone.EXTRANET].tick()
    for entry in spools[Zone.EXTRANET].ready(Zone.INTERNET):
        with (
            spools[Zone.EXTRANET].open_ready(Zone.INTERNET, entry.name) as source,
            spools[Zone.INTERNET].delivering(Zone.EXTRANET, entry.name) as target,
        ):
            target.write(source.read())
    exchanges[Zone.INTERNET].tick()
    seconds = time.perf_counter() - started
    zones.close(COUNT)
    return seconds


def _post(session: Session, number: int, now: int) -> None:
    body = ProgressReported(
        case_no=f"W{number:015d}", step="benchmark", label="测试", zone="extranet", at=now
    )
    post(
        session,
        origin=Zone.EXTRANET,
        destination=Zone.INTERNET,
        kind=Kind.PROGRESS_REPORTED,
        body=body,
        case_no=body.case_no,
        now=now,
    )


def _theirs(folder: Path) -> float:
    database = Database(f"sqlite:///{folder / 'peer.db'}")
    with database.begin() as session:
        session.execute(text("CREATE TABLE queue (id TEXT PRIMARY KEY, body TEXT)"))
    started = time.perf_counter()
    for number in range(PEER_COUNT):
        with database.begin() as session:
            session.execute(
                text("INSERT INTO queue VALUES (:id, :body)"),
                {"id": new_id(), "body": f"{number:0200d}"},
            )
    seconds = time.perf_counter() - started
    database.dispose()
    return seconds
