"""``gate send``: the sending side at work."""

from dataclasses import asdict
from pathlib import Path

import click

from gate.carry import send_ready
from gate.commands.frame import load_side
from gate.watch import watch
from kernel.bundle import Receiver
from kernel.clock import SystemClock
from kernel.durable import exclusive
from kernel.keys import TrustStore
from kernel.program import cli
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone


@click.command(help="发送侧：把待运的交换包和信标投递到光闸目录，持续运行。")
@cli.settings_option
@click.option("--once", is_flag=True, help="只投递一遍就结束")
@cli.json_option
def send(settings_path: Path, once: bool, as_json: bool) -> None:
    """Run the sending side."""
    settings = load_side(settings_path, "send")
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
