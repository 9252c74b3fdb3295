"""When and how fast the sending side may send: paused, draining, working hours, pace, full drop.

Court orders and beacons pass outside working hours; nothing passes while somebody has paused the
gate. What may not go now stays ready, and nothing is lost by waiting.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from gate.settings import FlowSettings
from kernel.bundle import BeaconName, BundleName
from kernel.clock import Clock, now_micros, to_micros
from kernel.durable import remove_durably, write_durably
from kernel.hours import Hours
from kernel.logs import get_logger
from kernel.retention import NO_MARKS, DiskMarks, Room, free_bytes
from kernel.spool import Entry
from kernel.vocabulary.zones import Stream
from kernel.words import size_text

CONTROL: Final = "gate-send.control.json"
BURST_SECONDS: Final = 1.0
"""How much of the pace may be spent at once."""
_MAX_WAIT: Final = 0.5

log = get_logger(__name__)


class Mode(StrEnum):
    """What somebody has told the sending side to do."""

    RUNNING = "running"
    PAUSED = "paused"
    DRAINING = "draining"


@dataclass(frozen=True, slots=True)
class Control:
    """The present order: since when (microseconds UTC), by whom, why."""

    mode: Mode
    since: int
    by: str
    reason: str

    @classmethod
    def read(cls, spool: Path) -> "Control":
        """The order that holds; running when there is none."""
        try:
            said = json.loads((spool / CONTROL).read_bytes())
            return cls(Mode(said["mode"]), int(said["since"]), str(said["by"]), str(said["reason"]))
        except FileNotFoundError:
            return cls(Mode.RUNNING, 0, "", "")
        except (OSError, ValueError, TypeError, KeyError):
            # Somebody stopped the gate; that we cannot read why is no reason to start it.
            return cls(Mode.PAUSED, 0, "", "控制文件无法读取")

    def write(self, spool: Path) -> None:
        """Let the order hold, over restarts too."""
        if self.mode is Mode.RUNNING:
            remove_durably(spool / CONTROL)
            return
        with write_durably(spool / CONTROL, parts=spool / "tmp") as file:
            file.write(json.dumps(asdict(self), ensure_ascii=False).encode())


class Pace:
    """A token bucket of bytes; without a pace nothing ever waits."""

    def __init__(
        self, bytes_per_second: int | None, clock: Clock, sleep: Callable[[float], object]
    ) -> None:
        """Starts full; ``sleep`` may end early."""
        self._rate = bytes_per_second
        self._clock = clock
        self._sleep = sleep
        self._tokens = float(bytes_per_second or 0) * BURST_SECONDS
        self._filled_at = clock.monotonic()

    def spend(self, size: int) -> None:
        """Wait until ``size`` bytes may go; a chunk larger than a burst goes into debt."""
        if self._rate is None:
            return
        self._fill()
        while self._tokens <= 0:
            self._sleep(min(_MAX_WAIT, -self._tokens / self._rate + 0.001))
            self._fill()
        self._tokens -= size

    def _fill(self) -> None:
        now, rate = self._clock.monotonic(), self._rate or 0
        gained = (now - self._filled_at) * rate
        self._tokens = min(rate * BURST_SECONDS, self._tokens + gained)
        self._filled_at = now


@dataclass(frozen=True, slots=True)
class Drop:
    """What lies in the drop folder and waits for the gate's own software."""

    files: int = 0
    bytes: int = 0
    oldest_at: int = 0
    free: int = 0
    """Bytes that its filesystem has left for us."""

    @classmethod
    def look(cls, folder: Path) -> "Drop":
        """Count it; files that vanish meanwhile are gone, as they should be."""
        files = size = oldest = 0
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                files, size = files + 1, size + status.st_size
                written = status.st_mtime_ns // 1000
                oldest = min(oldest or written, written)
        return cls(files, size, oldest, free_bytes(folder))


