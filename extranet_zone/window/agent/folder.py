"""The scanner's folder: complete files go out once, and none is lost on the way.

``docs/spec/window-device-v1.md``, part B. A file moves by renaming alone: the scanner's folder,
``sending``, then ``delivered`` or ``refused``; whatever a crash interrupts goes on from there.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from extranet_zone.window.agent.settings import ScanSettings
from kernel.durable import disk_errors, fsync_folder, write_durably
from kernel.errors import InvalidValueError, RefusedError
from kernel.logs import get_logger
from kernel.materials import inspect

MAX_SENDING: Final = 200
MAX_LISTED: Final = 2000
_SKIPPED: Final = (".part", ".tmp")
_REASON: Final = ".reason.txt"
_KEY_LENGTH: Final = 32
_MAX_NAME_BYTES: Final = 150
_TIME_DIGITS: Final = 16

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One file on its way."""

    path: Path
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class _Look:
    size: int
    changed: int
    since: float


class ScanFolder:
    """The scanner's folder with the three of the agent's in it."""

    def __init__(self, settings: ScanSettings) -> None:
        """Make the folders that are missing."""
        self._settings = settings
        self.folder = settings.folder
        self.sending = self.folder / "sending"
        self.delivered_folder = self.folder / "delivered"
        self.refused_folder = self.folder / "refused"
        self._looks: dict[str, _Look] = {}
        with disk_errors():
            for folder in (self.sending, self.delivered_folder, self.refused_folder):
                folder.mkdir(parents=True, exist_ok=True)

    def claim(self) -> tuple[int, int]:
        """Take the complete files that fit into ``sending``; answers how many, and how many not.

        Those not are the ones that were never whole: they are put aside.
        """
        room, claimed, refused = MAX_SENDING - len(self.claimed()), 0, 0
        for entry in self._settled():
            if claimed >= room:
                log.warning("window.sending_full", waiting=room)
                break
            taken = self._take(Path(entry.path))
            claimed, refused = claimed + (taken is True), refused + (taken is False)
        return claimed, refused

    def claimed(self) -> list[Claimed]:
        """What is to be sent, in the order in which it was claimed."""
        names = sorted(path.name for path in self.sending.iterdir() if "--" in path.name)
        return [
            Claimed(self.sending / name, name[:_KEY_LENGTH], name[_KEY_LENGTH + 2 :])
            for name in names[: MAX_SENDING * 2]
        ]

    def delivered(self, file: Claimed) -> None:
        """The platform has it; the time of keeping begins."""
        with disk_errors():
            os.utime(file.path)
            file.path.replace(self.delivered_folder / file.path.name)
            fsync_folder(self.delivered_folder)

    def refuse(self, path: Path, name: str, refusal: RefusedError) -> None:
        """Put a file aside with the reason beside it."""
        with disk_errors():
            target = self.refused_folder / f"{secrets.token_hex(4)}--{name}"
            # The reason first: a file without one would puzzle, a reason without one does not.
            with write_durably(target.with_name(f"{target.name}{_REASON}")) as reason:
                reason.write(f"{refusal.code}\n{refusal.message}\n".encode())
            path.replace(target)
            fsync_folder(self.refused_folder)
        log.warning("window.scan_refused", code=refusal.code)

    def tidy(self) -> int:
        """Remove delivered files whose time is over; answers how many."""
        before, removed = time.time() - self._settings.keep_hours * 3600, 0
        with disk_errors(), os.scandir(self.delivered_folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < before:
                    Path(entry.path).unlink(missing_ok=True)
                    removed += 1
        return removed

    def refused_count(self) -> int:
        """How many files somebody should look at."""
        return sum(1 for path in self.refused_folder.iterdir() if not path.name.endswith(_REASON))

    def _settled(self) -> Iterator["os.DirEntry[str]"]:
        """The files that have not changed for a while, the oldest first."""
        now = time.monotonic()
        seen: dict[str, _Look] = {}
        ready: list[tuple[int, str, os.DirEntry[str]]] = []
        with disk_errors(), os.scandir(self.folder) as entries:
            for entry in entries:
                if len(seen) >= MAX_LISTED:
                    break
                if _is_left_alone(entry):
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                before = self._looks.get(entry.name)
                look = _Look(status.st_size, status.st_mtime_ns, now)
                if before and (before.size, before.changed) == (look.size, look.changed):
                    look = before
                seen[entry.name] = look
                if now - look.since >= self._settings.settle_seconds:
                    ready.append((look.changed, entry.name, entry))
        self._looks = seen
        for _changed, _name, entry in sorted(ready, key=lambda found: found[:2]):
            yield entry

    def _take(self, path: Path) -> bool | None:
        """Whether the file went to ``sending`` or was refused; nothing while it may still grow."""
        name = _plain_name(path.name)
        try:
            inspect(path, name)
        except FileNotFoundError:
            return None
        except InvalidValueError as refusal:
            if time.time() - path.stat().st_mtime <= self._settings.patience_seconds:
                return None
            self.refuse(path, name, refusal)
            return False
        key = f"{time.time_ns():0{_TIME_DIGITS}x}"[-_TIME_DIGITS:] + secrets.token_hex(8)
        with disk_errors():
            path.replace(self.sending / f"{key}--{name}")
            fsync_folder(self.sending)
        return True


def digest_of(content: bytes) -> str:
    """SHA-256 as the contract has it."""
    return hashlib.sha256(content).hexdigest()


def _is_left_alone(entry: "os.DirEntry[str]") -> bool:
    return (
        entry.name.startswith(".")
        or entry.name.lower().endswith(_SKIPPED)
        or not entry.is_file(follow_symlinks=False)
    )


def _plain_name(name: str) -> str:
    """The end of a name, of characters every filesystem and every page can bear."""
    plain = "".join(
        sign if sign.isprintable() else "_"
        for sign in name.encode("utf-8", "replace").decode("utf-8")
    )
    while len(plain.encode()) > _MAX_NAME_BYTES:
        plain = plain[1:]
    return plain
