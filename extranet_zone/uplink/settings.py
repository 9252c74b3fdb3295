"""``[uplink]`` of the extranet's settings file."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from kernel.settings import Settings


class UplinkSettings(Settings):
    """Where the internet zone's uplink listens, and the certificates of this side."""

    url: Annotated[str, Field(pattern=r"^https://[^/]+$")]
    """Scheme, host and port, such as ``https://10.0.0.5:8443``."""
    certificate: Path
    key: Path
    authority: Path
    """The uplink's own certificate authority; no other is trusted."""
    seconds: Annotated[float, Field(ge=0.2, le=600)] = 5
