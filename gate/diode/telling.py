"""What the two ends publish: facts for consoles, health and metrics, and a list of losses."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Final, Protocol

from gate.diode.incoming import Lost
from gate.diode.receive import LinkReceiver
from gate.diode.send import LinkSender
from gate.diode.settings import LinkSettings
from kernel.clock import Clock, now_micros
from kernel.durable import write_durably
from kernel.errors import TongbanError
from kernel.facts import CarrierFacts
from kernel.logs import get_logger

LOSSES: Final = "link-lost.json"
RECENT_SECONDS: Final = 600.0
"""How long a loss, a forgery or an overrun is an alarm."""
_TELL_SECONDS: Final = 1.0
_MILLION: Final = 1_000_000

log = get_logger(__name__)


class Listening(Protocol):
    """What the receiving socket can say."""

    def overruns(self) -> int:
        """Datagrams the kernel threw away."""


class LinkTeller:
    """Publishes one end's facts, at most once a second."""

    def __init__(self, program: str, settings: LinkSettings, clock: Clock) -> None:
        """Counters go on from what ``program`` said last."""
        self._program = program
        self._settings = settings
        self._clock = clock
        self._started_at = now_micros(clock)
        before = CarrierFacts.read(settings.state.folder, program)
        self._before = dict(before.counters) if before else {}
        self._moments = {
            name: value
            for name, value in (before.gauges if before else {}).items()
            if name.endswith("_at")
        }
        self._told = clock.monotonic() - _TELL_SECONDS
        self._files = 0
        self._bad: dict[str, tuple[int, int, float]] = {}
        """For each alarm the count before, the count now and when it rose."""
        self._window: tuple[float, int, int] = (clock.monotonic(), 0, 0)
        self._loss = 0
        self._losses = 0

    def _due(self) -> bool:
        now = self._clock.monotonic()
        if now - self._told < _TELL_SECONDS:
            return False
        self._told = now
        return True

    def sender(self, sender: LinkSender, error: TongbanError | None = None) -> None:
        """How the sending end stands."""
        if error is None and not self._due():
            return
        totals, now = sender.totals, now_micros(self._clock)
        if totals.files > self._files:
            self._moments["file_sent_at"] = now
        self._files = totals.files
        alarms = [] if error is None else [("link_down", error.message)]
        if sender.unfit:
            alarms.append(("drop_changed", f"{sender.unfit} 个文件"))
        self._write(
            {
                "files_sent": totals.files,
                "bytes_sent": totals.bytes,
                "datagrams_sent": totals.datagrams,
            },
            {"pace_bytes_per_second": self._settings.pace.bytes_per_second, **self._moments},
            alarms,
        )

    def receiver(self, receiver: LinkReceiver, wire: Listening) -> None:
        """How the receiving end stands, and what it has given up."""
        if not self._due():
            return
        totals, monotonic = receiver.totals, self._clock.monotonic()
        now = now_micros(self._clock)
        if totals.files > self._files:
            self._moments["file_received_at"] = now
        self._files = totals.files
        silence = monotonic - receiver.heard_at if receiver.heard_at else None
        if silence is not None:
            self._moments["link_heard_at"] = now - int(silence * _MILLION)
        overruns = wire.overruns()
        self._measure_loss(totals.datagrams, totals.lost)
        alarms: list[tuple[str, str]] = []
        if silence is None or silence > self._settings.bounds.silent_seconds:
            alarms.append(("link_silent", "发送端没有动静"))
        for code, count, words in (
            ("link_files_lost", totals.files_lost, "个文件未能复原"),
            ("link_refused", totals.refused, "个数据报不是发送端所发"),
            ("link_stale", totals.stale, "个数据报属于更早的会话"),
            ("link_overrun", overruns, "个数据报因来不及处理被内核丢弃"),
        ):
            if since := self._risen(code, count):
                alarms.append((code, f"近 10 分钟内 {since} {words}"))
        promised = int(self._settings.promise.loss * _MILLION)
        if self._loss > promised:
            alarms.append(("link_loss_high", f"丢失率 {self._loss / 10_000:.2f}%，超过设定值"))
        self._write(
            {
                "files_received": totals.files,
                "bytes_received": totals.bytes,
                "files_lost": totals.files_lost,
                "datagrams_received": totals.datagrams,
                "datagrams_lost": totals.lost,
                "datagrams_refused": totals.refused,
                "datagrams_overrun": overruns,
                "symbols_repaired": totals.repaired,
            },
            {
                "incomplete_files": receiver.open_files,
                "link_loss_ppm": self._loss,
                **self._moments,
            },
            alarms,
        )
        if totals.files_lost != self._losses:
            self._losses = totals.files_lost
            write_losses(self._settings.state.folder, receiver.losses)

    def _measure_loss(self, came: int, lost: int) -> None:
        """Parts in a million over the last ten seconds at least."""
        began, came_then, lost_then = self._window
        now = self._clock.monotonic()
        sent = came - came_then + lost - lost_then
        if now - began >= 10 * _TELL_SECONDS and sent > 0:
            self._loss = max(0, lost - lost_then) * _MILLION // sent
            self._window = (now, came, lost)

    def _risen(self, code: str, count: int) -> int:
        """By how much ``count`` rose lately; 0 once that is long ago."""
        now = self._clock.monotonic()
        before, seen, at = self._bad.get(code, (0, 0, now))
        if count > seen:
            seen, at = count, now
        if now - at > RECENT_SECONDS:
            before = count
        self._bad[code] = (before, seen, at)
        return count - before

    def _write(
        self,
        counters: dict[str, int],
        gauges: dict[str, int],
        alarms: Iterable[tuple[str, str]],
    ) -> None:
        try:
            CarrierFacts(
                self._program,
                self._started_at,
                now_micros(self._clock),
                {name: self._before.get(name, 0) + count for name, count in counters.items()},
                {**gauges, "scan_seconds": 1},
                tuple(alarms),
            ).write(self._settings.state.folder)
        except (OSError, TongbanError) as error:
            # What cannot be told must not stop what is carried; silence is an alarm by itself.
            log.warning("link.facts_unwritable", error=error)


def write_losses(state: Path, losses: Iterable[Lost]) -> None:
    """Publish what was given up, the newest last."""
    text = json.dumps([asdict(lost) for lost in losses], ensure_ascii=False, indent=1)
    with write_durably(state / LOSSES) as file:
        file.write(text.encode())


def read_losses(state: Path) -> list[Lost]:
    """What was given up lately, the newest last; nothing when nobody ever said."""
    try:
        said = json.loads((state / LOSSES).read_bytes())
        return [Lost(**{**one, "blocks": tuple(map(tuple, one["blocks"]))}) for one in said]
    except (OSError, ValueError, TypeError, KeyError):
        return []
