"""What a carrier says about itself to whoever looks: one small file beside the spool.

A carrier writes it after every pass; the zone's console, ``status``, the health command and the
metrics read it. Nothing depends on it: a file that is missing or old means that the carrier is
silent, which is an alarm of its own.
"""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from kernel.clock import beijing_text, from_micros
from kernel.durable import disk_errors, write_durably
from kernel.words import duration_text, size_text

MAX_FACTS_BYTES: Final = 1024 * 1024
MAX_PROGRAMS: Final = 20


class Unit(StrEnum):
    """What a number counts."""

    FILES = "files"
    BYTES = "bytes"
    COUNT = "count"
    INSTANT = "instant"
    """Microseconds UTC; 0 is never."""
    SECONDS = "seconds"
    FLAG = "flag"
    """0 or 1."""
    PPM = "ppm"
    """Parts in a million."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One number that carriers publish, for people and for metrics."""

    name: str
    unit: Unit
    label: str


COUNTERS: Final = {
    measure.name: measure
    for measure in (
        Measure("passes", Unit.COUNT, "已做遍数"),
        Measure("passes_failed", Unit.COUNT, "未能完成的遍数"),
        Measure("files_sent", Unit.FILES, "已投递文件"),
        Measure("bytes_sent", Unit.BYTES, "已投递字节"),
        Measure("repeats_sent", Unit.FILES, "按计划重复投递"),
        Measure("pieces_sent", Unit.FILES, "已投递分片"),
        Measure("beacons_sent", Unit.FILES, "已发信标"),
        Measure("files_damaged", Unit.FILES, "发送前发现损坏"),
        Measure("files_received", Unit.FILES, "已接收文件"),
        Measure("bytes_received", Unit.BYTES, "已接收字节"),
        Measure("pieces_received", Unit.FILES, "已接收分片"),
        Measure("files_repaired", Unit.FILES, "由冗余分片复原"),
        Measure("beacons_received", Unit.FILES, "已收信标"),
        Measure("files_quarantined", Unit.FILES, "已隔离文件"),
        Measure("files_lost", Unit.FILES, "未能复原的文件"),
        Measure("datagrams_sent", Unit.COUNT, "已发数据报"),
        Measure("datagrams_received", Unit.COUNT, "已收数据报"),
        Measure("datagrams_lost", Unit.COUNT, "途中丢失的数据报"),
        Measure("datagrams_refused", Unit.COUNT, "拒收的数据报"),
        Measure("datagrams_overrun", Unit.COUNT, "来不及处理的数据报"),
        Measure("symbols_repaired", Unit.COUNT, "由冗余复原的数据报"),
    )
}
"""Totals since the carrier's first start. A carrier may publish others; these have words."""

GAUGES: Final = {
    measure.name: measure
    for measure in (
        Measure("backlog_files", Unit.FILES, "积压文件"),
        Measure("backlog_bytes", Unit.BYTES, "积压字节"),
        Measure("backlog_oldest_at", Unit.INSTANT, "最早积压"),
        Measure("drop_files", Unit.FILES, "投递目录内文件"),
        Measure("drop_oldest_at", Unit.INSTANT, "投递目录内最早"),
        Measure("unstable_files", Unit.FILES, "尚在变化的文件"),
        Measure("held_files", Unit.FILES, "因磁盘空间不足而未收"),
        Measure("incomplete_files", Unit.FILES, "分片未到齐的文件"),
        Measure("beacon_sent_at", Unit.INSTANT, "最近发出心跳"),
        Measure("beacon_received_at", Unit.INSTANT, "最近收到心跳"),
        Measure("file_sent_at", Unit.INSTANT, "最近投递"),
        Measure("file_received_at", Unit.INSTANT, "最近接收"),
        Measure("paused", Unit.FLAG, "已暂停"),
        Measure("draining", Unit.FLAG, "已停止接新"),
        Measure("within_hours", Unit.FLAG, "在运行时段内"),
        Measure("opens_at", Unit.INSTANT, "下一运行时段开始"),
        Measure("disk_free_bytes", Unit.BYTES, "磁盘剩余"),
        Measure("disk_total_bytes", Unit.BYTES, "磁盘总量"),
        Measure("disk_low_bytes", Unit.BYTES, "磁盘预警线"),
        Measure("disk_stop_bytes", Unit.BYTES, "磁盘停收线"),
        Measure("retained_bytes", Unit.BYTES, "未确认而留存"),
        Measure("pace_bytes_per_second", Unit.BYTES, "限速（每秒）"),
        Measure("rate_bytes_per_second", Unit.BYTES, "近一分钟速率（每秒）"),
        Measure("pass_seconds", Unit.SECONDS, "最近一遍用时"),
        Measure("scan_seconds", Unit.SECONDS, "两遍之间最多"),
        Measure("quarantine_files", Unit.FILES, "隔离区文件"),
        Measure("link_heard_at", Unit.INSTANT, "链路最近有动静"),
        Measure("link_loss_ppm", Unit.PPM, "链路丢失率"),
        Measure("media_blank", Unit.COUNT, "在库空白介质"),
        Measure("media_waiting", Unit.COUNT, "申请后待写出介质"),
        Measure("media_underway", Unit.COUNT, "已写出待确认介质"),
        Measure("media_rejected", Unit.COUNT, "作废介质"),
        Measure("media_imported", Unit.COUNT, "已导入介质"),
    )
}
"""What holds for the moment of the pass. A carrier may publish others; these have words."""


