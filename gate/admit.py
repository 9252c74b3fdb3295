"""The receiving side: whatever lies complete in the drop folder is verified and admitted.

Folder events are hints; this scan is the truth. A file is left alone until two scans in a row saw
the same size and time, because a gate may write slowly; then it is verified while it is copied into
the spool, and removed. What is not perfect goes to quarantine with its code, and the next file is
not affected.
"""

import os
from dataclasses import dataclass, field
from enum import Enum, auto
from io import FileIO
from pathlib import Path
from typing import Final

from gate.flow import is_pressing, may_pass
from gate.inspection import Inspection
from gate.inspection.pipeline import require_plain
from gate.pieces.gather import Gatherer
from gate.pieces.layout import parse_piece_name
from kernel.bundle import BeaconName, Receiver, parse_name
from kernel.clock import Clock, now_micros
from kernel.durable import PART, remove_durably
from kernel.errors import RejectedBundleError
from kernel.keys import TrustStore
from kernel.logs import get_logger
from kernel.retention import NO_MARKS, DiskMarks, FreeBytes, free_bytes
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone

MAX_FILES_A_SCAN: Final = 10_000
CARRIER: Final = "gate"
_UNFINISHED: Final = frozenset({"truncated", "name_invalid", "not_a_bundle", "beacon_malformed"})
"""What a file looks like of which the gate has brought only the front, or not yet the name."""

log = get_logger(__name__)


class Took(Enum):
    """What became of one finished file."""

    FILE = auto()
    PIECE = auto()
    MADE = auto()
    """The piece that made a file whole."""
    REPAIRED = auto()
    """The same although others are missing."""
    QUARANTINED = auto()
    WAITS = auto()


@dataclass(frozen=True, slots=True)
class Admitted:
    """One scan: files admitted, quarantined, and left because they still change."""

    files: int = 0
    quarantined: int = 0
    unstable: int = 0
    pieces: int = 0
    repaired: int = 0
    """Files that were made although pieces were missing."""
    given_up: tuple[str, ...] = ()
    """Names of files whose missing pieces were waited for too long."""
    bytes: int = 0
    beacons: int = 0
    """Of the files admitted, those that are beacons."""
    held: int = 0
    """Finished files left in the folder, because our disk has no room for them."""


