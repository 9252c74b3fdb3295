"""The gate's settings: one file for the sending side, one for the receiving side."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from kernel.program.settings import FolderSettings, LogSettings
from kernel.settings import Settings


class TrustSettings(Settings):
    """``[trust]``: the file with everybody's public keys; a carrier has no other key."""

    file: Path


class DropSettings(Settings):
    """``[drop]``: the folder the gate hardware moves files from, or to."""

    folder: Path
    scan_seconds: Annotated[float, Field(ge=0.2, le=600)] = 10
    """The rescan that is the truth; folder events only make it come earlier."""


class InspectionSettings(Settings):
    """``[inspection]``: what blobs may be, and the socket of ClamAV's daemon when there is one."""

    media_types: tuple[Literal["image/jpeg", "image/png", "application/pdf"], ...] = (
        "image/jpeg",
        "image/png",
        "application/pdf",
    )
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
    inspection: InspectionSettings = InspectionSettings()
    log: LogSettings = LogSettings()
