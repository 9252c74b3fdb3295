"""Planning: what waits in the spool, verified, and on how many media of one size it goes.

Every file lies whole on one medium, the most urgent first; the beacon, which says what everything
else is about, is on the first.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ferry.manifest import MAX_FILES
from ferry.repair.layout import SECTOR, geometry_for
from ferry.settings import FerrySettings
from kernel.bundle import BeaconName, Receiver
from kernel.carriage import pass_on
from kernel.errors import NotFoundError, RejectedBundleError
from kernel.logs import get_logger
from kernel.spool import Entry, Spool

OVERHEAD: Final = 2048
"""Sectors kept for directories, cover sheet, note and padding: 4 MiB."""
_FILE_OVERHEAD: Final = 1024
"""Bytes of directory and cover sheet a file takes beside its content."""

_THREADS: Final = 2

log = get_logger(__name__)
Keep = Callable[[str], None]
"""Links a verified file of the spool to where it stays; FileNotFoundError when it is gone."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A verified file that goes on a medium; its name determines its every byte."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Volume:
    """The files of one medium."""

    files: tuple[Planned, ...]

    @property
    def bytes(self) -> int:
        """Bytes of the files."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Plan:
    """Volumes in order; files that are damaged in the spool; files no medium of this size takes."""

    volumes: tuple[Volume, ...]
    damaged: tuple[str, ...]
    too_large: tuple[str, ...]

    @property
    def files(self) -> int:
        """How many files go."""
        return sum(len(volume.files) for volume in self.volumes)

    @property
    def bytes(self) -> int:
        """Bytes of all files that go."""
        return sum(volume.bytes for volume in self.volumes)

    @property
    def content(self) -> str:
        """SHA-256 over the names, in order, which hold the files' digests: what is approved."""
        digest = hashlib.sha256()
        for volume in self.volumes:
            for file in volume.files:
                digest.update(f"{file.name}\n".encode())
            digest.update(b"\n")
        return digest.hexdigest()


def room_of(settings: FerrySettings) -> int:
    """Bytes of bundles that one medium takes beside its repair region."""
    medium = settings.medium
    sectors = geometry_for(medium.capacity // SECTOR, medium.repair_data, medium.repair_parity)
    return max(0, sectors - OVERHEAD) * SECTOR


def on_medium(size: int) -> int:
    """Bytes that a file of ``size`` takes."""
    return -(-size // SECTOR) * SECTOR + _FILE_OVERHEAD


@dataclass(slots=True)
class _Shelf:
    """Lays files of known size on media of ``room`` bytes, one after the other."""

    room: int
    media: int = 0
    _left: int = 0
    _files: int = 0

    def begins_another(self, size: int) -> bool:
        """Put one file; whether it is the first of a new medium."""
        needed = on_medium(size)
        another = needed > self._left or self._files >= MAX_FILES
        if another:
            self.media, self._left, self._files = self.media + 1, self.room, 0
        self._left -= needed
        self._files += 1
        return another


def media_for(settings: FerrySettings, sizes: Iterable[int]) -> tuple[int, int]:
    """How many media files of ``sizes`` take, in that order, and how many fit on none."""
    shelf, too_large = _Shelf(room_of(settings)), 0
    for size in sizes:
        if on_medium(size) > shelf.room:
            too_large += 1
        else:
            shelf.begins_another(size)
    return shelf.media, too_large


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """As they go on media: the beacon first, then as urgent as the spool gives them."""
    return sorted(entries, key=lambda entry: not isinstance(entry.parsed, BeaconName))


def plan(settings: FerrySettings, spool: Spool, receiver: Receiver, keep: Keep) -> Plan:
    """Verify everything that waits and lay it out; ``keep`` is told of every file that goes."""
    room = room_of(settings)
    waiting = spool.ready(receiver.destination)
    volumes: list[list[Planned]] = []
    shelf = _Shelf(room)
    damaged: list[str] = []
    too_large: list[str] = []
    fitting: list[Entry] = []
    for entry in in_order(waiting):
        if on_medium(entry.size) > room:
            too_large.append(entry.name)
        else:
            fitting.append(entry)
    for entry, verified in _verified(spool, receiver, fitting):
        try:
            verified.result()
            keep(entry.name)
        except (NotFoundError, FileNotFoundError):
            continue  # Withdrawn meanwhile: an older beacon, a confirmed bundle.
        except RejectedBundleError as error:
            log.error("ferry.spool_damaged", file=entry.name, error=error)
            damaged.append(entry.name)
            continue
        if shelf.begins_another(entry.size):
            volumes.append([])
        volumes[-1].append(Planned(entry.name, entry.size))
    return Plan(tuple(Volume(tuple(files)) for files in volumes), tuple(damaged), tuple(too_large))


def _verified(
    spool: Spool, receiver: Receiver, entries: Sequence[Entry]
) -> Iterator[tuple[Entry, Future[None]]]:
    """Every entry in order, with the end of its verification; both processors hash."""

    def verify(name: str) -> None:
        with spool.open_ready(receiver.destination, name) as source:
            pass_on(source, NOWHERE, receiver, name)

    with ThreadPoolExecutor(_THREADS) as pool:
        yield from [(entry, pool.submit(verify, entry.name)) for entry in entries]


class _Nowhere:
    """A target for what is only verified."""

    def write(self, chunk: memoryview) -> None:
        """Forget it."""


NOWHERE: Final = _Nowhere()


def nothing(_name: str) -> None:
    """A :data:`Keep` for looking only."""


def link_into(source: Path, folder: Path) -> Keep:
    """A :data:`Keep` that hard-links files of ``source`` into ``folder``."""

    def keep(name: str) -> None:
        (folder / name).hardlink_to(source / name)

    return keep