@dataclass(slots=True)
class DropScanner:
    """Remembers what the last scan saw, to tell a finished file from a growing one."""

    drop: Path
    spool: Spool
    trust: TrustStore
    origin: Zone
    destination: Zone
    clock: Clock
    inspection: Inspection = field(default_factory=Inspection)
    gatherer: Gatherer | None = None
    marks: DiskMarks = NO_MARKS
    free: FreeBytes = free_bytes
    patience_seconds: float = 0
    """How long a file that is cut short, or whose name is not ours, may lie unchanged."""
    _patient: dict[str, tuple[tuple[int, int, int], float]] = field(default_factory=dict)
    """Such files, as they were when that was first seen, and when."""
    _seen: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    _bytes: int = 0
    _beacons: int = 0
    _stuck: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """Set aside with a reason, but not to be moved (a link, a folder on another filesystem)."""

    def scan(self) -> Admitted:
        """Look at the whole folder once and take what is finished.

        Raises :class:`kernel.errors.UnavailableError` when our own disk is full: files then stay
        where they are and are taken by a later scan.
        """
        seen: dict[str, tuple[int, int, int]] = {}
        finished: list[str] = []
        for name, mark in self._listed():
            seen[name] = mark
            if self._seen.get(name) == mark:
                finished.append(name)
        self._seen = seen
        self._patient = {name: kept for name, kept in self._patient.items() if name in seen}
        self._stuck = {name: mark for name, mark in self._stuck.items() if seen.get(name) == mark}
        unstable = len(seen) - len(finished)
        finished = [name for name in finished if name not in self._stuck]
        self._bytes = self._beacons = held = 0
        counts = dict.fromkeys(Took, 0)
        for name in sorted(finished):
            if not self._has_room(name):
                held += 1
                continue
            took = self._take(self.drop / name, seen[name])
            counts[took] += 1
            if took is Took.WAITS:
                continue
            if took is Took.QUARANTINED and os.path.lexists(self.drop / name):
                # One reason is enough; another each scan would fill the quarantine.
                self._stuck[name] = seen[name]
                continue
            del self._seen[name]
        for path in sorted(self.spool.again_folder().iterdir()):
            if not self._has_room(path.name):
                continue
            # Two people released it; it passes everything anew, and may come back to quarantine.
            counts[self._take(path, None)] += 1
        return Admitted(
            counts[Took.FILE] + counts[Took.MADE] + counts[Took.REPAIRED] + self._take_whole(),
            counts[Took.QUARANTINED],
            unstable + counts[Took.WAITS],
            counts[Took.PIECE] + counts[Took.MADE] + counts[Took.REPAIRED],
            counts[Took.REPAIRED],
            tuple(self.gatherer.give_up()) if self.gatherer is not None else (),
            self._bytes,
            self._beacons,
            held,
        )

    def _has_room(self, name: str) -> bool:
        """Whether the file called ``name`` may be taken now; what is foreign or a piece waits."""
        room = self.marks.room(self.free(self.spool.folder))
        try:
            return may_pass(room, pressing=is_pressing(parse_name(name)))
        except RejectedBundleError:
            return may_pass(room, pressing=False)

    def _take_whole(self) -> int:
        """Files that a receiver before us had made of pieces, and did not live to take over."""
        if self.gatherer is None:
            return 0
        left = list(self.gatherer.whole())
        return sum(self._take_over(path) is Took.FILE for path in left)

    def _listed(self) -> list[tuple[str, tuple[int, int, int]]]:
        found: list[tuple[str, tuple[int, int, int]]] = []
        with os.scandir(self.drop) as entries:
            for entry in entries:
                if len(found) >= MAX_FILES_A_SCAN:
                    log.warning("gate.scan_bounded", limit=MAX_FILES_A_SCAN)
                    break
                if entry.name.endswith(PART):
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                found.append((entry.name, (status.st_ino, status.st_size, status.st_mtime_ns)))
        return found

    def _take(self, path: Path, mark: tuple[int, int, int] | None) -> "Took":
        """Admit one finished file or piece, or set it aside, or leave it for later."""
        try:
            require_plain(path)
            if self.gatherer is not None and parse_piece_name(path.name):
                return self._take_piece(self.gatherer, path)
            self._admit(path)
        except RejectedBundleError as error:
            if mark is not None and self._may_change(path.name, mark, error):
                return Took.WAITS
            self._set_aside(path, error)
            return Took.QUARANTINED
        self._patient.pop(path.name, None)
        remove_durably(path)
        return Took.FILE

    def _take_piece(self, gatherer: Gatherer, path: Path) -> "Took":
        with _open(path) as source:
            gathered = gatherer.take(source, path.name)
        remove_durably(path)
        self._patient.pop(path.name, None)
        if gathered.file is None:
            return Took.PIECE
        if self._take_over(gathered.file) is Took.QUARANTINED:
            return Took.QUARANTINED
        return Took.REPAIRED if gathered.repaired else Took.MADE

    def _take_over(self, path: Path) -> "Took":
        """Admit a file that was made of pieces; what is wrong with it is wrong for good."""
        if self.gatherer is None:
            return Took.WAITS
        took = Took.FILE
        try:
            self._admit(path)
        except RejectedBundleError as error:
            self._set_aside(path, error)
            took = Took.QUARANTINED
        self.gatherer.settle(path)
        return took

    def _admit(self, path: Path) -> None:
        receiver = Receiver(self.trust, self.destination, self.clock.now())
        parsed = parse_name(path.name)
        name = str(parsed)
        with (
            _open(path) as source,
            self.spool.delivering(self.origin, name) as target,
        ):
            origin = self.inspection.pass_on(source, target, receiver, name)
            if origin is not self.origin:
                raise RejectedBundleError("wrong_origin", "文件不是从声明的来源网送达的")
            size = target.tell()
        self._bytes += size
        self._beacons += isinstance(parsed, BeaconName)
        log.info("gate.admitted", file=name, size=size)

    def _set_aside(self, path: Path, error: RejectedBundleError) -> None:
        aside = self.spool.quarantine(path, error, CARRIER, now_micros(self.clock))
        # Not its name: whoever put a foreign file there chose it, and may have named a person.
        log.warning("gate.quarantined", file=aside.file, error=error)

    def _may_change(
        self, name: str, mark: tuple[int, int, int], error: RejectedBundleError
    ) -> bool:
        """Whether the gate may not have finished: it stalls in a file, or renames it late."""
        if error.code not in _UNFINISHED or not self.patience_seconds:
            return False
        now = self.clock.monotonic()
        before, since = self._patient.get(name, (mark, now))
        if before != mark:
            since = now
        self._patient[name] = (mark, since)
        return now - since < self.patience_seconds


def _open(path: Path) -> FileIO:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    return FileIO(handle, "rb")
