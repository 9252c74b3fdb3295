"""The portal's settings file."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from kernel.program.settings import ZoneSettings
from kernel.settings import Settings


class UplinkSettings(Settings):
    """``[uplink]``: where the extranet dials in, and the one certificate it may show."""

    host: str
    port: Annotated[int, Field(ge=0, le=65535)]
    certificate: Path
    key: Path
    client_authority: Path
    client_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the extranet's certificate in DER form."""


class InternetSettings(ZoneSettings):
    """The whole file."""

    uplink: UplinkSettings
    sample: bool = False
    """Whether pages say that all data is invented."""
