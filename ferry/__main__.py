"""The ``ferry`` command line."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ferry.export import export, plan
from ferry.ingest import Ingested, ingest
from ferry.ledger import Ledger
from ferry.settings import FerrySettings
from ferry.watch import Watcher
from ferry.xorriso import list_files
from kernel.clock import SystemClock, beijing_text, from_micros
from kernel.durable import exclusive
from kernel.errors import EXIT_REJECTED, SettingsError
from kernel.keys import TrustStore
from kernel.program import cli
from kernel.program.settings import load_resolved
from kernel.spool import Spool

_EVENTS = {
    "started": "开始写出",
    "written": "已写出并回读",
    "failed": "作废",
    "ingested": "已导入",
    "refused": "拒收",
}


@click.group(help="摆渡：把待运内容写上光盘并回读核对，或核验导入送来的光盘。")
def ferry() -> None:
    """Group of the ferry's commands."""


@ferry.command("plan", help="查看待摆渡内容：多少文件、多大、一张介质能否装下。不写任何东西。")
@cli.settings_option
@cli.json_option
def plan_command(settings_path: Path, as_json: bool) -> None:
    """Show what the next medium would carry."""
    settings = _side(settings_path, "export")
    trust = TrustStore.load(settings.trust.file)
    found = plan(settings, Spool(settings.spool.folder), trust, SystemClock())
    text = (
        f"下一张介质：{len(found.files)} 个文件，共 {found.bytes} 字节；"
        f"装不下的 {found.left} 个；损坏的 {len(found.damaged)} 个"
    )
    cli.emit(as_json, asdict(found), text)


@ferry.command("export", help="写出一张介质：核验、写盘、逐个回读比对，成功后记入台账。")
@cli.settings_option
@cli.json_option
def export_command(settings_path: Path, as_json: bool) -> None:
    """Write one medium and prove it by reading back."""
    settings = _side(settings_path, "export")
    trust = TrustStore.load(settings.trust.file)
    with exclusive(settings.state.folder / "ferry.lock"), _progress(as_json) as progress:
        found = export(settings, trust, SystemClock(), progress)
    text = (
        f"介质 {found.medium} 已写出并回读核对：{found.files} 个文件，共 {found.bytes} 字节"
        f"\n卷标 {found.label}，位置 {found.device}"
    )
    if found.left:
        text += f"\n还有 {found.left} 个文件装不下，请再写一张"
    if found.damaged:
        text += f"\n有 {len(found.damaged)} 个文件损坏未写出，请报告系统管理员"
    cli.emit(as_json, asdict(found), text)


@ferry.command("ingest", help="导入一张介质：逐个核验签名和内容，送入本网；有问题的进隔离区。")
@cli.settings_option
@click.option("--device", type=click.Path(path_type=Path), help="介质所在，默认用配置中的位置")
@cli.json_option
def ingest_command(settings_path: Path, device: Path | None, as_json: bool) -> None:
    """Read one medium."""
    settings = _side(settings_path, "ingest")
    trust = TrustStore.load(settings.trust.file)
    with exclusive(settings.state.folder / "ferry.lock"), _progress(as_json) as progress:
        found = ingest(settings, device or settings.medium.device, trust, SystemClock(), progress)
    cli.emit(as_json, asdict(found), _ingested_text(found))
    if found.refused:
        sys.exit(EXIT_REJECTED)


@ferry.command("inspect", help="查看一张介质上有什么：卷标和文件清单。不导入任何东西。")
@click.argument("device", type=click.Path(path_type=Path))
@cli.json_option
def inspect_command(device: Path, as_json: bool) -> None:
    """List a medium."""
    found = list_files(device)
    lines = [f"卷标 {found.label}，{len(found.files)} 个文件"]
    lines += [f"{file.size:>14}  {file.path}" for file in found.files]
    cli.emit(as_json, asdict(found), "\n".join(lines))


@ferry.command("ledger", help="介质台账：最近写出、导入、作废和拒收的介质。")
@cli.settings_option
@cli.json_option
def ledger_command(settings_path: Path, as_json: bool) -> None:
    """Show the newest lines of the ledger."""
    lines = Ledger(load_resolved(settings_path, FerrySettings).state.folder).lines()
    texts = [
        f"{beijing_text(from_micros(line.at))}  {line.medium}  {_EVENTS[line.event]}  "
        f"{line.files} 个文件  {line.bytes} 字节  {line.note}"
        for line in lines
    ]
    cli.emit(as_json, [asdict(line) for line in lines], "\n".join(texts) or "台账为空")


@ferry.command("watch", help="值守：登记的光驱中放入介质即自动核验导入，持续运行。")
@cli.settings_option
def watch_command(settings_path: Path) -> None:
    """Wait for media."""
    settings = _side(settings_path, "ingest")
    if not settings.watch.devices:
        raise SettingsError("watch_no_devices", "配置中没有登记光驱（watch.devices）")
    trust, clock = TrustStore.load(settings.trust.file), SystemClock()

    def take(device: Path) -> object:
        with exclusive(settings.state.folder / "ferry.lock"):
            return ingest(settings, device, trust, clock, lambda _step, _percent: None)

    devices = frozenset(settings.watch.devices)
    with exclusive(settings.state.folder / "ferry-watch.lock"):
        Watcher(devices, take, settings.watch.rescan_seconds).run()


def _ingested_text(found: Ingested) -> str:
    lines = [f"介质 {found.label}：导入 {found.admitted} 个文件，拒收 {len(found.refused)} 个"]
    lines += [f"  拒收 {item.name}：[{item.code}] {item.message}" for item in found.refused]
    return "\n".join(lines)


def _side(path: Path, side: str) -> FerrySettings:
    settings = load_resolved(path, FerrySettings)
    if settings.side != side:
        raise SettingsError("ferry_side", f"配置文件 {path} 是另一侧的，本命令需要 side = {side}")
    return settings


@contextmanager
def _progress(as_json: bool) -> Iterator[Callable[[str, float], None]]:
    """A bar on a terminal, a line for each step otherwise; nothing on standard output."""
    console = Console(stderr=True)
    if as_json:
        yield lambda _step, _percent: None
        return
    if not console.is_terminal:
        said: set[str] = set()

        def say(step: str, _percent: float) -> None:
            if step not in said:
                said.add(step)
                click.echo(f"{step}……", err=True)

        yield say
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as bars:
        bar = bars.add_task("准备", total=100)
        yield lambda step, percent: bars.update(bar, description=step, completed=percent)


def main() -> None:
    """Entry of the console script."""
    cli.run(ferry, "ferry")


if __name__ == "__main__":
    main()
