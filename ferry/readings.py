"""What became of the last media that were put in, whoever put them in: kept for the console.

The ledger has every import and every refusal; here is also what a second reading said, why files
were set aside, and in which words. The file is replaced whole; losing it costs nothing.
"""

import math
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from ferry.station import Station
from kernel.durable import sweep_parts, write_durably
from kernel.errors import UnavailableError
from kernel.ferry_board import MAX_READINGS, Reading
from kernel.logs import get_logger

_MAX_BYTES: Final = 8 * 1024 * 1024
_READINGS: Final = TypeAdapter(tuple[Reading, ...])

log = get_logger(__name__)


def readings(station: Station) -> tuple[Reading, ...]:
    """The newest first; none when nothing was read, or what lies there is something else."""
    try:
        with _path(station).open("rb") as file:
            return _READINGS.validate_json(file.read(_MAX_BYTES))
    except (OSError, ValidationError):
        return ()


def remember(station: Station, reading: Reading) -> None:
    """Put ``reading`` first; that it cannot be kept must not stop a reading."""
    kept = (reading, *readings(station))[:MAX_READINGS]
    try:
        path = _path(station)
        path.parent.mkdir(exist_ok=True)
        # Nothing else lies here: whatever a dead program began to write goes. Somebody who writes
        # at this very moment loses a reading, which costs nothing.
        sweep_parts(path.parent, math.inf)
        with write_durably(path) as file:
            file.write(_READINGS.dump_json(kept))
    except (OSError, UnavailableError) as error:
        log.warning("ferry.reading_not_kept", error=error)


def _path(station: Station) -> Path:
    return station.settings.state.folder / "readings" / "last.json"
