"""One side of the ferry with everything it works with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ferry.ledger.book import Book
from ferry.ledger.chain import Chain
from ferry.operators import Operators
from ferry.settings import FerrySettings
from kernel.bundle import Receiver
from kernel.clock import Clock
from kernel.errors import SettingsError
from kernel.keys import TrustStore, load_station
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone


@dataclass(frozen=True, slots=True)
class Station:
    """The settings of one side, and what they name."""

    settings: FerrySettings
    spool: Spool
    trust: TrustStore
    clock: Clock
    operators: Operators
    book: Book

    @classmethod
    def open(cls, settings: FerrySettings, clock: Clock) -> Self:
        """Open spool, ledger and register; raises as their constructors."""
        folder = settings.state.folder
        operators = Operators(folder)
        return cls(
            settings,
            Spool(settings.spool.folder),
            TrustStore.load(settings.trust.file),
            clock,
            operators,
            Book(Chain(folder), operators, clock),
        )

    @property
    def receiver(self) -> Receiver:
        """Verifies as of now for the zone the media go to."""
        return Receiver(self.trust, self.destination, self.clock.now())

    @property
    def origin(self) -> Zone:
        """The zone the media come from."""
        return Zone(self.settings.origin)

    @property
    def destination(self) -> Zone:
        """The zone the media go to."""
        return Zone(self.settings.destination)

    @property
    def lock(self) -> Path:
        """Held by whatever writes or reads a medium."""
        return self.settings.state.folder / "ferry.lock"

    def folder(self, name: str) -> Path:
        """A folder below the state folder, made when missing."""
        made = self.settings.state.folder / name
        made.mkdir(exist_ok=True)
        return made

    def station_key(self) -> bytes:
        """The key that signs cover sheets.

        Raises :class:`SettingsError`: ``station_key_missing`` or as :func:`load_station`.
        """
        if self.settings.station is None:
            raise SettingsError("station_key_missing", "配置中没有写盘站密钥（station.key）")
        return load_station(self.settings.station.key)