def measure_text(measure: Measure | None, value: int) -> str:
    """A published number as people read it; one the catalogue does not know is a count."""
    match measure.unit if measure else Unit.COUNT:
        case Unit.BYTES:
            return size_text(value)
        case Unit.INSTANT:
            return beijing_text(from_micros(value)) if value else "—"
        case Unit.SECONDS:
            return duration_text(value * 1_000_000)
        case Unit.FLAG:
            return "是" if value else "否"
        case Unit.PPM:
            return f"{value / 10_000:.2f}%"
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class CarrierFacts:
    """One carrier's last pass; instants are microseconds UTC, sizes bytes.

    ``program`` names the file, for example ``gate-send``; ``counters`` are totals since the
    carrier's first start and never go back; ``gauges`` hold for this moment; ``alarms`` are
    ``(code, message)`` pairs that hold now.
    """

    program: str
    started_at: int
    passed_at: int
    counters: dict[str, int]
    gauges: dict[str, int]
    alarms: tuple[tuple[str, str], ...] = ()

    def write(self, spool: Path) -> None:
        """Publish below the spool's folder, replacing what was said before."""
        folder, parts = spool / "facts", spool / "tmp"
        with disk_errors():
            for needed in (folder, parts):
                needed.mkdir(exist_ok=True)
        # What a dead program leaves in the spool's own tmp is swept with everything there.
        with write_durably(folder / f"{self.program}.json", parts=parts) as file:
            file.write(json.dumps(asdict(self), ensure_ascii=False, indent=1).encode())

    @classmethod
    def read(cls, spool: Path, program: str) -> Self | None:
        """What the carrier said last; None when it never spoke, or what lies there is no fact."""
        try:
            with (spool / "facts" / f"{program}.json").open("rb") as file:
                said = json.loads(file.read(MAX_FACTS_BYTES))
            return cls(
                program=str(said["program"]),
                started_at=int(said["started_at"]),
                passed_at=int(said["passed_at"]),
                counters=_numbers(said["counters"]),
                gauges=_numbers(said["gauges"]),
                alarms=tuple((str(code), str(text)) for code, text in said["alarms"]),
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    @classmethod
    def read_all(cls, spool: Path) -> tuple[Self, ...]:
        """Every carrier that spoke beside this spool, by name; what is no fact is passed over."""
        try:
            names = sorted(path.stem for path in (spool / "facts").glob("*.json"))
        except OSError:
            return ()
        found = (cls.read(spool, name) for name in names[:MAX_PROGRAMS])
        return tuple(facts for facts in found if facts is not None)


def _numbers(said: dict[str, object]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for name, value in said.items():
        if not isinstance(value, int):
            raise TypeError(f"{name} is no number")
        numbers[name] = int(value)
    return numbers
