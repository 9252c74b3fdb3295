"""``--dry-run``: what a command would do and whether it could, with nothing changed anywhere."""

from dataclasses import dataclass
from pathlib import Path

from ferry import drives
from ferry.contents import Checked, check_medium
from ferry.ledger.book import Trip
from ferry.ledger.states import MediumState
from ferry.planning import OVERHEAD, Volume, on_medium
from ferry.progress import Progress
from ferry.release import image_of, plan_of
from ferry.repair.layout import SECTOR, Geometry
from ferry.station import Station
from ferry.sticks import require_registered
from ferry.tray import is_optical
from kernel.errors import ConflictError, RejectedBundleError


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The next medium of a trip, and what lies in the drive; sizes in bytes."""

    trip: str
    medium: str
    left: int
    files: int
    bytes: int
    image_bytes: int
    device: str
    found: str
    capacity: int


def rehearse_writing(station: Station, trip: Trip, device: Path) -> Rehearsed:
    """What ``ferry export`` would write now.

    Raises what it would refuse: :class:`ConflictError` (``not_approved``, ``nothing_staged``),
    :class:`RejectedBundleError` (``trip_changed``, ``trip_missing``), and as
    :func:`ferry.drives.require_blank`.
    """
    view = station.book.view()
    if not trip.approver:
        raise ConflictError("not_approved", "该次摆渡尚未获批准")
    waiting = [
        (place, one)
        for place, one in enumerate(map(view.medium, trip.media))
        if one.trip == trip.id and one.state in (MediumState.APPROVED, MediumState.STAGED)
    ]
    if not waiting:
        raise ConflictError("nothing_staged", "该次摆渡没有等待写出的介质")
    plan = plan_of(station, trip.id)
    if plan.content != trip.content:
        raise RejectedBundleError("trip_changed", "备好的内容与批准时不一致")
    # What was staged before is written first.
    place, medium = min(waiting, key=lambda one: (one[1].state is not MediumState.STAGED, one[0]))
    volume, image = plan.volumes[place], image_of(station, medium.number)
    size = image.stat().st_size if image.exists() else _estimate(station, volume)
    settings = station.settings.medium
    stick = require_registered(device, settings.usb_serials)
    real = stick or is_optical(device)
    found = drives.require_suitable(drives.look(device), settings.kind, size, real=real)
    return Rehearsed(
        trip.id,
        medium.number,
        len(waiting),
        len(volume.files),
        volume.bytes,
        size,
        str(device),
        found.words,
        found.capacity,
    )


def rehearse_reading(station: Station, device: Path, progress: Progress) -> tuple[Checked, bool]:
    """What ``ferry ingest`` would find, and whether the medium was imported before.

    Raises as :func:`ferry.contents.check_medium`; nothing is repaired and nothing is noted.
    """
    require_registered(device, station.settings.medium.usb_serials)
    found = check_medium(station, device, progress)
    known = station.book.view().media.get(found.medium)
    waiting = (MediumState.HANDED_OVER, MediumState.RECEIVED)
    return found, known is not None and known.state not in waiting


def _estimate(station: Station, volume: Volume) -> int:
    settings = station.settings.medium
    sectors = OVERHEAD + sum(on_medium(file.size) for file in volume.files) // SECTOR
    return Geometry(sectors, settings.repair_data, settings.repair_parity).sectors * SECTOR
