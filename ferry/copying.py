"""Archive copies: a medium as an image file, repaired if need be, with more redundancy if wanted.

A copy is for the archive. It is the medium's own bytes again, image and repair region; or, if
wanted, the image with dvdisaster's RS03 in place of our region, which fills a disc and can be
mended by those who do not have this program.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from ferry import dvdisaster
from ferry.contents import list_ours, sheet_of
from ferry.ledger.book import ARCHIVE_COPY
from ferry.ledger.states import Role
from ferry.medium import opened
from ferry.operators import Hand
from ferry.progress import Progress
from ferry.repair.recover import OpenDevice, find_index, recover
from ferry.repair.write import append_repair
from ferry.station import Station
from ferry.sticks import require_registered
from kernel.durable import PART, disk_errors, fsync_folder
from kernel.errors import RefusedError, RejectedBundleError


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that was made and held against what the ledger says of the medium."""

    medium: str
    file: str
    bytes: int
    sha256: str
    damaged_sectors: int
    repaired_sectors: int
    rs03: bool


def copy(
    station: Station, hand: Hand, device: Path, target: Path, progress: Progress, *, rs03: bool
) -> Copied:
    """Copy the medium in ``device`` to ``target`` and note it in the ledger.

    Raises :class:`RefusedError` (``target_exists``, ``rs03_too_small``),
    :class:`RejectedBundleError` (``medium_no_index``, ``manifest_differs``, ``medium_altered`` when
    it cannot be made whole),
    :class:`kernel.errors.NotFoundError` (``medium_unknown``),
    :class:`kernel.errors.UnavailableError` (``dvdisaster_…``, ``disk_full``, ``medium_gone``).
    """
    hand.require((Role.CUSTODIAN,))
    if target.exists():
        raise RefusedError("target_exists", f"文件 {target} 已存在，不会覆盖")
    if rs03:
        dvdisaster.program()
    require_registered(device, station.settings.medium.usb_serials)
    part = target.with_name(f".{target.name}{PART}")
    part.unlink(missing_ok=True)
    try:
        with opened(device) as handle:
            source = OpenDevice(handle)
            index = find_index(source)
            if index is None:
                raise RejectedBundleError("medium_no_index", "介质上找不到修复信息，无法复制")
            if rs03 and index.image_sectors < dvdisaster.LEAST_SECTORS:
                raise RefusedError("rs03_too_small", "内容太少，dvdisaster 不能处理，请不带 --rs03")
            known = station.book.view().medium(index.medium)
            mended = recover(source, part, lambda percent: progress("读取介质", percent, 0))
        if not mended.whole:
            raise RejectedBundleError("medium_altered", "介质损坏超过修复能力，不能制作归档副本")
        _require_that_of(known.detail("manifest"), part)
        if rs03:
            timeout = station.settings.medium.write_timeout_seconds
            dvdisaster.augment(part, timeout, lambda done: progress("RS03 编码", done, 0))
            dvdisaster.require_good(part, timeout, lambda done: progress("RS03 核对", done, 0))
        else:
            append_repair(
                part,
                index.medium,
                index.data,
                index.parity,
                lambda percent: progress("计算修复数据", percent, 0),
            )
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = part.stat().st_size
        station.book.note(
            ARCHIVE_COPY,
            hand,
            index.medium,
            sha256=digest,
            file=target.name[:100],
            size=size,
            rs03=int(rs03),
        )
        with disk_errors():
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(target)
            fsync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return Copied(index.medium, str(target), size, digest, mended.damaged, mended.repaired, rs03)


def _require_that_of(manifest: str, image: Path) -> None:
    """Raises :class:`RejectedBundleError` (``manifest_differs``) for another medium's content."""
    with opened(image) as handle:
        content, _signature = sheet_of(handle, list_ours(image))
    if hashlib.sha256(content).hexdigest() != manifest:
        raise RejectedBundleError(
            "manifest_differs", "介质上的清单不是台账中这个编号的清单，不能作为其副本"
        )
