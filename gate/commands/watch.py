"""``gate watch``: what this side's program does, live on a terminal."""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gate.commands.frame import facts_of
from kernel.alarms import Alarm, Weight, carrier_alarms, is_silent, worst_first
from kernel.clock import SystemClock, now_micros
from kernel.facts import COUNTERS, GAUGES, CarrierFacts, measure_text
from kernel.program import cli
from kernel.words import duration_text, size_text

_COLOURS = {Weight.URGENT: "bold red", Weight.WARNING: "yellow", Weight.NOTICE: "cyan"}


@dataclass(frozen=True, slots=True)
class Glance:
    """One look: the facts, what holds, and bytes a second since the look before."""

    program: str
    facts: CarrierFacts | None
    now: int
    bytes_per_second: int
    alarms: tuple[Alarm, ...]

    @property
    def state(self) -> str:
        """``silent``, ``paused``, ``draining``, ``closed`` or ``working``."""
        if self.facts is None or is_silent(self.facts, self.now):
            return "silent"
        gauges = self.facts.gauges
        if gauges.get("paused"):
            return "paused"
        if gauges.get("draining"):
            return "draining"
        return "closed" if gauges.get("within_hours") == 0 else "working"

    def as_json(self) -> str:
        """One line."""
        said = asdict(self.facts) if self.facts else {}
        said["alarms"] = [
            {"code": alarm.code, "words": alarm.words, "remedy": alarm.advice}
            for alarm in self.alarms
        ]
        said |= {"program": self.program, "at": self.now, "state": self.state}
        return json.dumps({**said, "bytes_per_second": self.bytes_per_second}, ensure_ascii=False)

    def as_line(self) -> str:
        """One line for people without a terminal."""
        gauges = self.facts.gauges if self.facts else {}
        words = [
            STATES[self.state],
            f"积压 {gauges.get('backlog_files', 0)} 个",
            f"{size_text(self.bytes_per_second)}/秒",
        ]
        if self.facts:
            words.insert(1, f"最近一遍 {duration_text(self.now - self.facts.passed_at)}前")
        words += [f"[{alarm.code}] {alarm.words}" for alarm in self.alarms]
        return f"{self.program}  " + "；".join(words)

    def as_screen(self) -> Group:
        """What a terminal shows."""
        head = Text(f"{self.program}　{STATES[self.state]}", style="bold")
        if self.facts:
            head.append(f"　最近一遍 {duration_text(self.now - self.facts.passed_at)}前")
        head.append(f"　{size_text(self.bytes_per_second)}/秒")
        alarms = [
            Text(
                f"● {alarm.kind.label}：{alarm.words}。{alarm.advice}", _COLOURS[alarm.kind.weight]
            )
            for alarm in self.alarms
        ] or [Text("没有告警", "green")]
        return Group(head, *alarms, self._table(), Text("按 Ctrl-C 结束", "dim"))

    def _table(self) -> Table:
        table = Table("项目", "数值", title_justify="left", header_style="dim")
        if self.facts is None:
            return table
        for known, numbers in ((GAUGES, self.facts.gauges), (COUNTERS, self.facts.counters)):
            for name in [*known, *sorted(numbers.keys() - known.keys())]:
                if name in numbers:
                    label = known[name].label if name in known else name
                    table.add_row(label, measure_text(known.get(name), numbers[name]))
        return table


STATES = {
    "silent": "没有动静",
    "paused": "已暂停",
    "draining": "已停止接新",
    "closed": "不在运行时段",
    "working": "运行中",
}


@click.command(help="实时显示本侧状态；不在终端上时每隔一段输出一行。只读，不影响运行中的程序。")
@cli.settings_option
@click.option(
    "--interval", type=click.FloatRange(0.2, 3600), default=2.0, help="每隔几秒看一次（默认 2）"
)
@click.option("--count", type=click.IntRange(0), default=0, help="看几次后结束；0 为一直看")
@click.option("--json", "as_json", is_flag=True, help="每次输出一行 JSON")
def watch(settings_path: Path, interval: float, count: int, as_json: bool) -> None:
    """Look again and again until told to stop."""
    glance = _look(settings_path, None)
    looks = 1
    try:
        if as_json or not sys.stdout.isatty():
            while True:
                click.echo(glance.as_json() if as_json else glance.as_line())
                if looks == count:
                    return
                time.sleep(interval)
                glance, looks = _look(settings_path, glance), looks + 1
        with Live(glance.as_screen(), screen=count == 0) as screen:
            while looks != count:
                time.sleep(interval)
                glance, looks = _look(settings_path, glance), looks + 1
                screen.update(glance.as_screen(), refresh=True)
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        # Whoever read the lines has enough; without this Python complains while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _look(settings_path: Path, before: Glance | None) -> Glance:
    program, facts = facts_of(settings_path)
    now = now_micros(SystemClock())
    return Glance(
        program, facts, now, _rate(before, facts), worst_first(carrier_alarms(program, facts, now))
    )


def _rate(before: Glance | None, facts: CarrierFacts | None) -> int:
    """Bytes a second between the passes of two looks; the last known while no pass was done."""
    if before is None or before.facts is None or facts is None:
        return 0
    elapsed = facts.passed_at - before.facts.passed_at
    if elapsed <= 0:
        return before.bytes_per_second
    moved = _moved(facts) - _moved(before.facts)
    return max(0, moved * 1_000_000 // elapsed)


def _moved(facts: CarrierFacts) -> int:
    return facts.counters.get("bytes_sent", 0) + facts.counters.get("bytes_received", 0)
