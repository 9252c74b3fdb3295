"""What a medium holds: its directory, its cover sheet, and the files the cover sheet names."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ferry.manifest import (
    FOLDER,
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    NOTE_NAME,
    SIGNATURE_NAME,
    ListedFile,
    Manifest,
    open_manifest,
)
from ferry.medium import DiscReader, opened
from ferry.planning import NOWHERE
from ferry.progress import Progress
from ferry.station import Station
from ferry.writing import LABEL_PREFIX
from ferry.xorriso import DiscFile, Listing, list_files
from kernel.bundle.header import MAX_SIGNATURE_BYTES
from kernel.carriage import pass_on
from kernel.errors import RejectedBundleError

_BOOT_SECTOR: Final = 512
_PARTITIONS: Final = 446
_PARTITION: Final = 16
_GPT: Final = b"EFI PART"


def list_ours(source: Path) -> Listing:
    """The directory of a medium that looks like one of ours.

    Raises :class:`RejectedBundleError` (``medium_foreign``, ``medium_partitioned``) and as
    :func:`ferry.xorriso.list_files`.
    """
    with opened(source) as handle:
        if _is_partitioned(handle):
            raise RejectedBundleError("medium_partitioned", "介质上有分区表，整盘拒收")
    listing = list_files(source)
    if not listing.label.startswith(LABEL_PREFIX):
        raise RejectedBundleError("medium_foreign", "这不是不动产登记系统写出的介质")
    return listing


def _is_partitioned(handle: int) -> bool:
    """Whether a partition table stands where our media have zeros; damage is none."""
    try:
        found = os.pread(handle, 2 * _BOOT_SECTOR, 0)
    except OSError:
        return False
    if found[_BOOT_SECTOR:].startswith(_GPT):
        return True
    if found[_BOOT_SECTOR - 2 : _BOOT_SECTOR] != b"\x55\xaa":
        return False
    entries = [
        found[at : at + _PARTITION] for at in range(_PARTITIONS, _BOOT_SECTOR - 2, _PARTITION)
    ]
    return any(entry[4] for entry in entries) and all(entry[0] in (0, 0x80) for entry in entries)


def cover_sheet(station: Station, handle: int, listing: Listing) -> Manifest:
    """The signed cover sheet of a medium that is for here and called what its label says.

    Raises :class:`RejectedBundleError`: ``manifest_…``, ``wrong_…``, ``label_differs`` and as
    :func:`ferry.manifest.open_manifest`.
    """
    manifest = open_manifest(*sheet_of(handle, listing), station.trust, station.clock.now())
    if manifest.destination != station.settings.destination:
        raise RejectedBundleError("wrong_destination", "这张介质是送往其他网的，不能在此导入")
    if manifest.origin != station.settings.origin:
        raise RejectedBundleError("wrong_origin", "这张介质不是从声明的来源网写出的")
    if listing.label != LABEL_PREFIX + manifest.medium:
        raise RejectedBundleError("label_differs", "介质卷标与清单中的编号不一致")
    return manifest


def sheet_of(handle: int, listing: Listing) -> tuple[bytes, bytes]:
    """The bytes of the cover sheet and of its signature, not verified.

    Raises :class:`RejectedBundleError`: ``manifest_unreadable``, ``manifest_too_large``.
    """
    files = {file.path: file for file in listing.files}
    parts: list[bytes] = []
    for name, limit in ((MANIFEST_NAME, MAX_MANIFEST_BYTES), (SIGNATURE_NAME, MAX_SIGNATURE_BYTES)):
        file = files.get(f"/{name}")
        if file is None:
            raise RejectedBundleError("manifest_unreadable", "介质上没有签名的清单")
        if file.size > limit:
            raise RejectedBundleError("manifest_too_large", "介质清单超过允许的大小")
        parts.append(DiscReader(handle, file).read(file.size))
        if len(parts[-1]) != file.size:
            raise RejectedBundleError("manifest_unreadable", "介质上的清单读不完整")
    return parts[0], parts[1]


def files_of(listing: Listing, manifest: Manifest) -> list[tuple[ListedFile, DiscFile]]:
    """The listed files with their places, in the order they are admitted.

    Raises :class:`RejectedBundleError` with code ``medium_foreign`` when anything is on the medium
    that the cover sheet does not name, ``medium_altered`` when something is missing.
    """
    foreign = RejectedBundleError("medium_foreign", "介质上有清单以外的内容，整盘拒收")
    if listing.strange or listing.sessions != 1:
        raise foreign
    own = {f"/{name}" for name in (MANIFEST_NAME, SIGNATURE_NAME, NOTE_NAME)}
    places = {file.path: file for file in listing.files if file.path not in own}
    listed = {f"/{FOLDER}/{file.name}": file for file in manifest.files}
    if places.keys() - listed.keys():
        raise foreign
    if listed.keys() - places.keys():
        raise RejectedBundleError("medium_altered", "介质上缺少清单中的文件")
    return [(file, places[path]) for path, file in listed.items()]


@dataclass(frozen=True, slots=True)
class Checked:
    """A medium that is whole and ours, though not necessarily for here."""

    medium: str
    trip: str
    volume: int
    volumes: int
    files: int
    bytes: int


def check_medium(station: Station, device: Path, progress: Progress) -> Checked:
    """Read a medium whole and verify it, changing nothing.

    Raises :class:`RejectedBundleError` (``medium_altered`` and as :func:`ingest`) and
    :class:`UnavailableError` (``medium_read_error``, ``medium_gone``).
    """
    listing = list_ours(device)
    with opened(device) as handle:
        manifest = cover_sheet(station, handle, listing)
        wanted = files_of(listing, manifest)
        total, done = max(1, sum(file.size for file in manifest.files)), 0
        for listed, file in wanted:
            try:
                pass_on(DiscReader(handle, file), NOWHERE, station.receiver, listed.name)
            except RejectedBundleError as error:
                words = f"文件 {listed.name} 在介质上已损坏"
                raise RejectedBundleError("medium_altered", words) from error
            done += listed.size
            progress("核对文件", done * 100 / total, total)
    return Checked(
        manifest.medium, manifest.trip, manifest.volume, manifest.volumes, len(wanted), done
    )
