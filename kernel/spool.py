"""The spool: the folder where a zone's exchange and its carriers meet (docs/spec/spool.md).

The folders are the state; any program may die at any instruction::

    out/<zone>/kept/    what we sealed, kept until a receipt covers it      (exchange)
    out/<zone>/ready/   hard links to what a carrier should take now        (exchange → carrier)
    in/<zone>/          what carriers delivered, verified                   (carrier → exchange)
    quarantine/         what was not perfect, with its reason; never deleted by a program
    again/              what two people released from quarantine      (anybody → gate)
    tmp/                files being written; on the same filesystem

A carrier unlinks from ``ready`` what it has carried. Offering again is linking again.
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Final

from kernel.bundle.names import BeaconName, BundleName, parse_name
from kernel.durable import (
    disk_errors,
    fsync_folder,
    move_durably,
    open_regular,
    part_in,
    remove_durably,
    sweep_parts,
    write_durably,
)
from kernel.errors import NotFoundError, RejectedBundleError
from kernel.vocabulary.zones import Zone

MAX_LISTED: Final = 20_000
"""Files one look at a folder takes in; the rest is seen by the next look."""
_STALE_PART_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the spool with its parsed name and size in bytes."""

    name: str
    parsed: BundleName | BeaconName
    size: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Why a file was set aside; instants are microseconds UTC, ``carrier`` names who brought it."""

    file: str
    name: str
    code: str
    message: str
    carrier: str
    at: int
    size: int


class Spool:
    """One zone's spool below ``folder``; folders are made when missing."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``."""
        self.folder = folder
        self._tmp = folder / "tmp"
        self._quarantine = folder / "quarantine"
        for needed in (self._tmp, self._quarantine):
            self._made(needed)

    @property
    def lock(self) -> Path:
        """The file whose lock the zone's worker holds."""
        return self.folder / "worker.lock"

    # What the exchange sends.

    def kept(self, to: Zone) -> Path:
        """Where bundles towards ``to`` are kept until they are receipted."""
        return self._made(self.folder / "out" / to.value / "kept")

    def ready_folder(self, to: Zone) -> Path:
        """Where the carrier towards ``to`` looks."""
        return self._made(self.folder / "out" / to.value / "ready")

    @contextmanager
    def sealing(self, to: Zone) -> Iterator["Part"]:
        """A new file for a bundle towards ``to``; :meth:`Part.keep` gives it its name.

        When the block raises, or does not keep it, nothing is left.
        """
        part = Part(part_in(self._tmp), self.kept(to))
        try:
            with disk_errors(), part.path.open("xb") as file:
                part.file = file
                yield part
        finally:
            with disk_errors():
                part.path.unlink(missing_ok=True)

    def offer(self, to: Zone, name: str) -> bool:
        """Put a kept bundle before the carrier; answers False when it is not kept (any more)."""
        ready = self.ready_folder(to)
        with disk_errors():
            try:
                os.link(self.kept(to) / name, ready / name)
            except FileExistsError:
                return True
            except FileNotFoundError:
                return False
            fsync_folder(ready)
        return True

    def release(self, to: Zone, name: str) -> None:
        """Forget a bundle that a receipt covers; it may be gone already."""
        remove_durably(self.ready_folder(to) / name)
        remove_durably(self.kept(to) / name)

    def kept_names(self, to: Zone) -> set[str]:
        """Names of everything kept towards ``to``."""
        return {entry.name for entry in os.scandir(self.kept(to))}

    def put_beacon(self, to: Zone, name: str, content: bytes) -> None:
        """Publish a beacon; older ones that no carrier has taken yet are withdrawn."""
        ready = self.ready_folder(to)
        with write_durably(ready / name, parts=self._tmp) as file:
            file.write(content)
        for entry in self.ready(to):
            if isinstance(entry.parsed, BeaconName) and entry.name != name:
                remove_durably(ready / entry.name)

    # What a carrier takes.

    def ready(self, to: Zone) -> list[Entry]:
        """What the carrier towards ``to`` should take, the most urgent first, beacons last."""
        return _listed(self.ready_folder(to))

    def is_ready(self, to: Zone, name: str) -> bool:
        """Whether the carrier has not taken ``name`` yet."""
        return (self.ready_folder(to) / name).exists()

    def open_ready(self, to: Zone, name: str) -> FileIO:
        """Open something ready.

        Raises :class:`NotFoundError` (``not_ready``) when it was withdrawn meanwhile.
        """
        return open_regular(self.ready_folder(to) / str(parse_name(name)))

    def open_kept(self, to: Zone, name: str) -> FileIO:
        """Open something that is kept until it is receipted, to carry it once more.

        Raises :class:`NotFoundError` (``not_ready``) when it was released meanwhile.
        """
        return open_regular(self.kept(to) / str(parse_name(name)))

    def offered_at(self, to: Zone, name: str) -> int | None:
        """When something ready was put there (microseconds UTC); None when it was withdrawn."""
        try:
            # Offering is linking, which is what changes a file's status last.
            return (self.ready_folder(to) / name).lstat().st_ctime_ns // 1000
        except FileNotFoundError:
            return None

    def carried(self, to: Zone, name: str) -> None:
        """Say that the carrier has taken ``name``; it stays kept."""
        remove_durably(self.ready_folder(to) / str(parse_name(name)))

    # What a carrier delivers.

    def arrivals_folder(self, origin: Zone) -> Path:
        """Where carriers put what came from ``origin``."""
        return self._made(self.folder / "in" / origin.value)

    @contextmanager
    def delivering(self, origin: Zone, name: str) -> Iterator[BinaryIO]:
        """Write something that arrives; it appears whole when the block ends, or not at all."""
        target = self.arrivals_folder(origin) / str(parse_name(name))
        with write_durably(target, parts=self._tmp) as file:
            yield file

    def arrivals(self, origin: Zone) -> list[Entry]:
        """What came from ``origin`` and was not admitted yet, the most urgent first."""
        return _listed(self.arrivals_folder(origin))

    def open_arrival(self, origin: Zone, name: str) -> FileIO:
        """Open an arrival.

        Raises :class:`NotFoundError` with code ``not_ready``.
        """
        return open_regular(self.arrivals_folder(origin) / str(parse_name(name)))

    def admitted(self, origin: Zone, name: str) -> None:
        """Remove an arrival whose effect is durable."""
        remove_durably(self.arrivals_folder(origin) / str(parse_name(name)))

    # What is set aside.

    def quarantine(
        self, path: Path, error: RejectedBundleError, carrier: str, at: int
    ) -> Quarantined:
        """Move the file at ``path`` aside with its reason; it may lie on another filesystem.

        The reason is written first: a file in quarantine is never without one. Raises
        :class:`NotFoundError` (``not_ready``) when the file has gone meanwhile.
        """
        file = f"{at:016d}-{secrets.token_hex(4)}-{error.code}"
        try:
            size = path.lstat().st_size
        except FileNotFoundError:
            raise NotFoundError("not_ready", "该文件已不在交换目录中") from None
        found = Quarantined(file, path.name[:200], error.code, error.message, carrier, at, size)
        with write_durably(self._quarantine / f"{file}.json", parts=self._tmp) as target:
            target.write(json.dumps(asdict(found), ensure_ascii=False, indent=1).encode())
        move_durably(path, self._quarantine / f"{file}.file", parts=self._tmp)
        return found

    def quarantined(self, limit: int = 200) -> list[Quarantined]:
        """What lies in quarantine, the newest first."""
        reasons = sorted(self._quarantine.glob("*.json"), reverse=True)[:limit]
        return [Quarantined(**json.loads(path.read_text("utf-8"))) for path in reasons]

    def quarantined_count(self) -> int:
        """How many files lie in quarantine."""
        with os.scandir(self._quarantine) as entries:
            return sum(entry.name.endswith(".json") for entry in entries)

    def again_folder(self) -> Path:
        """Where the gate finds what two people released, and judges it as if it had just come."""
        return self._made(self.folder / "again")

    def quarantined_file(self, found: Quarantined) -> Path:
        """Where a quarantined file lies."""
        return self._quarantine / f"{found.file}.file"

    def sweep(self, now: float) -> int:
        """Remove temporary files that a dead process left, older than an hour."""
        return sweep_parts(self._tmp, now - _STALE_PART_SECONDS)

    def part(self) -> Path:
        """A new temporary name on the spool's filesystem."""
        return part_in(self._tmp)

    @staticmethod
    def _made(folder: Path) -> Path:
        with disk_errors():
            folder.mkdir(parents=True, exist_ok=True)
        return folder


class Part:
    """A bundle being written; kept under its name only when that is said."""

    file: BinaryIO

    def __init__(self, path: Path, folder: Path) -> None:
        """Will lie in ``folder``."""
        self.path = path
        self._folder = folder

    def keep(self, name: str) -> None:
        """Make the file durable and give it its final name."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.path.replace(self._folder / str(parse_name(name)))
        fsync_folder(self._folder)


def _listed(folder: Path) -> list[Entry]:
    found: list[Entry] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(found) >= MAX_LISTED:
                break
            try:
                parsed = parse_name(entry.name)
                size = entry.stat(follow_symlinks=False).st_size
            except (RejectedBundleError, FileNotFoundError):
                # Names that are not ours are nobody's business here; a file may vanish meanwhile.
                continue
            if entry.is_file(follow_symlinks=False):
                found.append(Entry(entry.name, parsed, size))
    return sorted(found, key=lambda item: (item.parsed.order, item.name))
