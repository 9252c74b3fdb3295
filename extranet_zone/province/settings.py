"""``[province]`` of the extranet's settings file."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from kernel.settings import Settings


class ProvinceSettings(Settings):
    """Where the province's hub answers, and who we are to it."""

    url: Annotated[str, Field(pattern=r"^https?://[^ /]{1,100}$")]
    """Scheme, host and port; plain HTTP only towards a sandbox on the same machine."""
    token_file: Path
    """The credential the hub gave us, one line."""
    authority_file: Path | None = None
    """Certificates that may vouch for the hub; the system's own where it is left out."""
    seconds: Annotated[float, Field(ge=0.5, le=600)] = 5
