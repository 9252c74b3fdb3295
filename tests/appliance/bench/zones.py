"""Two zones with an exchange each, in one folder, for benchmarks of what lies between them."""

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import MetaData, text
from sqlalchemy.orm import Session

from kernel import audit, logs
from kernel.clock import SystemClock
from kernel.db import Database
from kernel.exchange import Exchange, Received
from kernel.keys import TrustedKey, TrustStore, entry_text, generate
from kernel.materials import MaterialsStore
from kernel.messages import Kind
from kernel.migrate import Schema, upgrade
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone


class Zones:
    """``origin`` and ``to`` with keys, databases, stores and spools; the trust file lies beside."""

    def __init__(
        self, folder: Path, origin: Zone, to: Zone, further: Iterable[TrustedKey] = ()
    ) -> None:
        """Make everything below ``folder``; ``further`` public keys are trusted, too."""
        logs.configure("bench", level="warning")
        self.origin, self.to = origin, to
        zones = (origin, to)
        (folder / "versions").mkdir(parents=True)
        keys = {zone: generate(zone, folder / "keys" / zone.value) for zone in zones}
        public = [own.public(use) for own in keys.values() for use in own.purposes()]
        self.trust_file = folder / "trust.toml"
        entries = map(entry_text, (*public, *further))
        self.trust_file.write_text("\n".join(entries), "utf-8")
        clock, trust = SystemClock(), TrustStore.load(self.trust_file)
        self.databases: dict[Zone, Database] = {}
        self.spools = {zone: Spool(folder / zone.value) for zone in zones}
        self.stores = {zone: MaterialsStore(folder / f"{zone.value}-materials") for zone in zones}
        self.exchanges: dict[Zone, Exchange] = {}
        for zone in zones:
            database = Database(f"sqlite:///{folder / zone.value}.db")
            upgrade(database, Schema(folder / "versions", MetaData()))
            audit.attach(database, zone.value, clock)
            self.databases[zone] = database
            self.exchanges[zone] = Exchange(
                zone,
                database,
                self.spools[zone],
                self.stores[zone],
                keys[zone],
                trust,
                clock,
                dict.fromkeys(Kind, _count),
            )

    def close(self, count: int) -> None:
        """Let go of the databases; raises :class:`RuntimeError` unless ``count`` had effect."""
        with self.databases[self.to].reading() as session:
            arrived = session.execute(text("SELECT count(*) FROM inbox_message")).scalar()
        for database in self.databases.values():
            database.dispose()
        if arrived != count:
            raise RuntimeError(f"{arrived} of {count} messages arrived")


def _count(_session: Session, _received: Received) -> None:
    """The effect of a message in a benchmark is its inbox row alone."""
