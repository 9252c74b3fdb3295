"""Reading a medium: the cover sheet first, then every file verified while it is read.

Nothing on a medium is believed (docs/spec/ferry-medium-v1.md, section 5). When it cannot be read,
or what was read is not what the cover sheet says, the image is repaired into a file and read from
there; a medium pulled out meanwhile can simply be put in again. What was admitted before has no
second effect.
"""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from ferry.contents import cover_sheet, files_of, list_ours
from ferry.incidents import note_refusal
from ferry.ledger.states import MediumAct, MediumState
from ferry.manifest import ListedFile
from ferry.medium import DiscReader, opened
from ferry.progress import Progress
from ferry.readings import remember
from ferry.repair.recover import OpenDevice, Recovered, find_index, recover
from ferry.station import Station
from ferry.sticks import require_registered
from ferry.xorriso import DiscFile
from kernel.bundle import parse_name
from kernel.bundle.header import MAX_BUNDLE_BYTES
from kernel.carriage import pass_on
from kernel.clock import now_micros
from kernel.durable import PART
from kernel.errors import ForbiddenError, RejectedBundleError, TongbanError, UnavailableError
from kernel.ferry_board import MAX_REFUSED, Reading, Refusal
from kernel.logs import get_logger

CARRIER: Final = "ferry"
MAX_EVIDENCE_BYTES: Final = 64 * 1024 * 1024
"""How much of a bad file is kept as evidence; the medium itself holds the rest."""
_READ_SIZE: Final = 1024 * 1024
_MENDABLE: Final = frozenset(
    {
        "medium_read_error",
        "medium_unreadable",
        "medium_altered",
        "manifest_unreadable",
        "signature_invalid",
    }
)
"""What damage looks like. A forgery may look like it too: repairing it changes nothing."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Refused:
    """A file of the medium that was set aside."""

    name: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a medium; ``already`` when it had been imported before."""

    medium: str
    trip: str
    volume: int
    volumes: int
    admitted: int
    bytes: int
    refused: tuple[Refused, ...] = ()
    already: bool = False
    damaged_sectors: int = 0
    repaired_sectors: int = 0


def ingest(station: Station, device: Path, progress: Progress, *, again: bool = False) -> Ingested:
    """Read the medium in ``device`` once and admit what is good.

    Raises :class:`RejectedBundleError` when the medium as a whole is none of ours or cannot be
    mended (``medium_…``, ``manifest_…``, ``wrong_destination``, ``key_…``), and
    :class:`UnavailableError` (``medium_gone``, ``medium_missing``, ``disk_full``),
    :class:`kernel.errors.ForbiddenError` (``stick_unregistered``).
    """
    pluggable = device.is_block_device()
    try:
        require_registered(device, station.settings.medium.usb_serials)
        found = _read_or_mend(station, device, progress, again=again)
    except TongbanError as caught:
        # Pulled out in the middle of reading, a stick fails as a bad sector does.
        error = _gone() if pluggable and not device.exists() else caught
        note_refusal(station, device, error)
        remember(station, _refused_reading(station, device, error))
        log.warning("ferry.refused", device=str(device), error=error)
        raise error from caught
    remember(station, _reading(station, device, found))
    log.info("ferry.ingested", medium=found.medium, admitted=found.admitted)
    return found


def refuse_drive(station: Station, device: Path) -> None:
    """Put on record that a medium of ours is in a drive that no settings name; it is not read."""
    words = "光驱没有登记，其中的介质不读；请放入登记的光驱"
    error = ForbiddenError("drive_unregistered", words)
    note_refusal(station, device, error)
    remember(station, _refused_reading(station, device, error))


def _refused_reading(station: Station, device: Path, error: TongbanError) -> Reading:
    return Reading(
        at=now_micros(station.clock),
        device=str(device)[:400],
        code=error.code,
        message=error.message[:400],
    )


def _reading(station: Station, device: Path, found: Ingested) -> Reading:
    return Reading(
        at=now_micros(station.clock),
        device=str(device)[:400],
        medium=found.medium,
        trip=found.trip,
        volume=found.volume,
        volumes=found.volumes,
        admitted=found.admitted,
        bytes=found.bytes,
        already=found.already,
        repaired=found.repaired_sectors,
        refused_count=len(found.refused),
        refused=tuple(
            Refusal(name=one.name, code=one.code, message=one.message[:400])
            for one in found.refused[:MAX_REFUSED]
        ),
    )


def _read_or_mend(station: Station, device: Path, progress: Progress, *, again: bool) -> Ingested:
    pluggable = device.is_block_device()
    try:
        return _read(station, device, progress, again=again, mended=None)
    except (RejectedBundleError, UnavailableError) as error:
        if pluggable and not device.exists():
            raise
        if error.code not in _MENDABLE and not _ours_after_all(device, error):
            raise
        return _mend(station, device, progress, error, again=again)


def _gone() -> UnavailableError:
    return UnavailableError("medium_gone", "介质已被取出或设备断开，请重新放入")


def _ours_after_all(device: Path, error: TongbanError) -> bool:
    """Whether a disc whose label is not ours ends as one of ours does: its label was damaged."""
    if error.code != "medium_foreign":
        return False
    with opened(device) as handle:
        return find_index(OpenDevice(handle), everywhere=False) is not None


