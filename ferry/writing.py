"""Writing a medium: content and cover sheet, repair region, burning, reading back.

1. the image is built beside the ledger from what was approved, every file verified again;
2. the repair region is appended;
3. the medium in the drive must be blank, of the kind asked for, and large enough;
4. the ledger says *burned* before the first byte is written;
5. every sector is read back and checked; a medium that differs is a coaster for ever;
6. only then are the files marked as carried, and the ledger says *verified*.

A crash anywhere before 6 leaves everything waiting.
"""

import hashlib
import math
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ferry import drives
from ferry.incidents import require_registered_on_record
from ferry.ledger.book import Medium, Trip, View
from ferry.ledger.states import MediumAct, MediumState
from ferry.manifest import (
    FOLDER,
    MANIFEST_NAME,
    NOTE_NAME,
    SIGNATURE_NAME,
    ListedFile,
    Manifest,
    sign_manifest,
)
from ferry.planning import NOWHERE, Volume
from ferry.progress import Progress
from ferry.release import image_of, manifest_of, plan_of, trip_folder
from ferry.repair.write import append_repair
from ferry.station import Station
from ferry.xorriso import write_image
from kernel.carriage import pass_on
from kernel.clock import beijing_text, from_micros, now_micros
from kernel.durable import PART, fsync_folder, open_regular, sweep_parts, write_durably
from kernel.errors import ConflictError, NotFoundError, RejectedBundleError, UnavailableError
from kernel.logs import get_logger

LABEL_PREFIX: Final = "TONGBAN_"
_READ: Final = 1024 * 1024

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """A medium that was written and proved by reading back; ``left`` media of the trip remain."""

    medium: str
    trip: str
    volume: int
    volumes: int
    label: str
    device: str
    files: int
    bytes: int
    manifest_sha256: str
    left: int


def stage(station: Station, trip: Trip, progress: Progress) -> None:
    """Build the images of every approved medium of ``trip``.

    Raises :class:`RejectedBundleError` (``trip_changed``), :class:`UnavailableError`
    (``disk_full``, ``xorriso_missing``), :class:`ConflictError` (``not_approved``).
    """
    view = station.book.view()
    volumes = plan_of(station, trip.id).volumes
    for place, number in enumerate(trip.media):
        medium = view.medium(number)
        if medium.state is MediumState.REQUESTED:
            raise ConflictError("not_approved", "该次摆渡尚未获批准")
        if medium.state is not MediumState.APPROVED:
            continue
        manifest = _manifest(station, view, trip, place, volumes[place])
        content = manifest.encode()
        image = image_of(station, number)
        digest = _build(station, manifest, volumes[place], image, progress)
        with write_durably(manifest_of(station, number)) as file:
            file.write(content)
        view = station.book.act(
            MediumAct.STAGE,
            [number],
            None,
            manifest=hashlib.sha256(content).hexdigest(),
            image=digest,
            size=image.stat().st_size,
        )


def burn_next(station: Station, trip: Trip, device: Path, progress: Progress) -> Written:
    """Write the next staged medium of ``trip`` in ``device`` and prove it.

    Raises :class:`ConflictError` (``nothing_staged``), as :func:`ferry.drives.require_blank`, and
    :class:`UnavailableError` (``medium_write_failed``, ``readback_failed``): the medium is then
    rejected in the ledger, and what it should have carried waits for another.
    """
    view = station.book.view()
    staged = [one for one in view.in_state(MediumState.STAGED) if one.trip == trip.id]
    if not staged:
        raise ConflictError("nothing_staged", "该次摆渡没有等待写出的介质")
    medium = staged[0]
    image = image_of(station, medium.number)
    if not image.exists() or str(image.stat().st_size) != medium.detail("size"):
        raise RejectedBundleError("image_changed", "备好的映像被改动过，请撤回后重新申请")
    settings = station.settings.medium
    stick = require_registered_on_record(station, device)
    size = image.stat().st_size
    found = drives.require_blank(device, settings.kind, size, stick=stick)
    station.book.act(MediumAct.BURN, [medium.number], None, device=str(device), drive=found.words)
    progress("写出介质", 0, size)
    try:
        drives.write(
            image,
            device,
            settings.write_timeout_seconds,
            lambda percent: progress("写出介质", percent, size),
        )
        drives.read_back(
            device,
            medium.number,
            medium.detail("image"),
            lambda percent: progress("回读核对", percent, size),
        )
    except UnavailableError as error:
        station.book.act(MediumAct.REJECT, [medium.number], None, reason=error.code)
        image.unlink(missing_ok=True)
        raise
    written = _written(station, trip, medium, device, len(staged) - 1)
    station.book.act(MediumAct.VERIFY, [medium.number], None, manifest=written.manifest_sha256)
    _carried(station, medium)
    log.info("ferry.written", medium=medium.number, files=written.files, size=written.bytes)
    return written


def _carried(station: Station, medium: Medium) -> None:
    manifest = read_manifest(station, medium.number)
    for file in manifest.files:
        station.spool.carried(station.destination, file.name)
    image_of(station, medium.number).unlink(missing_ok=True)


