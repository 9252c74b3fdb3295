"""``gate send``: the sending side at work."""

import os
import time
from dataclasses import asdict
from pathlib import Path

import click

from gate.carry import Sender, Sent
from gate.commands.frame import load_side
from gate.flow import Drop, Flow
from gate.pieces.cut import Cutter
from gate.repeat import Repeats
from gate.telling import Teller
from kernel.bundle import BeaconName
from kernel.clock import SystemClock
from kernel.durable import exclusive
from kernel.keys import TrustStore
from kernel.program import cli
from kernel.program.watching import watch
from kernel.spool import Entry, Spool
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

    drop = settings.drop.folder

    with exclusive(settings.spool.folder / "gate-send.lock"):
        teller = Teller("gate-send", spool, drop, settings.drop.scan_seconds, clock)

        flow = Flow(settings.flow, settings.spool.folder, clock, time.sleep, settings.disk.marks)
        cutter = repeats = None
        if (pieces := settings.pieces) is not None:
            parity = spool.folder / "tmp"
            cutter = Cutter(pieces.bytes, pieces.data, pieces.parity, parity, pieces.max_name)
        if settings.repeat is not None:
            repeats = Repeats(spool, to, settings.repeat, clock)
        sender = Sender(spool, drop, trust, to, clock, flow, cutter, repeats)

        def work() -> Sent:
            with teller.passing() as told:
                beacons = _beacons(spool, to)
                sent = sender.send_ready()
                left = spool.ready(to)
                gone = len(beacons - _beacons(spool, to))
                told.counts = {
                    "files_sent": sent.files,
                    "bytes_sent": sent.bytes,
                    "beacons_sent": gone,
                    "files_damaged": sent.damaged,
                    "pieces_sent": sent.pieces,
                    "repeats_sent": sent.repeats,
                }
                lying = Drop.look(drop)
                told.alarms = flow.alarms(lying)
                told.gauges = {
                    **flow.gauges(lying),
                    "backlog_files": len(left),
                    "backlog_bytes": sum(entry.size for entry in left),
                    "backlog_oldest_at": _oldest(spool, to, left),
                    "retained_bytes": _retained(spool, to),
                }
                told.moments = {"file_sent_at"} if sent.files else set()
                told.moments |= {"beacon_sent_at"} if gone else set()
            return sent

        if once:
            sent = work()
            cli.emit(as_json, asdict(sent), f"已投递 {sent.files} 个文件，共 {sent.bytes} 字节")
        else:
            watch(spool.ready_folder(to), settings.drop.scan_seconds, work, "gate")


def _oldest(spool: Spool, to: Zone, left: list[Entry]) -> int:
    """Since when the first of ``left`` waits; 0 when nothing does."""
    since = (spool.offered_at(to, entry.name) for entry in left)
    return min((at for at in since if at is not None), default=0)


def _retained(spool: Spool, to: Zone) -> int:
    """Bytes of everything that no receipt covers yet."""
    with os.scandir(spool.kept(to)) as entries:
        return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)


def _beacons(spool: Spool, to: Zone) -> set[str]:
    return {entry.name for entry in spool.ready(to) if isinstance(entry.parsed, BeaconName)}
