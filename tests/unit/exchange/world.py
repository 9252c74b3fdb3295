"""Two zones, a gate and a ferry that do everything wrong, and crashes at any step.

A step of the world is quick (no fsync, a copied empty database), so that weeks fit into seconds.
"""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from sqlalchemy import MetaData, text
from sqlalchemy.orm import Session

from kernel import audit
from kernel.audit import AuditEntry, record
from kernel.bundle import BeaconName, Receiver, open_beacon, parse_name, read_header, verify
from kernel.clock import SetClock, now_micros
from kernel.db import Database
from kernel.errors import NotFoundError, RejectedBundleError
from kernel.exchange import Exchange, Received, post
from kernel.exchange.restore import start_new_epochs
from kernel.keys import TrustStore, ZoneKeys, generate
from kernel.materials import MaterialsStore
from kernel.messages import Kind, MaterialsDelivered, ProgressReported, ReviewRequested
from kernel.messages.bodies import Body
from kernel.migrate import Schema, upgrade
from kernel.spool import Part, Spool
from kernel.vocabulary.zones import Stream, Zone

START = datetime(2021, 6, 11, 9, tzinfo=UTC)
EX, NT = Zone.EXTRANET, Zone.INTRANET
File = tuple[str, bytes]


class Crash(BaseException):
    """The process dies here; nothing in the product may catch it."""


@dataclass(slots=True)
class Fuse:
    """Blows at the ``left``-th step from now; None never."""

    left: int | None = None

    def step(self) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left <= 0:
            self.left = None
            raise Crash


class FragileSpool(Spool):
    """A spool whose every change may be the process's last, before or after it is done."""

    def __init__(self, folder: Path, fuse: Fuse) -> None:
        super().__init__(folder)
        self.fuse = fuse

    @contextmanager
    def sealing(self, to: Zone) -> Iterator[Part]:
        self.fuse.step()
        with super().sealing(to) as part:
            yield part
            self.fuse.step()
        self.fuse.step()

    def offer(self, to: Zone, name: str) -> bool:
        self.fuse.step()
        done = super().offer(to, name)
        self.fuse.step()
        return done

    def release(self, to: Zone, name: str) -> None:
        self.fuse.step()
        super().release(to, name)
        self.fuse.step()

    def put_beacon(self, to: Zone, name: str, content: bytes) -> None:
        self.fuse.step()
        super().put_beacon(to, name, content)
        self.fuse.step()

    def admitted(self, origin: Zone, name: str) -> None:
        self.fuse.step()
        super().admitted(origin, name)
        self.fuse.step()


class FragileDatabase(Database):
    """A database whose transactions may be cut off before and after the commit."""

    def __init__(self, url: str, fuse: Fuse) -> None:
        super().__init__(url)
        self.fuse = fuse

    @contextmanager
    def begin(self) -> Iterator[Session]:
        self.fuse.step()
        with super().begin() as session:
            yield session
            self.fuse.step()
        self.fuse.step()


@dataclass(slots=True)
class Side:
    zone: Zone
    folder: Path
    database: FragileDatabase
    spool: FragileSpool
    store: MaterialsStore
    fuse: Fuse
    exchange: Exchange
    auditor: sqlite3.Connection
    posted: list[tuple[Stream, str]] = field(default_factory=list)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """As an auditor looks: past the program, into the file."""
        return self.auditor.execute(sql).fetchall()


@dataclass(frozen=True, slots=True)
class Template:
    """Made once: keys of both zones and an empty database."""

    keys: dict[Zone, ZoneKeys]
    trust: TrustStore
    database: Path

    @classmethod
    def make(cls, folder: Path) -> "Template":
        keys = {zone: generate(zone, folder / zone) for zone in (EX, NT)}
        trust = TrustStore(
            own.public(purpose) for own in keys.values() for purpose in own.purposes()
        )
        path, versions = folder / "empty.db", folder / "versions"
        versions.mkdir()
        database = Database(f"sqlite:///{path}")
        upgrade(database, Schema(versions, MetaData()))
        with database.begin() as session:
            session.execute(text("CREATE TABLE effect (n INTEGER PRIMARY KEY, message TEXT)"))
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
        database.dispose()
        return cls(keys, trust, path)


def effect(session: Session, received: Received) -> None:
    """What a handler does: a row that is no set, so that doing it twice shows."""
    session.execute(text("INSERT INTO effect (message) VALUES (:id)"), {"id": received.message.id})
    record(session, AuditEntry("system:test", "effect", "message", received.message.id))


