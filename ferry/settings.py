"""The ferry's settings: one file for the writing side, one for the reading side."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from kernel.program.settings import FolderSettings, LogSettings
from kernel.settings import Settings

DVD_BYTES = 4_700_372_992
"""The lowest common size of DVD+R and DVD-R (2 295 104 sectors)."""
Kind = Literal["cd-r", "dvd-r", "bd-r", "usb", "image"]
"""Kinds of media; an image file plays a disc."""
Serial = Annotated[str, Field(pattern=r"^[!-~]{4,128}$")]
"""What udev calls ``ID_SERIAL_SHORT``, or ``ID_SERIAL`` with the make before it."""


class TrustSettings(Settings):
    """``[trust]``: the file with everybody's public keys; a carrier has no other key."""

    file: Path


class MediumSettings(Settings):
    """``[medium]``: where discs are written or read, and how much one takes, in bytes."""

    device: Path
    """An optical drive such as ``/dev/sr0``, a registered stick, or an image file."""
    kind: Kind = "image"
    capacity: Annotated[int, Field(ge=1_048_576, le=128_001_769_472)] = DVD_BYTES
    write_timeout_seconds: Annotated[int, Field(ge=10, le=86_400)] = 7200
    repair_data: Annotated[int, Field(ge=2, le=200)] = 20
    repair_parity: Annotated[int, Field(ge=1, le=50)] = 3
    """Sectors lost in every row of ``repair_data`` that come back; 3 of 20 cost 15 %."""
    usb_serials: Annotated[list[Serial], Field(max_length=256)] = Field(default_factory=list)
    """Sticks that may be used; any other is refused wherever it is plugged in."""


class StationSettings(Settings):
    """``[station]``: the writing station's own key, good for cover sheets alone."""

    key: Path


class ReleaseSettings(Settings):
    """``[release]``: how long a medium may be underway before it is an alarm."""

    overdue_hours: Annotated[int, Field(ge=1, le=2400)] = 24


class WatchSettings(Settings):
    """``[watch]``: which drives are listened to; any other is refused and logged."""

    devices: Annotated[list[str], Field(max_length=32)] = Field(default_factory=list)
    """Device names such as ``/dev/sr0``."""
    rescan_seconds: Annotated[float, Field(ge=0.5, le=600)] = 10


class FerrySettings(Settings):
    """One side of the ferry; ``origin`` and ``destination`` are zones."""

    side: Literal["export", "ingest"]
    origin: Literal["internet", "extranet", "intranet"]
    destination: Literal["internet", "extranet", "intranet"]
    spool: FolderSettings
    state: FolderSettings
    """Where ledger, register of operators and images lie."""
    medium: MediumSettings
    trust: TrustSettings
    station: StationSettings | None = None
    release: ReleaseSettings = ReleaseSettings()
    watch: WatchSettings = WatchSettings()
    log: LogSettings = LogSettings()
