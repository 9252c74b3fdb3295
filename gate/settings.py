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


class GateSettings(Settings):
    """One side of the gate; ``origin`` and ``destination`` are zones."""

    side: Literal["send", "receive"]
    origin: Literal["internet", "extranet", "intranet"]
    destination: Literal["internet", "extranet", "intranet"]
    spool: FolderSettings
    drop: DropSettings
    trust: TrustSettings
    log: LogSettings = LogSettings()
