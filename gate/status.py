"""What an operator sees of one side of the gate."""

import os
from dataclasses import dataclass

from gate.settings import GateSettings
from kernel.bundle import BeaconName
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone


@dataclass(frozen=True, slots=True)
class Status:
    """Counts of files and bytes at one side; what lies in the drop folder belongs to the gate."""

    ready: int
    ready_bytes: int
    beacons: int
    dropped: int
    arrived: int
    quarantined: int

    def as_text(self) -> str:
        """The same for people."""
        return (
            f"待投递 {self.ready} 个交换包，共 {self.ready_bytes} 字节；信标 {self.beacons} 个\n"
            f"投递目录内 {self.dropped} 个文件（由光闸搬运，尚不能知道是否到达）\n"
            f"已送达、待入库 {self.arrived} 个；隔离区 {self.quarantined} 个"
        )


def look(settings: GateSettings) -> Status:
    """Count what lies on this side now."""
    spool = Spool(settings.spool.folder)
    ready = spool.ready(Zone(settings.destination)) if settings.side == "send" else []
    bundles = [entry for entry in ready if not isinstance(entry.parsed, BeaconName)]
    arrived = spool.arrivals(Zone(settings.origin)) if settings.side == "receive" else []
    return Status(
        ready=len(bundles),
        ready_bytes=sum(entry.size for entry in bundles),
        beacons=len(ready) - len(bundles),
        dropped=sum(1 for entry in os.scandir(settings.drop.folder) if entry.is_file()),
        arrived=len(arrived),
        quarantined=len(spool.quarantined()),
    )
