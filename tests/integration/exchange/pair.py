"""Two zones with a carrier between them that a test can make lose, repeat and reorder files."""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import MetaData, select

from kernel import audit
from kernel.bundle import Receiver, verify
from kernel.bundle.names import BeaconName
from kernel.clock import SetClock
from kernel.db import Database
from kernel.exchange import Exchange, Received, post
from kernel.exchange.models import BundleOut, BundleOutState, InboxMessage
from kernel.keys import TrustStore, generate
from kernel.materials import MaterialsStore
from kernel.messages import BlobRef, Kind, ProgressReported, ReviewRequested
from kernel.migrate import Schema, upgrade
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone


@dataclass(slots=True)
class Side:
    zone: Zone
    database: Database
    spool: Spool
    store: MaterialsStore
    exchange: Exchange
    effects: list[str] = field(default_factory=list)


class Pair:
    """Extranet and intranet (or two other zones) with one clock and whatever carries between."""

    def __init__(
        self,
        folder: Path,
        urls: Callable[[str], str],
        zones: tuple[Zone, Zone] = (Zone.EXTRANET, Zone.INTRANET),
    ) -> None:
        self.clock = SetClock(datetime(2021, 6, 11, 9, tzinfo=UTC))
        keys = {zone: generate(zone, folder / zone / "keys") for zone in zones}
        self.trust = TrustStore(
            own.public(purpose) for own in keys.values() for purpose in own.purposes()
        )
        self.keys = keys
        versions = folder / "versions"
        versions.mkdir()
        self.sides: dict[Zone, Side] = {}
        for zone in zones:
            database = Database(urls(zone.value))
            upgrade(database, Schema(versions, MetaData()))
            audit.attach(database, zone.value, self.clock)
            spool = Spool(folder / zone / "spool")
            store = MaterialsStore(folder / zone / "materials")
            effects: list[str] = []

            def handle(_session: object, received: Received, into: list[str] = effects) -> None:
                into.append(received.message.id)

            exchange = Exchange(
                zone,
                database,
                spool,
                store,
                keys[zone],
                self.trust,
                self.clock,
                dict.fromkeys(Kind, handle),
            )
            self.sides[zone] = Side(zone, database, spool, store, exchange, effects)

    @property
    def extranet(self) -> Side:
        return self.sides[Zone.EXTRANET]

    @property
    def intranet(self) -> Side:
        return self.sides[Zone.INTRANET]

    @property
    def internet(self) -> Side:
        return self.sides[Zone.INTERNET]

    def close(self) -> None:
        for side in self.sides.values():
            side.database.dispose()

    def tick(self) -> None:
        for side in self.sides.values():
            side.exchange.tick()
        self.clock.advance(timedelta(seconds=1))

    def post_review(self, number: int, picture: bytes | None = None) -> str:
        """A review, with a picture among its materials when there is one."""
        blobs = []
        if picture is not None:
            stored = self.extranet.store.put(io.BytesIO(picture), len(picture))
            blobs = [BlobRef(digest=stored.digest, size=stored.size, media_type="image/png")]
        body = ReviewRequested(
            case_no=f"W{number:015d}",
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
        with self.extranet.database.begin() as session:
            return post(
                session,
                origin=Zone.EXTRANET,
                destination=Zone.INTRANET,
                kind=Kind.REVIEW_REQUESTED,
                body=body,
                case_no=body.case_no,
                now=number,
                blobs=blobs,
            )

    def post_progress(self, number: int) -> str:
        body = ProgressReported(
            case_no=f"W{number:015d}", step="arrived", label="已到达", zone="intranet", at=number
        )
        with self.intranet.database.begin() as session:
            return post(
                session,
                origin=Zone.INTRANET,
                destination=Zone.EXTRANET,
                kind=Kind.PROGRESS_REPORTED,
                body=body,
                case_no=body.case_no,
                now=number,
            )

    def carry(
        self,
        origin: Zone,
        to: Zone,
        *,
        lose: Callable[[str], bool] = lambda _name: False,
        order: random.Random | None = None,
        repeat: int = 1,
    ) -> list[str]:
        """Move everything that is ready, as gate or ferry would; answers the names taken."""
        source, target = self.sides[origin], self.sides[to]
        entries = source.spool.ready(to)
        if order is not None:
            order.shuffle(entries)
        for entry in entries:
            lost = lose(entry.name)
            for _ in range(0 if lost else repeat):
                with (
                    source.spool.open_ready(to, entry.name) as file,
                    target.spool.delivering(origin, entry.name) as copy,
                ):
                    if isinstance(entry.parsed, BeaconName):
                        copy.write(file.read())
                    else:
                        receiver = Receiver(self.trust, to, self.clock.now())
                        verify(file, receiver, entry.name, copy)
            source.spool.carried(to, entry.name)
        return [entry.name for entry in entries]

    def round(self, **faults: object) -> None:
        """Gate, ferry and both exchanges once."""
        self.tick()
        self.carry(Zone.EXTRANET, Zone.INTRANET, **faults)  # type: ignore[arg-type]  # passed on
        self.tick()
        self.carry(Zone.INTRANET, Zone.EXTRANET)
        self.tick()


def unconfirmed(side: Side) -> int:
    with side.database.reading() as session:
        return len(
            session.scalars(
                select(BundleOut).where(BundleOut.state != BundleOutState.CONFIRMED)
            ).all()
        )


def inbox(side: Side) -> int:
    with side.database.reading() as session:
        return len(session.scalars(select(InboxMessage)).all())
