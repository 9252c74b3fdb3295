"""``gate receive``: the receiving side at work."""

from dataclasses import asdict
from pathlib import Path

import click

from gate.admit import Admitted, DropScanner
from gate.commands.frame import load_side
from gate.inspection import Inspection
from gate.pieces.gather import Bounds, Gatherer
from gate.settings import GateSettings, PieceSettings
from gate.telling import Teller
from kernel.clock import SystemClock
from kernel.durable import exclusive
from kernel.keys import TrustStore
from kernel.program import cli
from kernel.program.watching import watch
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone


@click.command(help="接收侧：核验光闸送来的文件并送入本网交换目录，持续运行。")
@cli.settings_option
@click.option("--once", is_flag=True, help="只扫描两遍（确认文件不再变化）就结束")
@cli.json_option
def receive(settings_path: Path, once: bool, as_json: bool) -> None:
    """Run the receiving side."""
    settings = load_side(settings_path, "receive")
    spool, clock = Spool(settings.spool.folder), SystemClock()
    scanner = DropScanner(
        settings.drop.folder,
        spool,
        TrustStore.load(settings.trust.file),
        Zone(settings.origin),
        Zone(settings.destination),
        clock,
        Inspection.of(settings.inspection),
        _gatherer(settings, spool),
        settings.disk.marks,
        patience_seconds=settings.drop.patience_seconds,
    )
    with exclusive(settings.spool.folder / "gate-receive.lock"):
        teller = Teller(
            "gate-receive",
            spool,
            settings.drop.folder,
            settings.drop.scan_seconds,
            clock,
            settings.disk.marks,
        )

        def work() -> Admitted:
            with teller.passing() as told:
                found = scanner.scan()
                told.counts = {
                    "files_received": found.files,
                    "bytes_received": found.bytes,
                    "beacons_received": found.beacons,
                    "files_quarantined": found.quarantined,
                    "pieces_received": found.pieces,
                    "files_repaired": found.repaired,
                    "files_lost": len(found.given_up),
                }
                told.gauges = {"unstable_files": found.unstable, "held_files": found.held}
                if scanner.gatherer is not None:
                    told.gauges["incomplete_files"] = len(scanner.gatherer.incomplete())
                told.moments = {"file_received_at"} if found.files else set()
                told.moments |= {"beacon_received_at"} if found.beacons else set()
            return found

        if once:
            work()
            found = work()
            text = f"已接收 {found.files} 个文件，隔离 {found.quarantined} 个"
            cli.emit(as_json, asdict(found), text)
        else:
            watch(settings.drop.folder, settings.drop.scan_seconds, work, "gate")


def _gatherer(settings: GateSettings, spool: Spool) -> Gatherer:
    """Pieces are taken whether or not this side has settings for them: the other side cuts."""
    pieces = settings.pieces or PieceSettings()
    bounds = Bounds(pieces.waiting_files, pieces.waiting_bytes, pieces.waiting_hours * 3600)
    return Gatherer(spool.folder / "pieces", bounds, SystemClock())