def finish_interrupted(station: Station) -> list[Medium]:
    """After a crash: a medium that was being written is a coaster, a verified one's files went.

    Answers the verified ones that are finished only now. Whoever calls it holds the station's lock,
    so that no temporary file is anybody's.
    """
    for name in ("manifests", "images"):
        sweep_parts(station.folder(name), math.inf)
    view = station.book.view()
    for medium in view.in_state(MediumState.BURNED):
        station.book.act(MediumAct.REJECT, [medium.number], None, reason="interrupted")
        image_of(station, medium.number).unlink(missing_ok=True)
    proved = view.in_state(MediumState.VERIFIED)
    finished = [medium for medium in proved if image_of(station, medium.number).exists()]
    for medium in finished:
        _carried(station, medium)
    return finished


def written_before(station: Station, trip: Trip, medium: Medium) -> Written:
    """What a run would have said about ``medium`` had it not died."""
    left = sum(
        one.trip == trip.id
        for one in station.book.view().in_state(MediumState.APPROVED, MediumState.STAGED)
    )
    return _written(station, trip, medium, Path(medium.detail("device")), left)


def read_manifest(station: Station, number: str) -> Manifest:
    """The copy of a medium's cover sheet.

    Raises :class:`RejectedBundleError` (``manifest_missing``).
    """
    try:
        return Manifest.model_validate_json(manifest_of(station, number).read_bytes())
    except (OSError, ValueError):
        raise RejectedBundleError("manifest_missing", f"找不到介质 {number} 的清单副本") from None


def _manifest(station: Station, view: View, trip: Trip, place: int, volume: Volume) -> Manifest:
    earlier = [
        str(line.detail["manifest"])
        for line in view.lines
        if line.act == MediumAct.STAGE.value and "manifest" in line.detail
    ]
    return Manifest(
        format="tongban-medium/1",
        medium=trip.media[place],
        trip=trip.id,
        volume=place + 1,
        volumes=len(trip.media),
        origin=station.settings.origin,
        destination=station.settings.destination,
        created=now_micros(station.clock),
        maker=trip.maker,
        approver=trip.approver,
        purpose=trip.purpose,
        previous=earlier[-1] if earlier else None,
        files=tuple(ListedFile(name=file.name, size=file.size) for file in volume.files),
    )


def _build(
    station: Station, manifest: Manifest, volume: Volume, image: Path, progress: Progress
) -> str:
    """Write the image durably; answers its digest. Every file is verified once more meanwhile."""
    frozen = trip_folder(station, manifest.trip)
    # Beside what was frozen, on its filesystem; not where the exchange sweeps what looks old.
    folder = frozen.with_name(frozen.name + PART)
    shutil.rmtree(folder, ignore_errors=True)
    part = image.with_name(image.name + PART)
    try:
        (folder / FOLDER).mkdir(parents=True)
        for file in volume.files:
            try:
                os.link(frozen / file.name, folder / FOLDER / file.name)
            except FileNotFoundError:
                raise _changed(file.name) from None
        (folder / MANIFEST_NAME).write_bytes(manifest.encode())
        (folder / SIGNATURE_NAME).write_bytes(sign_manifest(manifest, station.station_key()))
        (folder / NOTE_NAME).write_bytes(_note(station, manifest))
        part.unlink(missing_ok=True)
        progress("制作映像", 0, volume.bytes)
        with ThreadPoolExecutor(1) as beside:
            verified = beside.submit(_verify, station, volume, folder / FOLDER)
            write_image(
                folder,
                part,
                LABEL_PREFIX + manifest.medium,
                station.settings.medium.write_timeout_seconds,
                lambda percent: progress("制作映像", percent, volume.bytes),
            )
            verified.result()
        made = append_repair(
            part,
            manifest.medium,
            station.settings.medium.repair_data,
            station.settings.medium.repair_parity,
            lambda percent: progress("计算修复数据", percent, volume.bytes),
        )
        part.replace(image)
        fsync_folder(image.parent)
    finally:
        part.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    return made.digest


def _verify(station: Station, volume: Volume, folder: Path) -> None:
    """Raises :class:`RejectedBundleError` (``trip_changed``) for a file that was swapped."""
    for file in volume.files:
        try:
            with open_regular(folder / file.name) as source:
                pass_on(source, NOWHERE, station.receiver, file.name)
        except (RejectedBundleError, NotFoundError):
            raise _changed(file.name) from None


def _changed(name: str) -> RejectedBundleError:
    return RejectedBundleError("trip_changed", f"备好的文件 {name} 被改动过，请撤回后重新申请")


def _note(station: Station, manifest: Manifest) -> bytes:
    when = beijing_text(from_micros(manifest.created))
    size = sum(file.size for file in manifest.files)
    return (
        f"摆渡交接说明\n\n介质编号：{manifest.medium}（第 {manifest.volume} 张，"
        f"共 {manifest.volumes} 张）\n"
        f"方向：{station.origin.label} → {station.destination.label}\n"
        f"写出时间：{when}（北京时间）\n文件：{len(manifest.files)} 个，共 {size} 字节\n"
        f"事由：{manifest.purpose}\n经办：{manifest.maker}　审批：{manifest.approver}\n\n"
        "本盘内容已加密，只能由接收网的不动产登记系统读取。请勿在其他计算机上打开或复制。\n"
        "如拾获本盘，请交还不动产登记机构。\n"
    ).encode()


def _written(station: Station, trip: Trip, medium: Medium, device: Path, left: int) -> Written:
    manifest = read_manifest(station, medium.number)
    return Written(
        medium.number,
        trip.id,
        manifest.volume,
        manifest.volumes,
        LABEL_PREFIX + medium.number,
        str(device),
        len(manifest.files),
        sum(file.size for file in manifest.files),
        hashlib.sha256(manifest.encode()).hexdigest(),
        left,
    )
