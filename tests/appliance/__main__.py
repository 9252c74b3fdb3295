"""``python -m appliance run``: what ``make run`` starts."""

import os
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from appliance.bench import command as bench
from appliance.display import Display
from appliance.ferryman import PASSPHRASE, PEOPLE
from appliance.journey import Journey, Outcome
from appliance.layout import ZONES, Layout, Ports
from appliance.sample.people import (
    BUYER,
    EXTRANET_STAFF,
    INTERNET_STAFF,
    INTRANET_STAFF,
    Staff,
)
from appliance.scenario_run import Office
from appliance.station import Station
from kernel.durable import exclusive
from kernel.program.cli import run
from kernel.vocabulary.zones import Zone
from kernel.web.server import require_free

ROOT: Final = Path(__file__).parents[2]


@click.group(help="一机版：在一台机器上运行三个网络和两个摆渡环节（样例数据）")
def main() -> None:
    """The group."""


@main.command("run", help="启动整套系统，驱动一个办件走完三个网络，然后保持运行")
@click.option("--once", is_flag=True, help="走完一遍就停止；只有办件完整到达才返回 0")
@click.option("--base", type=click.Path(path_type=Path), default=ROOT / "var" / "appliance")
@click.option("--units", default=400, help="样例登记簿的单元数")
def run_appliance(once: bool, base: Path, units: int) -> None:
    """Start everything; the same folder continues with the same data."""
    console = Console()
    layout = Layout(base.resolve(), Ports(), sandbox=True)
    base.mkdir(parents=True, exist_ok=True)
    with exclusive(base / "appliance.lock"):
        for port in (
            layout.ports.internet,
            layout.ports.uplink,
            layout.ports.extranet,
            layout.ports.intranet,
            layout.ports.sandbox,
        ):
            require_free("127.0.0.1", port)
        station = Station(layout, units)
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: _interrupt(stop))
        try:
            console.print("准备密钥、数据库和样例数据……", markup=False)
            station.prepare()
            console.print("启动三个网络的程序……", markup=False)
            station.start()
            _drive(console, layout)
            if not once:
                _stay(console, layout, stop)
        except KeyboardInterrupt:
            console.print("\n正在停止……", markup=False)
        finally:
            station.stop()
    console.print("已停止", markup=False)


@main.command("scenario", help="无人值守地办理多种类型的一批样例办件，并核对结果")
@click.option("--count", default=200, help="办件数")
@click.option("--seed", default=1, help="随机种子")
@click.option("--base", type=click.Path(path_type=Path), default=ROOT / "var" / "scenario")
def run_scenario(count: int, seed: int, base: Path) -> None:
    """Start an appliance of its own and drive the cases through it."""
    console = Console()
    station = Station(Layout(base.resolve(), Ports()), max(400, 2 * count))
    try:
        station.prepare()
        station.start()
        tally = Office(station.layout, lambda words: console.print(words, markup=False)).run(
            count, seed
        )
    finally:
        station.stop()
    console.print(f"类型：{dict(tally.items)}\n结果：{dict(tally.endings)}", markup=False)
    for name, seconds in tally.phases.items():
        console.print(f"  {name:<16}{seconds:8.1f} 秒", markup=False)
    rate = count / tally.seconds
    console.print(f"共 {tally.seconds:.0f} 秒，每秒 {rate:.2f} 件", markup=False)


@main.command("bench", help="性能测试：打印表格并写入 build/bench.json")
@click.option("--only", type=click.Choice(bench.NAMES), help="只测一项")
@click.option("--gib", default=2.0, help="大交换包的大小（GiB）")
@click.option("--units", multiple=True, type=int, help="登记簿的单元数，可重复；默认一万和一百万")
def run_bench(only: str | None, gib: float, units: tuple[int, ...]) -> None:
    """Measure."""
    bench.run(only, gib, units)


def _interrupt(stop: threading.Event) -> None:
    if not stop.is_set():
        stop.set()
        raise KeyboardInterrupt


def _drive(console: Console, layout: Layout) -> None:
    with Display(console) as display:
        outcome = Journey(layout, display.tell).run()
    _report(console, outcome)


def _report(console: Console, outcome: Outcome) -> None:
    console.print(
        f"\n办件 {outcome.case_no} 完整到达：{outcome.certificate_no}，"
        f"证书 PDF {outcome.pdf_bytes} 字节，用时 {outcome.seconds:.0f} 秒；"
        "各网回执已结清。\n申请人看到的进度：",
        markup=False,
    )
    for zone, label in outcome.steps:
        console.print(f"  {Zone(zone).label}　{label}", markup=False)


def _stay(console: Console, layout: Layout, stop: threading.Event) -> None:
    console.print(
        "\n系统保持运行，按 Ctrl-C 停止。各控制台（样例账号，口令仅供样例）：", markup=False
    )
    people = {
        "internet": [(BUYER.phone, BUYER.password, "申请人"), *_rows(INTERNET_STAFF)],
        "extranet": _rows(EXTRANET_STAFF),
        "intranet": _rows(INTRANET_STAFF),
    }
    for zone in ZONES:
        console.print(f"\n{Zone(zone).label}　{layout.url(zone)}", markup=False)
        for login, password, who in people[zone]:
            console.print(f"  {login:<14}{password:<26}{who}", markup=False)
    console.print(
        f"\n联调沙箱（外地机构、法院、财政、税务、住建、短信、邮政）　{layout.url('sandbox')}",
        markup=False,
    )
    console.print(
        "\n摆渡：ferry plan --settings "
        f"{os.path.relpath(layout.settings('ferry-export'))}，"
        f"ferry ledger --settings {os.path.relpath(layout.settings('ferry-export'))}；"
        f"操作员 {'、'.join(login for login, _name, _role in PEOPLE)}，口令 {PASSPHRASE}",
        markup=False,
        soft_wrap=True,
    )
    stop.wait()


def _rows(staff: Iterable[Staff]) -> list[tuple[str, str, str]]:
    return [(person.login, person.password, person.display_name) for person in staff]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    run(main, "appliance")