class Flow:
    """Judges what may go now."""

    def __init__(
        self,
        settings: FlowSettings,
        spool: Path,
        clock: Clock,
        sleep: Callable[[float], object],
        marks: DiskMarks = NO_MARKS,
    ) -> None:
        """For the sending side whose spool lies in ``spool``; ``marks`` are the drop folder's."""
        self._marks = marks
        self._settings = settings
        self._spool = spool
        self._clock = clock
        self._hours = Hours(settings.opens, settings.closes)
        self.pace = Pace(settings.bytes_per_second, clock, sleep)

    def may_go(self, entry: Entry, offered_at: int) -> bool:
        """Whether ``entry``, put before us at ``offered_at`` (microseconds UTC), may go now."""
        control = Control.read(self._spool)
        if control.mode is Mode.PAUSED:
            return False
        if control.mode is Mode.DRAINING and offered_at > control.since:
            return False
        return _is_pressing(entry) or self._hours.is_open(self._clock.now())

    def has_room(self, drop: Drop, entry: Entry) -> bool:
        """Whether the drop folder may take ``entry``; a reserve is kept for what presses."""
        pressing = _is_pressing(entry)
        if not may_pass(self._marks.room(drop.free), pressing=pressing):
            return False
        reserve = 1.0 if pressing else 0.9
        return (
            drop.files < self._settings.max_drop_files * reserve
            and drop.bytes < self._settings.max_drop_bytes * reserve
        )

    def gauges(self, drop: Drop) -> dict[str, int]:
        """How it stands, for consoles and metrics."""
        control, now = Control.read(self._spool), self._clock.now()
        opens = self._hours.opens_at(now)
        return {
            "paused": int(control.mode is Mode.PAUSED),
            "draining": int(control.mode is Mode.DRAINING),
            "within_hours": int(self._hours.is_open(now)),
            "opens_at": to_micros(opens) if opens else 0,
            "pace_bytes_per_second": self._settings.bytes_per_second or 0,
            "drop_files": drop.files,
            "drop_oldest_at": drop.oldest_at,
        }

    def alarms(self, drop: Drop) -> list[tuple[str, str]]:
        """What an operator should know."""
        found: list[tuple[str, str]] = []
        control = Control.read(self._spool)
        by = f"（{control.by}）" if control.by else ""
        if control.mode is Mode.PAUSED:
            found.append(("paused", f"{control.reason}{by}"))
        if control.mode is Mode.DRAINING:
            found.append(("drained", f"{control.reason}{by}"))
        waited = now_micros(self._clock) - drop.oldest_at
        if drop.files and waited > self._settings.stale_minutes * 60 * 1_000_000:
            found.append(("folder_not_emptied", f"投递目录内有 {drop.files} 个文件未被取走"))
        return [*found, *disk_alarms(self._marks, drop.free, "投递目录所在磁盘")]


def may_pass(room: Room, *, pressing: bool) -> bool:
    """Whether something may be written where there is ``room``; what presses uses the reserve."""
    return room in {Room.PLENTY, Room.LOW} or (pressing and room is Room.RESERVE)


def disk_alarms(marks: DiskMarks, free: int, where: str) -> list[tuple[str, str]]:
    """What of ``free`` bytes left ``where`` an operator should know."""
    room = marks.room(free)
    if room is Room.PLENTY:
        return []
    left = f"{where}剩余 {size_text(free)}"
    if room is Room.LOW:
        return [("disk_low", f"{left}，低于预警线 {size_text(marks.low)}")]
    return [("disk_full", f"{left}，低于停收线 {size_text(marks.stop)}")]


def _is_pressing(entry: Entry) -> bool:
    return is_pressing(entry.parsed)


def is_pressing(name: BundleName | BeaconName) -> bool:
    """Court orders and beacons keep no hours, and use what is reserved for them."""
    return isinstance(name, BeaconName) or name.stream is Stream.URGENT
