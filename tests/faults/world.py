"""Two zones and everything between them in one folder: small enough to be copied for every fault.

Each step is what one program does once. The gate's steps are its real command line, called in a
process of their own; the exchange's are its worker's start and one tick.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Self

from sqlalchemy import MetaData, text
from sqlalchemy.orm import Session

from faults import posting
from gate.__main__ import gate
from kernel import audit
from kernel.clock import SystemClock
from kernel.db import Database
from kernel.errors import TongbanError
from kernel.exchange import Exchange, Received
from kernel.keys import TrustStore, entry_text, generate, load
from kernel.logs import get_logger
from kernel.materials import MaterialsStore
from kernel.messages import Kind, MaterialsDelivered, ReviewRequested
from kernel.migrate import Schema, upgrade
from kernel.program import cli
from kernel.retention import DiskMarks
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone

SENDER: Final = Zone.EXTRANET
RECEIVER: Final = Zone.INTRANET
MESSAGES: Final = 2
BESIDE: Final = "effects.txt"
"""Where a planted bug has effects outside the transaction."""
_SETTINGS: Final = """side = "{side}"
origin = "extranet"
destination = "intranet"
[spool]
folder = "{zone}/spool"
[drop]
folder = "drop"
scan_seconds = 0.2
[trust]
file = "trust.toml"

[disk]
low_mib = 0
stop_mib = 0
floor_mib = 0
"""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class World:
    """Extranet, intranet and the drop folder between them, all below ``folder``."""

    carrier: ClassVar[str] = "gate"
    sender: ClassVar[Zone] = SENDER
    receiver: ClassVar[Zone] = RECEIVER

    folder: Path

    @property
    def drop(self) -> Path:
        """What the gate's hardware would move; here one folder is both of its ends."""
        return self.folder / "drop"

    def spool(self, zone: Zone) -> Spool:
        """The spool of ``zone``."""
        return Spool(self.folder / zone.value / "spool")

    def settings(self, side: str) -> Path:
        """The settings file of the gate's ``send`` or ``receive`` side."""
        return self.folder / f"{side}.toml"

    def trust(self) -> TrustStore:
        """Everybody's public keys."""
        return TrustStore.load(self.folder / "trust.toml")

    def database(self, zone: Zone) -> Path:
        """The SQLite file of ``zone``."""
        return self.folder / zone.value / "zone.db"

    def rows(self, zone: Zone, query: str) -> list[tuple[object, ...]]:
        """What ``query`` finds, read beside every program of the project."""
        connection = sqlite3.connect(self.database(zone))
        try:
            return list(connection.execute(query))
        finally:
            connection.close()

    def effects(self) -> list[str]:
        """Ids of the messages that had their effect, as often as they had it."""
        found = [str(row[0]) for row in self.rows(self.receiver, "SELECT message FROM effect")]
        beside = self.folder / self.receiver.value / BESIDE
        return sorted(found + (beside.read_text().split() if beside.exists() else []))

    def places(self) -> list[tuple[Path, Zone]]:
        """Folders in which files have their final names, and whom the files are for."""
        source, target = self.spool(self.sender), self.spool(self.receiver)
        return [
            (source.kept(self.receiver), self.receiver),
            (source.ready_folder(self.receiver), self.receiver),
            (self.drop, self.receiver),
            (target.arrivals_folder(self.sender), self.receiver),
            (target.kept(self.sender), self.sender),
            (target.ready_folder(self.sender), self.sender),
            (source.arrivals_folder(self.receiver), self.sender),
        ]

    def on_the_way(self) -> set[str]:
        """Names of what is on its way from the sender's spool to the receiver's."""
        folders = (
            self.spool(self.sender).ready_folder(self.receiver),
            self.drop,
            self.spool(self.receiver).arrivals_folder(self.sender),
        )
        return {path.name for folder in folders for path in folder.iterdir()}

    def left_between(self) -> list[Path]:
        """What nobody has taken."""
        return sorted(self.drop.iterdir())

    def copied(self, target: Path) -> Self:
        """A copy that keeps hard links apart from files: nothing here depends on link counts."""
        shutil.copytree(self.folder, target, symlinks=True)
        return type(self)(target)


def build(folder: Path) -> World:
    """A new world in which nothing was sealed yet and two messages wait, one with a material."""
    return built(World(folder), "")


