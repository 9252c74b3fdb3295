"""The ``gate`` command line."""

from dataclasses import asdict
from pathlib import Path

import click

from gate.admit import DropScanner
from gate.carry import send_ready
from gate.settings import GateSettings
from gate.status import look
from gate.watch import watch
from kernel.bundle import Receiver
from kernel.clock import SystemClock, beijing_text, from_micros
from kernel.durable import exclusive
from kernel.errors import SettingsError
from kernel.keys import TrustStore
from kernel.program import cli
from kernel.program.settings import load_resolved
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone


@click.group(help="单向光闸：把交换包从发送网送到接收网，只进不出。")
def gate() -> None:
    """Group of the gate's commands."""


@gate.command(help="发送侧：把待运的交换包和信标投递到光闸目录，持续运行。")
@cli.settings_option
@click.option("--once", is_flag=True, help="只投递一遍就结束")
@cli.json_option
def send(settings_path: Path, once: bool, as_json: bool) -> None:
    """Run the sending side."""
    settings = _side(settings_path, "send")
    spool, clock = Spool(settings.spool.folder), SystemClock()
    trust, to = TrustStore.load(settings.trust.file), Zone(settings.destination)

    def work() -> object:
        return send_ready(spool, settings.drop.folder, Receiver(trust, to, clock.now()))

    with exclusive(settings.spool.folder / "gate-send.lock"):
        if once:
            sent = send_ready(spool, settings.drop.folder, Receiver(trust, to, clock.now()))
            cli.emit(as_json, asdict(sent), f"已投递 {sent.files} 个文件，共 {sent.bytes} 字节")
        else:
            watch(spool.ready_folder(to), settings.drop.scan_seconds, work)


@gate.command(help="接收侧：核验光闸送来的文件并送入本网交换目录，持续运行。")
@cli.settings_option
@click.option("--once", is_flag=True, help="只扫描两遍（确认文件不再变化）就结束")
@cli.json_option
def receive(settings_path: Path, once: bool, as_json: bool) -> None:
    """Run the receiving side."""
    settings = _side(settings_path, "receive")
    scanner = DropScanner(
        settings.drop.folder,
        Spool(settings.spool.folder),
        TrustStore.load(settings.trust.file),
        Zone(settings.origin),
        Zone(settings.destination),
        SystemClock(),
    )
    with exclusive(settings.spool.folder / "gate-receive.lock"):
        if once:
            scanner.scan()
            found = scanner.scan()
            text = f"已接收 {found.files} 个文件，隔离 {found.quarantined} 个"
            cli.emit(as_json, asdict(found), text)
        else:
            watch(settings.drop.folder, settings.drop.scan_seconds, scanner.scan)


@gate.command(help="本侧现状：待投递、投递目录、已送达、隔离区各有多少。")
@cli.settings_option
@cli.json_option
def status(settings_path: Path, as_json: bool) -> None:
    """Show counts."""
    found = look(load_resolved(settings_path, GateSettings))
    cli.emit(as_json, asdict(found), found.as_text())


@gate.command(help="隔离区清单：被隔离的文件、代码和原因。文件不会被程序删除。")
@cli.settings_option
@cli.json_option
def quarantine(settings_path: Path, as_json: bool) -> None:
    """List what was set aside, the newest first, at most 200."""
    spool = Spool(load_resolved(settings_path, GateSettings).spool.folder)
    found = spool.quarantined()
    lines = [
        f"{beijing_text(from_micros(item.at))}  {item.code}  {item.message}  {item.name}"
        for item in found
    ]
    cli.emit(as_json, [asdict(item) for item in found], "\n".join(lines) or "隔离区为空")


def _side(path: Path, side: str) -> GateSettings:
    settings = load_resolved(path, GateSettings)
    if settings.side != side:
        raise SettingsError("gate_side", f"配置文件 {path} 是另一侧的，本命令需要 side = {side}")
    for folder in (settings.spool.folder, settings.drop.folder):
        if not folder.is_dir():
            raise SettingsError("folder_missing", f"配置中的目录 {folder} 不存在")
    return settings


def main() -> None:
    """Entry of the console script."""
    cli.run(gate, "gate")


if __name__ == "__main__":
    main()
