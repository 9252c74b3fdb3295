"""The carrier page's rows: what the gate's programs published beside the spool."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kernel.alarms import Alarm, carrier_alarms, is_silent
from kernel.facts import COUNTERS, GAUGES, CarrierFacts, Measure, measure_text
from kernel.retention import DiskMarks, Room
from kernel.spool import Spool
from kernel.vocabulary.zones import CARRIER_OF, Carrier, Zone
from kernel.words import size_text

LABELS: Final = {
    "gate-send": "光闸发送侧",
    "gate-receive": "光闸接收侧",
    "gate-link-send": "单向链路发送端",
    "gate-link-receive": "单向链路接收端",
    "ferry-export": "摆渡写盘侧",
    "ferry-ingest": "摆渡读盘侧",
}
_APART: Final = frozenset(
    {"paused", "draining", "within_hours", "disk_free_bytes", "disk_total_bytes"}
    | {"disk_low_bytes", "disk_stop_bytes", "scan_seconds"}
)
"""Gauges that are shown as tags or as the disk's bar, not in the list."""


@dataclass(frozen=True, slots=True)
class Disk:
    """Free space with its marks; a mark of 0 is not set."""

    free: int
    total: int
    low: int = 0
    stop: int = 0

    @property
    def used(self) -> int:
        """What is taken."""
        return max(0, self.total - self.free)


@dataclass(frozen=True, slots=True)
class CarrierRow:
    """One carrier program; ``facts`` is None when it never spoke."""

    program: str
    label: str
    facts: CarrierFacts | None
    silent: bool
    states: tuple[tuple[str, str], ...]
    """Tag's colour and words."""
    gauges: tuple[tuple[str, str], ...]
    counters: tuple[tuple[str, str], ...]
    disk: Disk | None
    alarms: tuple[Alarm, ...]


def expected(zone: Zone) -> tuple[str, ...]:
    """The gate programs that must be alive beside this zone's spool."""
    ways = {way for way, carrier in CARRIER_OF.items() if carrier is Carrier.GATE}
    return tuple(
        program
        for program, place in (("gate-send", 0), ("gate-receive", 1))
        if any(way[place] is zone for way in ways)
    )


def carriers(zone: Zone, spool: Spool, now: int) -> tuple[CarrierRow, ...]:
    """Every carrier that spoke or should have."""
    said = {facts.program: facts for facts in CarrierFacts.read_all(spool.folder)}
    names = (*expected(zone), *sorted(said.keys() - set(expected(zone))))
    return tuple(_row(name, said.get(name), now) for name in names)


def carrier_row(spool: Spool, program: str, now: int) -> CarrierRow:
    """One carrier, whether it ever spoke or not."""
    return _row(program, CarrierFacts.read(spool.folder, program), now)


def spool_disk(spool: Spool, marks: DiskMarks) -> Disk:
    """The disk that the zone's spool lies on, with the marks of its exchange."""
    usage = shutil.disk_usage(spool.folder)
    return Disk(free=usage.free, total=usage.total, low=marks.low, stop=marks.stop)


def disk_alarms(disk: Disk, marks: DiskMarks) -> Iterator[Alarm]:
    """What of the spool's disk needs somebody."""
    left = f"交换目录所在磁盘剩余 {size_text(disk.free)}"
    match marks.room(disk.free):
        case Room.PLENTY:
            return
        case Room.LOW:
            yield Alarm("disk_low", f"{left}，低于预警线 {size_text(marks.low)}")
        case _:
            yield Alarm("disk_full", f"{left}，低于停封线 {size_text(marks.stop)}")


def _row(program: str, facts: CarrierFacts | None, now: int) -> CarrierRow:
    gauges = facts.gauges if facts else {}
    counters = facts.counters if facts else {}
    return CarrierRow(
        program=program,
        label=LABELS.get(program, program),
        facts=facts,
        silent=facts is None or is_silent(facts, now),
        states=_states(facts, now),
        gauges=_texts(GAUGES, {k: v for k, v in gauges.items() if k not in _APART}),
        counters=_texts(COUNTERS, counters),
        disk=_disk(gauges),
        alarms=carrier_alarms(program, facts, now),
    )


def _texts(known: dict[str, Measure], numbers: dict[str, int]) -> tuple[tuple[str, str], ...]:
    """In the catalogue's order, then what it does not know by name."""
    names = [name for name in known if name in numbers]
    names += sorted(numbers.keys() - known.keys())
    return tuple(
        (
            known[name].label if name in known else name,
            measure_text(known.get(name), numbers[name]),
        )
        for name in names
    )


def _states(facts: CarrierFacts | None, now: int) -> tuple[tuple[str, str], ...]:
    if facts is None:
        return (("bad", "从未运行"),)
    states: list[tuple[str, str]] = []
    if is_silent(facts, now):
        states.append(("bad", "没有动静"))
    if facts.gauges.get("paused"):
        states.append(("amber", "已暂停"))
    if facts.gauges.get("draining"):
        states.append(("amber", "已停止接新"))
    if facts.gauges.get("within_hours") == 0:
        states.append(("amber", "不在运行时段"))
    return tuple(states) or (("good", "运行中"),)


def _disk(gauges: dict[str, int]) -> Disk | None:
    total = gauges.get("disk_total_bytes", 0)
    if total <= 0:
        return None
    return Disk(
        free=gauges.get("disk_free_bytes", 0),
        total=total,
        low=gauges.get("disk_low_bytes", 0),
        stop=gauges.get("disk_stop_bytes", 0),
    )