def built(world: World, further: str) -> World:
    """The same as ``world``, with ``further`` tables in both sides' settings."""
    zones_of(world)
    for side, zone in (("send", SENDER), ("receive", RECEIVER)):
        text_ = _SETTINGS.format(side=side, zone=zone.value)
        world.settings(side).write_text(text_ + further)
    for number in range(1, MESSAGES + 1):
        _post(world, number)
    return world


def zones_of(world: World) -> None:
    """Keys, trust, databases and spools of both zones, and what lies between them."""
    folder = world.folder
    folder.mkdir(parents=True)
    world.drop.mkdir()
    (folder / "versions").mkdir()
    trusted = []
    for zone in (world.sender, world.receiver):
        own = generate(zone, folder / zone.value / "keys")
        trusted += [entry_text(own.public(purpose)) for purpose in own.purposes()]
        database = Database(f"sqlite:///{world.database(zone)}")
        upgrade(database, Schema(folder / "versions", MetaData()))
        with database.begin() as session:
            session.execute(text("CREATE TABLE effect (message VARCHAR(32))"))
        database.dispose()
        world.spool(zone)
    (folder / "trust.toml").write_text("\n".join(trusted))


def _post(world: World, number: int) -> None:
    """One message with a material; every other one goes in another stream, and another bundle."""
    stored = posting.picture(world.folder / SENDER.value / "materials", number)
    case_no = f"W{number:015d}"
    kind, body = (
        (Kind.REVIEW_REQUESTED, _review(case_no))
        if number % 2
        else (
            Kind.MATERIALS_DELIVERED,
            MaterialsDelivered(case_no=case_no, digests=[stored.digest]),
        )
    )
    posting.send(world.database(SENDER), SENDER, RECEIVER, kind, body, number, [stored])


def _review(case_no: str) -> ReviewRequested:
    return ReviewRequested(
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


def effect(session: Session, received: Received) -> None:
    """Not unique on purpose: an effect that happens twice must show."""
    session.execute(text("INSERT INTO effect VALUES (:id)"), {"id": received.message.id})


def exchange_step(zone: Zone) -> Callable[[World], int]:
    """The worker of ``zone``: what it does when it starts, and one tick."""

    def step(world: World) -> int:
        clock = SystemClock()
        database = Database(f"sqlite:///{world.database(zone)}")
        audit.attach(database, zone.value, clock)
        try:
            exchange = Exchange(
                zone,
                database,
                world.spool(zone),
                MaterialsStore(world.folder / zone.value / "materials"),
                load(zone, world.folder / zone.value / "keys"),
                world.trust(),
                clock,
                dict.fromkeys(Kind, effect),
                # A heartbeat has passed between any two steps: a beacon lost is made up for.
                beacon_seconds=0,
                # The disks here are small on purpose; the marks are tested elsewhere.
                marks=DiskMarks(low=0, stop=0, floor=0),
            )
            exchange.recover()
            exchange.tick()
        except TongbanError as error:
            log.error("worker.job_failed", error=error)
            return error.exit_code
        finally:
            database.dispose()
        return 0

    return step


def gate_step(side: str) -> Callable[[World], int]:
    """One pass of ``gate send`` or ``gate receive``, as a person would type it."""

    def step(world: World) -> int:
        try:
            cli.run(gate, "gate", [side, "--once", "--settings", str(world.settings(side))])
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 1

    return step


def bring_back(world: World) -> int:
    """What the receiver has to say reaches the sender; never the subject here."""
    source, target = world.spool(world.receiver), world.spool(world.sender)
    for entry in source.ready(world.sender):
        with (
            source.open_ready(world.sender, entry.name) as file,
            target.delivering(world.receiver, entry.name) as copy,
        ):
            copy.write(file.read())
        source.carried(world.sender, entry.name)
    return 0


def age(world: World) -> int:
    """It is two hours later: whatever temporary file lies about is old."""
    before = time.time() - 7200
    for path in world.folder.rglob("*.part"):
        os.utime(path, (before, before))
    return 0


Step = Callable[[World], int]

STEPS: Final[dict[str, Step]] = {
    "seal": exchange_step(SENDER),
    "send": gate_step("send"),
    "receive": gate_step("receive"),
    "admit": exchange_step(RECEIVER),
    "back": bring_back,
    "confirm": exchange_step(SENDER),
    "age": age,
}
ORDER: Final = ("seal", "send", "receive", "admit", "back", "confirm")
"""One case's way there and its receipt's way back."""
AGAIN: Final = ("age", *ORDER)
"""Everything starts again, later."""
