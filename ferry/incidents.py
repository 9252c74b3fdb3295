"""What was refused goes into the ledger: a stick, a medium, and with which code."""

from pathlib import Path

from ferry.ledger.book import INCIDENT
from ferry.station import Station
from ferry.sticks import require_registered
from kernel.errors import ForbiddenError, TongbanError


def note_refusal(station: Station, device: Path, error: TongbanError) -> None:
    """Write one line about ``error`` at ``device``; nothing of the medium's content."""
    serial = {"serial": str(error.detail["serial"])} if "serial" in error.detail else {}
    said = {"code": error.code, "device": str(device)} | serial
    station.book.notes(INCIDENT, None, [("", said)])


def require_registered_on_record(station: Station, device: Path) -> bool:
    """As :func:`ferry.sticks.require_registered`; a refused stick is in the ledger."""
    try:
        return require_registered(device, station.settings.medium.usb_serials)
    except ForbiddenError as error:
        note_refusal(station, device, error)
        raise
