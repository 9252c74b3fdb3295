"""The release, as beacons and handovers name it to the other zones."""

from typing import Final

VERSION: Final = "0.2.0"
"""The same as in ``setup.cfg``; a test holds them together."""
SOFTWARE: Final = f"tongban {VERSION}"
