"""Many small messages through outbox, bundle, spool and inbox, in one process.

Compared with what every queue in a database must at least do: one insert and one durable commit a
message, on the same disk.
"""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from sqlalchemy import MetaData, text
from sqlalchemy.orm import Session

from appliance.bench.memory import own_peak_mib
from kernel import audit, logs
from kernel.clock import SystemClock, now_micros
from kernel.db import Database, new_id
from kernel.exchange import Exchange, Received, post
from kernel.keys import TrustStore, generate
from kernel.materials import MaterialsStore
from kernel.messages import Kind, ProgressReported
from kernel.migrate import Schema, upgrade
from kernel.spool import Spool
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
    logs.configure("bench", level="warning")
    clock = SystemClock()
    zones = (Zone.EXTRANET, Zone.INTERNET)
    keys = {zone: generate(zone, folder / zone / "keys") for zone in zones}
    trust = TrustStore(own.public(use) for own in keys.values() for use in own.purposes())
    versions = folder / "versions"
    versions.mkdir()
    spools = {zone: Spool(folder / zone / "spool") for zone in zones}
    databases: dict[Zone, Database] = {}
    exchanges: dict[Zone, Exchange] = {}
    for zone in zones:
        database = Database(f"sqlite:///{folder / zone / 'zone.db'}")
        upgrade(database, Schema(versions, MetaData()))
        audit.attach(database, zone.value, clock)
        databases[zone] = database
        exchanges[zone] = Exchange(
            zone,
            database,
            spools[zone],
            MaterialsStore(folder / zone / "materials"),
            keys[zone],
            trust,
            clock,
            dict.fromkeys(Kind, _count),
        )
    started = time.perf_counter()
    for number in range(COUNT):
        with databases[Zone.EXTRANET].begin() as session:
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
    with databases[Zone.INTERNET].reading() as session:
        arrived = session.execute(text("SELECT count(*) FROM inbox_message")).scalar()
    for database in databases.values():
        database.dispose()
    if arrived != COUNT:
        raise RuntimeError(f"{arrived} of {COUNT} messages arrived")
    return seconds


def _count(_session: Session, _received: Received) -> None:
    """The effect of a message in this benchmark is its inbox row alone."""


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
