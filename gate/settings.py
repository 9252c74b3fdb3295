"""The gate's settings: one file for the sending side, one for the receiving side."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kernel.hours import Cron
from kernel.program.settings import DiskSettings, FolderSettings, LogSettings
from kernel.settings import Settings

Seconds = Annotated[float, Field(ge=1, le=604_800)]


class TrustSettings(Settings):
    """``[trust]``: the file with everybody's public keys; a carrier has no other key."""

    file: Path


class DropSettings(Settings):
    """``[drop]``: the folder the gate hardware moves files from, or to."""

    folder: Path
    scan_seconds: Annotated[float, Field(ge=0.2, le=600)] = 10
    """The rescan that is the truth; folder events only make it come earlier."""
    patience_seconds: Annotated[float, Field(ge=0, le=86_400)] = 600
    """How long a file that is cut short, or has a name that is not ours, may lie unchanged before
    it is set aside: a gate may stall in the middle of a file, or rename late."""


class FlowSettings(Settings):
    """``[flow]``: pace, working hours and bounds of the sending side."""

    bytes_per_second: Annotated[int, Field(ge=1024, le=100_000_000_000)] | None = None
    opens: Cron | None = None
    """Cron expression in Beijing time, such as ``0 8 * * mon-fri``; with ``closes`` or not at all.
    Outside the hours only court orders and beacons go."""
    closes: Cron | None = None
    max_drop_files: Annotated[int, Field(ge=10, le=1_000_000)] = 10_000
    max_drop_bytes: Annotated[int, Field(ge=1_048_576, le=100_000_000_000_000)] = 200_000_000_000
    """What may lie in the drop folder; the last tenth is for court orders and beacons."""
    stale_minutes: Annotated[int, Field(ge=1, le=10_080)] = 30
    """After this the gate's own software is taken to have stopped."""

    @model_validator(mode="after")
    def _require_hours(self) -> Self:
        if (self.opens is None) != (self.closes is None):
            raise ValueError("opens and closes belong together")
        return self


class PieceSettings(Settings):
    """``[pieces]``: what the gate's own software lets through, and how much of it may be lost."""

    bytes: Annotated[int, Field(ge=4096, le=1 << 30)] = 8_388_608
    """Payload of a piece; a larger file is cut. Below what the gate allows for a file."""
    max_name: Annotated[int, Field(ge=25, le=255)] = 255
    """Longest name the gate lets through; a bundle has up to 91 characters, a piece 25."""
    data: Annotated[int, Field(ge=1, le=200)] = 20
    parity: Annotated[int, Field(ge=1, le=50)] = 4
    """So many pieces of ``data`` and ``parity`` together may vanish."""
    waiting_files: Annotated[int, Field(ge=1, le=10_000)] = 200
    waiting_bytes: Annotated[int, Field(ge=1_048_576, le=1 << 50)] = 50_000_000_000
    waiting_hours: Annotated[float, Field(ge=0.01, le=8760)] = 168
    """On the receiving side: what may wait for missing pieces, and how long."""


class RepeatSettings(Settings):
    """``[repeat]``: seconds after which a file that is not confirmed goes once more, by stream."""

    urgent_seconds: Annotated[tuple[Seconds, ...], Field(max_length=10)] = (300, 3600)
    register_seconds: Annotated[tuple[Seconds, ...], Field(max_length=10)] = (600,)
    review_seconds: Annotated[tuple[Seconds, ...], Field(max_length=10)] = ()
    materials_seconds: Annotated[tuple[Seconds, ...], Field(max_length=10)] = ()
    share: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Of all bytes, repetitions are at most so much; a few megabytes are always free."""


class InspectionSettings(Settings):
    """``[inspection]``: what blobs may be, and the socket of ClamAV's daemon when there is one."""

    media_types: tuple[Literal["image/jpeg", "image/png", "application/pdf"], ...] = (
        "image/jpeg",
        "image/png",
        "application/pdf",
    )
    parser_seconds: Annotated[float, Field(ge=1, le=3600)] = 60
    """For decoding one blob, in a process of its own; what takes longer does not pass."""
    parser_memory_bytes: Annotated[int, Field(ge=268_435_456, le=1 << 40)] = 1_073_741_824
    """Address space of that process."""
    clamd: Path | None = None
    clamd_seconds: Annotated[float, Field(ge=1, le=3600)] = 120
    """For one blob; a scanner that does not answer in time has not passed it."""


class GateSettings(Settings):
    """One side of the gate; ``origin`` and ``destination`` are zones."""

    side: Literal["send", "receive"]
    origin: Literal["internet", "extranet", "intranet"]
    destination: Literal["internet", "extranet", "intranet"]
    spool: FolderSettings
    drop: DropSettings
    trust: TrustSettings
    flow: FlowSettings = FlowSettings()
    pieces: PieceSettings | None = None
    repeat: RepeatSettings | None = None
    inspection: InspectionSettings = InspectionSettings()
    disk: DiskSettings = DiskSettings()
    log: LogSettings = LogSettings()
