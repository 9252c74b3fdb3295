"""The receiving side: whatever lies complete in the drop folder is verified and admitted.

Folder events are hints; this scan is the truth. A file is left alone until two scans in a row saw
the same size and time, because a gate may write slowly; then it is verified while it is copied into
the spool, and removed. What is not perfect goes to quarantine with its code, and the next file is
not affected.
"""

import os
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Final

from gate.inspection import Inspection
from gate.inspection.pipeline import require_plain
from kernel.bundle import Receiver, parse_name
from kernel.clock import Clock, now_micros
from kernel.durable import PART, remove_durably
from kernel.errors import RejectedBundleError
from kernel.keys import TrustStore
from kernel.logs import get_logger
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone

MAX_FILES_A_SCAN: Final = 10_000
CARRIER: Final = "gate"

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Admitted:
    """One scan: files admitted, quarantined, and left because they still change."""

    files: int = 0
    quarantined: int = 0
    unstable: int = 0


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
    _seen: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    _stuck: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """Set aside with a reason, but not to be moved (a link, a folder on another filesystem)."""

    def scan(self) -> Admitted:
        """Look at the whole folder once and take what is finished.

        Raises :class:`kernel.errors.UnavailableError` when our own disk is full: files then stay
        where they are and are taken by a later scan.
        """
        files = quarantined = 0
        seen: dict[str, tuple[int, int, int]] = {}
        finished: list[str] = []
        for name, mark in self._listed():
            seen[name] = mark
            if self._seen.get(name) == mark:
                finished.append(name)
        self._seen = seen
        self._stuck = {name: mark for name, mark in self._stuck.items() if seen.get(name) == mark}
        unstable = len(seen) - len(finished)
        finished = [name for name in finished if name not in self._stuck]
        for name in sorted(finished):
            if self._take(self.drop / name):
                files += 1
            else:
                quarantined += 1
                if os.path.lexists(self.drop / name):
                    # One reason is enough; another each scan would fill the quarantine.
                    self._stuck[name] = seen[name]
                    continue
            del self._seen[name]
        for path in sorted(self.spool.again_folder().iterdir()):
            # Two people released it; it passes everything anew, and may come back to quarantine.
            if self._take(path):
                files += 1
            else:
                quarantined += 1
        return Admitted(files, quarantined, unstable)

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

    def _take(self, path: Path) -> bool:
        """Admit one finished file, or set it aside; answers whether it was admitted."""
        receiver = Receiver(self.trust, self.destination, self.clock.now())
        try:
            require_plain(path)
            name = str(parse_name(path.name))
            with (
                _open(path) as source,
                self.spool.delivering(self.origin, name) as target,
            ):
                origin = self.inspection.pass_on(source, target, receiver, name)
                if origin is not self.origin:
                    raise RejectedBundleError("wrong_origin", "文件不是从声明的来源网送达的")
        except RejectedBundleError as error:
            aside = self.spool.quarantine(path, error, CARRIER, now_micros(self.clock))
            # Not its name: whoever put a foreign file there chose it, and may have named a person.
            log.warning("gate.quarantined", file=aside.file, error=error)
            return False
        remove_durably(path)
        log.info("gate.admitted", file=name)
        return True


def _open(path: Path) -> FileIO:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    return FileIO(handle, "rb")
