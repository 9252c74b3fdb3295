"""Publishes what a side of the gate did after each pass, for consoles, health and metrics."""

import os
import shutil
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gate.flow import disk_alarms
from kernel.clock import Clock, now_micros
from kernel.errors import TongbanError
from kernel.facts import CarrierFacts
from kernel.logs import get_logger
from kernel.retention import NO_MARKS, DiskMarks
from kernel.spool import Spool

_RATE_SECONDS: Final = 60

log = get_logger(__name__)


class Teller:
    """Keeps one side's totals, over restarts too, and writes them where others read."""

    def __init__(
        self,
        program: str,
        spool: Spool,
        drop: Path,
        scan_seconds: float,
        clock: Clock,
        marks: DiskMarks = NO_MARKS,
    ) -> None:
        """Go on from what ``program`` said last; ``marks`` are those of the spool's disk."""
        self._marks = marks
        self._passed: deque[tuple[float, int]] = deque()
        """When each pass of the last minute ended, and the bytes it moved."""
        self._program = program
        self._spool = spool
        self._drop = drop
        self._scan_seconds = scan_seconds
        self._clock = clock
        self._started_at = now_micros(clock)
        before = CarrierFacts.read(spool.folder, program)
        self._counters = dict(before.counters) if before else {}
        self._gauges = {
            name: value
            for name, value in (before.gauges if before else {}).items()
            if name.endswith("_at")
        }

    @contextmanager
    def passing(self) -> Iterator["Pass"]:
        """One pass; how it ended is published when the block ends, and an error goes on."""
        done = Pass()
        alarms: list[tuple[str, str]] = []
        began = self._clock.monotonic()
        try:
            yield done
        except (TongbanError, OSError) as error:
            self._add({"passes_failed": 1})
            full = isinstance(error, TongbanError) and error.code == "disk_full"
            code = "disk_full" if full else "folder_unavailable"
            alarms.append((code, f"{self._drop}：{_words(error)}"))
            raise
        finally:
            self._tell(done, alarms, self._clock.monotonic() - began)

    def _tell(self, done: "Pass", alarms: list[tuple[str, str]], seconds: float) -> None:
        now = now_micros(self._clock)
        self._add({"passes": 1, **done.counts})
        self._gauges |= dict.fromkeys(done.moments, now)
        alarms.extend(done.alarms)
        if damaged := done.counts.get("files_damaged"):
            alarms.append(("spool_damaged", f"{damaged} 个文件"))
        try:
            disk = shutil.disk_usage(self._spool.folder)
            found = disk_alarms(self._marks, disk.free, "交换目录所在磁盘")
            alarms.extend(one for one in found if one[0] not in dict(alarms))
            CarrierFacts(
                self._program,
                self._started_at,
                now,
                self._counters,
                {
                    "drop_files": _count(self._drop),
                    **self._gauges,
                    **done.gauges,
                    "disk_free_bytes": disk.free,
                    "disk_total_bytes": disk.total,
                    "disk_low_bytes": self._marks.low,
                    "disk_stop_bytes": self._marks.stop,
                    "rate_bytes_per_second": self._rate(done.counts),
                    "pass_seconds": round(seconds),
                    "quarantine_files": self._spool.quarantined_count(),
                    "scan_seconds": max(1, round(self._scan_seconds)),
                },
                tuple(alarms),
            ).write(self._spool.folder)
        except (OSError, TongbanError) as error:
            # What cannot be told must not stop what is carried; silence is an alarm by itself.
            log.warning("gate.facts_unwritable", error=error)

    def _rate(self, counts: Mapping[str, int]) -> int:
        """Bytes a second over the last minute."""
        now = self._clock.monotonic()
        moved = counts.get("bytes_sent", 0) + counts.get("bytes_received", 0)
        self._passed.append((now, moved))
        while self._passed[0][0] < now - _RATE_SECONDS:
            self._passed.popleft()
        return sum(moved for _at, moved in self._passed) // _RATE_SECONDS

    def _add(self, counts: Mapping[str, int]) -> None:
        for name, count in counts.items():
            self._counters[name] = self._counters.get(name, 0) + count


class Pass:
    """What one pass has to say: counts to add, gauges and alarms that hold, and what is now."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.counts: dict[str, int] = {}
        self.gauges: dict[str, int] = {}
        self.moments: set[str] = set()
        self.alarms: list[tuple[str, str]] = []


def _count(folder: Path) -> int:
    try:
        with os.scandir(folder) as entries:
            return sum(1 for _entry in entries)
    except OSError:
        return 0


def _words(error: TongbanError | OSError) -> str:
    if isinstance(error, TongbanError):
        return error.message
    return os.strerror(error.errno) if error.errno else "不可用"