def write_effect(session: Session, message: str) -> None:
    session.execute(text("INSERT INTO effect (message) VALUES (:id)"), {"id": message})


class World:
    """Both zones, what is between them, and one clock."""

    def __init__(self, template: Template, folder: Path) -> None:
        self.template = template
        self.folder = folder
        self.clock = SetClock(START)
        self.gate: list[File] = []
        self.discs: list[list[File]] = []
        self.old: list[tuple[Zone, File]] = []
        """Everything that was ever on its way, for replays."""
        self.delivered: dict[Zone, set[str]] = {EX: set(), NT: set()}
        self.sides = {zone: self._side(zone) for zone in (EX, NT)}
        self.number = 0
        self.restored: set[Zone] = set()
        self.forgotten: set[str] = set()
        """Posted after the backup that was restored: their origin does not know of them."""
        self.latest = START

    def _side(self, zone: Zone) -> Side:
        folder = self.folder / zone
        folder.mkdir(parents=True)
        shutil.copy(self.template.database, folder / "zone.db")
        fuse = Fuse()
        database = FragileDatabase(f"sqlite:///{folder / 'zone.db'}", fuse)
        audit.attach(database, zone.value, self.clock)
        spool = FragileSpool(folder / "spool", fuse)
        store = MaterialsStore(folder / "materials")
        auditor = sqlite3.connect(folder / "zone.db", isolation_level=None)
        exchange = self._exchange(zone, database, spool, store)
        return Side(zone, folder, database, spool, store, fuse, exchange, auditor)

    def _exchange(
        self, zone: Zone, database: Database, spool: Spool, store: MaterialsStore
    ) -> Exchange:
        return Exchange(
            zone,
            database,
            spool,
            store,
            self.template.keys[zone],
            self.template.trust,
            self.clock,
            dict.fromkeys(Kind, effect),
        )

    def start(self, side: Side) -> None:
        """A new process on the same folders."""
        side.fuse.left = None
        side.exchange = self._exchange(side.zone, side.database, side.spool, side.store)
        side.exchange.recover()

    def close(self) -> None:
        for side in self.sides.values():
            side.auditor.close()
            side.database.dispose()

    def peer(self, zone: Zone) -> Side:
        return self.sides[NT if zone is EX else EX]

    # What programs do.

    def tick(self, zone: Zone, fuse: int | None = None) -> bool:
        """One pass, dying at the ``fuse``-th step; answers whether it died."""
        side = self.sides[zone]
        side.fuse.left = fuse
        self.clock.advance(timedelta(seconds=5))
        self.latest = max(self.latest, self.clock.now())
        try:
            side.exchange.tick()
        except Crash:
            self.start(side)
            return True
        finally:
            side.fuse.left = None
        return False

    def back_up(self, zone: Zone) -> None:
        """Database and spool, at one moment."""
        side = self.sides[zone]
        with sqlite3.connect(side.folder / "backup.db") as copy:
            side.auditor.backup(copy)
        copy.close()
        shutil.rmtree(side.folder / "spool.backup", ignore_errors=True)
        shutil.copytree(side.folder / "spool", side.folder / "spool.backup")

    def bring_back(self, zone: Zone, *, spool: bool) -> None:
        """The database as it was; the spool as it was, or as it is."""
        side = self.sides[zone]
        side.database.dispose()
        with sqlite3.connect(side.folder / "backup.db") as copy:
            copy.backup(side.auditor)
        copy.close()
        if spool:
            shutil.rmtree(side.folder / "spool")
            shutil.copytree(side.folder / "spool.backup", side.folder / "spool")

    def restore(self, zone: Zone, *, spool: bool) -> None:
        """From the backup, with a new epoch; the operator sets the clock right first."""
        side = self.sides[zone]
        self.bring_back(zone, spool=spool)
        self.clock.jump(max(self.latest - self.clock.now(), timedelta()))
        known = {str(row[0]) for row in side.rows("SELECT id FROM outbox_message")}
        self.forgotten |= {message for _stream, message in side.posted} - known
        self.restored.add(zone)
        start_new_epochs(side.database, side.spool, zone, "从备份恢复", self.clock)
        self.start(side)

    def post(self, zone: Zone, stream: Stream, count: int) -> None:
        side, to = self.sides[zone], self.peer(zone).zone
        made: list[str] = []
        with side.database.begin() as session:
            for _ in range(count):
                self.number += 1
                kind, body = _message(zone, stream, self.number)
                made.append(
                    post(
                        session,
                        origin=zone,
                        destination=to,
                        kind=kind,
                        body=body,
                        case_no=None,
                        now=self.number,
                    )
                )
        side.posted.extend((stream, each) for each in made)

    # What carriers do.

    def take(self, origin: Zone) -> list[File]:
        """Take all that is ready out of a spool, as carriers do: copy first, then unlink."""
        side, to = self.sides[origin], self.peer(origin).zone
        taken: list[File] = []
        for entry in side.spool.ready(to):
            try:
                with side.spool.open_ready(to, entry.name) as file:
                    taken.append((entry.name, file.read()))
            except NotFoundError:
                continue
            side.spool.carried(to, entry.name)
        self.old.extend((origin, file) for file in taken)
        return taken

    def deliver(self, origin: Zone, file: File) -> bool:
        """Bring one file as a carrier does, verified; answers whether it was taken."""
        target, (name, content) = self.peer(origin), file
        receiver = Receiver(self.template.trust, target.zone, self.clock.now())
        part = target.folder / "carrier.part"
        try:
            if isinstance(parse_name(name), BeaconName):
                open_beacon(content, receiver, name)
            else:
                part.write_bytes(content)
                with part.open("rb") as source, (target.folder / "copy.part").open("wb") as copy:
                    verify(source, receiver, name, copy)
        except RejectedBundleError:
            return False
        self.put(origin, file)
        return True

    def put(self, origin: Zone, file: File) -> None:
        """Bring one file without looking at it, as nobody should."""
        target, (name, content) = self.peer(origin), file
        with target.spool.delivering(origin, name) as copy:
            copy.write(content)
        if name.endswith(".tar"):
            self.delivered[target.zone].add(name)

    def spoil(self, file: File, at: int, cut: bool) -> File:
        name, content = file
        place = at % len(content)
        if cut:
            return name, content[:place]
        return name, content[:place] + bytes((content[place] ^ 1,)) + content[place + 1 :]

    def is_set_aside(self, origin: Zone, file: File) -> bool:
        """Whether a file lies in quarantine, unless its signed front is whole."""
        target, (name, content) = self.peer(origin), file
        receiver = Receiver(self.template.trust, target.zone, self.clock.now())
        try:
            if name.endswith(".tar"):
                read_header(BytesIO(content), receiver, name)
                return True
        except RejectedBundleError:
            pass
        return any(
            path.read_bytes() == content for path in target.folder.glob("spool/quar*/*.file")
        )

    def settle(self, rounds: int = 25, least: int = 1) -> None:
        """Nothing fails any more; people do what alarms ask of them."""
        for number in range(rounds):
            for zone in (EX, NT):
                self.tick(zone)
                for file in [*(self.gate if zone is EX else []), *self.take(zone)]:
                    self.deliver(zone, file)
                if zone is EX:
                    self.gate.clear()
            for disc in self.discs:
                for file in disc:
                    self.deliver(NT, file)
            self.discs.clear()
            self.tick(NT)
            self.tick(EX)
            self.clock.advance(timedelta(minutes=2))
            if number + 1 >= least and self.is_settled():
                return

    def is_settled(self) -> bool:
        for side in self.sides.values():
            waits = side.rows("SELECT count(*) FROM outbox_message WHERE bundle IS NULL")
            opened = side.rows(
                "SELECT count(*) FROM bundle_out WHERE state IN ('sealed', 'carried')"
            )
            if waits != [(0,)] or opened != [(0,)]:
                return False
        return True


def _message(zone: Zone, stream: Stream, number: int) -> tuple[Kind, Body]:
    case_no = f"W{number:015d}"
    if zone is NT:
        return Kind.PROGRESS_REPORTED, ProgressReported(
            case_no=case_no, step="arrived", label="已到达", zone="intranet", at=number
        )
    if stream is Stream.MATERIALS:
        return Kind.MATERIALS_DELIVERED, MaterialsDelivered(case_no=case_no, digests=["0" * 64])
    return Kind.REVIEW_REQUESTED, ReviewRequested(
        case_no=case_no,
        item_code="transfer-existing",
        item_title="存量房转移登记",
        unit_no="4190010010" + "01GB00001F00010001",
        location="样例路1号",
        applicant="样例",
        registered_area=None,
        accepted_at=0,
        due_at=None,
        materials=[],
    )


def now(world: World) -> int:
    return now_micros(world.clock)


def without_fsync(patch: Callable[[object, str, object], None]) -> None:
    """Speed: what is simulated is the death of a process, not of the machine."""
    patch(os, "fsync", lambda _handle: None)


def shuffled(files: list[File], seed: int) -> list[File]:
    chosen = list(files)
    random.Random(seed).shuffle(chosen)
    return chosen