def _mend(
    station: Station, device: Path, progress: Progress, why: TongbanError, *, again: bool
) -> Ingested:
    """Read from a repaired image; without repair information the first error stands."""
    pluggable = device.is_block_device()
    folder = station.folder("recovered")
    for left in folder.glob("*"):
        left.unlink()  # Of a run that died; one reads at a time.
    image = folder / f"{secrets.token_hex(8)}.iso{PART}"
    try:
        with opened(device) as handle:
            mended = recover(
                OpenDevice(handle), image, lambda percent: progress("修复介质", percent, 0)
            )
        if pluggable and not device.exists():
            raise _gone()  # What was lost with it is no damage.
        log.warning(
            "ferry.mended",
            medium=mended.medium,
            damaged=mended.damaged,
            repaired=mended.repaired,
            whole=mended.whole,
        )
        return _read(station, image, progress, again=again, mended=mended)
    except RejectedBundleError as error:
        raise (why if error.code == "medium_no_index" else error) from error
    finally:
        image.unlink(missing_ok=True)


def _read(
    station: Station, source: Path, progress: Progress, *, again: bool, mended: Recovered | None
) -> Ingested:
    listing = list_ours(source)
    with opened(source) as handle:
        manifest = cover_sheet(station, handle, listing)
        content = hashlib.sha256(manifest.encode()).hexdigest()
        wanted = files_of(listing, manifest)
        known = station.book.view().media.get(manifest.medium)
        if known is not None and known.detail("manifest", content) != content:
            raise RejectedBundleError(
                "medium_number_reused", f"编号 {manifest.medium} 的介质曾带来过另一份清单"
            )
        repaired = (mended.damaged, mended.repaired) if mended else (0, 0)
        files = (manifest.medium, manifest.trip, manifest.volume, manifest.volumes)
        done = known is not None and known.state not in (
            MediumState.HANDED_OVER,
            MediumState.RECEIVED,
        )
        if done and not again:
            return Ingested(*files, 0, 0, already=True)
        station.book.arrive(
            manifest.medium,
            manifest.trip,
            station.settings.medium.kind,
            manifest=content,
            volume=manifest.volume,
            volumes=manifest.volumes,
            written=manifest.created,
            maker=manifest.maker,
            approver=manifest.approver,
            purpose=manifest.purpose,
        )
        refused = _take_all(station, handle, wanted, progress, mended)
    size = sum(listed.size for listed, _file in wanted)
    if station.book.view().medium(manifest.medium).state is MediumState.RECEIVED and not any(
        item.code == "medium_altered" for item in refused
    ):
        station.book.act(
            MediumAct.IMPORT,
            [manifest.medium],
            None,
            files=len(wanted) - len(refused),
            refused=len(refused),
            repaired=repaired[1],
        )
    return Ingested(
        *files,
        len(wanted) - len(refused),
        size,
        tuple(refused),
        damaged_sectors=repaired[0],
        repaired_sectors=repaired[1],
    )


def _take_all(
    station: Station,
    handle: int,
    wanted: list[tuple[ListedFile, DiscFile]],
    progress: Progress,
    mended: Recovered | None,
) -> list[Refused]:
    total, done = max(1, sum(listed.size for listed, _file in wanted)), 0
    refused: list[Refused] = []
    for listed, file in wanted:
        try:
            _take(station, handle, listed, file)
        except RejectedBundleError as error:
            altered = RejectedBundleError("medium_altered", "文件在介质上已损坏")
            if mended is None:
                raise altered from error  # The repaired image is tried before anything else.
            reason = error if mended.whole else altered
            _keep_evidence(station, handle, file, reason)
            log.warning("ferry.quarantined", file=listed.name[:120], error=error)
            refused.append(Refused(listed.name, reason.code, reason.message))
        done += listed.size
        progress("核验导入", done * 100 / total, total)
    return refused


def _take(station: Station, handle: int, listed: ListedFile, file: DiscFile) -> None:
    """Admit one file; raises :class:`RejectedBundleError` for a bad one."""
    if file.size > MAX_BUNDLE_BYTES:
        raise RejectedBundleError("bundle_too_large", "文件超过交换包允许的大小")
    name = str(parse_name(listed.name))
    with station.spool.delivering(station.origin, name) as target:
        found = pass_on(DiscReader(handle, file), target, station.receiver, name)
        if found is not station.origin:
            raise RejectedBundleError("wrong_origin", "文件不是从声明的来源网送达的")


def _keep_evidence(
    station: Station, handle: int, file: DiscFile, error: RejectedBundleError
) -> None:
    """Copy what can be read of a bad file into quarantine, under its own name."""
    folder = station.folder("evidence")
    for old in folder.iterdir():
        old.unlink()  # Of a run that died; one reads at a time.
    copy = folder / (PurePosixPath(file.path).name[:200] or "unnamed")
    reader, left = DiscReader(handle, file), MAX_EVIDENCE_BYTES
    try:
        with copy.open("xb") as target:
            while left > 0 and (chunk := reader.read(min(_READ_SIZE, left))):
                target.write(chunk)
                left -= len(chunk)
        station.spool.quarantine(copy, error, CARRIER, now_micros(station.clock))
    finally:
        copy.unlink(missing_ok=True)
