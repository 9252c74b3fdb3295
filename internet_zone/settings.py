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


class LimitSettings(Settings):
    """``[limits]``: how many requests one address may make, see :mod:`internet_zone.limits`.

    Offices and mobile networks put many people behind one address, so these are generous.
    """

    registrations: Annotated[int, Field(ge=1, le=1_000_000)] = 60
    """In ten minutes."""
    sign_ins: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    """In ten minutes, signing of applications too."""
    verifications: Annotated[int, Field(ge=1, le=1_000_000)] = 60
    """In one minute."""


class InternetSettings(ZoneSettings):
    """The whole file."""

    uplink: UplinkSettings
    limits: LimitSettings = LimitSettings()
    sample: bool = False
    """Whether pages say that all data is invented."""
