"""Drives and what lies in them: recognised before writing, written raw, read back and compared.

A medium's bytes are the same on a disc, a stick and in an image file; only how they get there
differs. Nothing is ever mounted.
"""

import os
import re
import stat
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ferry.medium import opened
from ferry.repair.check import check
from ferry.repair.layout import SECTOR
from ferry.repair.recover import OpenDevice
from ferry.settings import Kind
from ferry.tray import close_tray, is_optical, open_tray
from ferry.xorriso import converse, environment, program
from kernel.durable import PART, disk_errors, fsync_folder
from kernel.errors import RefusedError, UnavailableError

CHUNK: Final = 4 * 1024 * 1024
LOOK_TIMEOUT_SECONDS: Final = 120
_STATUS: Final = re.compile(r"Media status : (.*)")
_PROFILE: Final = re.compile(r"Media current: (.*)")
_WRITABLE: Final = re.compile(r"(\d+) writable")
_WRITTEN: Final = re.compile(r"(\d+) of +(\d+) MB written")
_BLANK_CHECKED: Final = 1024 * 1024
_AHEAD: Final = 4
"""Reads under way at a time while a stick or an image file is read back."""
_WRITE_ONCE: Final = re.compile(r"(CD-R|DVD[-+]R|BD-R)(?:/DL)?(?![A-Za-z])")
"""Profiles of MMC-5, table 93, as libburn names them; what follows R tells a rewritable apart."""
_KINDS: Final[dict[str, Kind]] = {
    "CD-R": "cd-r",
    "DVD-R": "dvd-r",
    "DVD+R": "dvd-r",
    "BD-R": "bd-r",
}

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A medium as the drive shows it; ``capacity`` in bytes, 0 when the drive does not say.

    ``kind`` is None for a disc that can be rewritten or was pressed: it is read, never written.
    """

    kind: Kind | None
    blank: bool
    appendable: bool
    capacity: int
    words: str


def look(device: Path) -> Found:
    """What lies in ``device``.

    Raises :class:`UnavailableError`: ``medium_missing`` (no drive, no medium), ``xorriso_missing``.
    """
    if is_optical(device):
        return _look_optical(device)
    try:
        mode = device.stat().st_mode
    except FileNotFoundError:
        if not device.parent.is_dir():
            raise UnavailableError("medium_missing", f"没有找到介质 {device}") from None
        return Found("image", blank=True, appendable=False, capacity=0, words="新的映像文件")
    if stat.S_ISREG(mode):
        empty = device.stat().st_size == 0
        words = "空的映像文件" if empty else "已有内容的映像文件"
        return Found("image", blank=empty, appendable=False, capacity=0, words=words)
    if not stat.S_ISBLK(mode):
        raise UnavailableError("medium_missing", f"{device} 不是光驱、存储设备或映像文件")
    return _look_block(device)


def require_blank(device: Path, wanted: Kind, needed: int, *, stick: bool = False) -> Found:
    """What lies in ``device``, when it can take ``needed`` bytes as a medium of kind ``wanted``.

    ``stick`` says that the device hangs on USB. Raises :class:`RefusedError` with the reason:
    ``medium_rewritable``, ``medium_kind``, ``medium_not_blank``, ``medium_too_small``;
    :class:`UnavailableError` as :func:`look`.
    """
    return require_suitable(look(device), wanted, needed, real=stick or is_optical(device))


def require_suitable(found: Found, wanted: Kind, needed: int, *, real: bool) -> Found:
    """See :func:`require_blank`.

    A loop device or a plain image (``real`` is False) stands for any medium; a disc in a drive and
    a stick must be what was asked for.
    """
    if found.kind is None:
        raise RefusedError(
            "medium_rewritable",
            f"{found.words}：只用一次性写入的 CD-R、DVD±R 或 BD-R，请更换介质",
        )
    if real and found.kind != wanted:
        raise RefusedError(
            "medium_kind", f"驱动器中是 {found.words}，本次申请的是 {wanted}，请更换介质"
        )
    if found.appendable:
        raise RefusedError("medium_not_blank", "介质已有内容且未封口，不追加写入，请换空白介质")
    if not found.blank:
        raise RefusedError("medium_not_blank", f"介质不是空白的（{found.words}），请换空白介质")
    if found.capacity and found.capacity < needed:
        raise RefusedError(
            "medium_too_small",
            f"介质容量 {found.capacity} 字节，需要 {needed} 字节，请换更大的介质",
        )
    return found


def write(image: Path, device: Path, timeout: int, progress: Progress) -> None:
    """Write the bytes of ``image`` onto the medium in ``device``, closed.

    Raises :class:`UnavailableError`: ``medium_write_failed``, ``medium_gone``, ``disk_full``.
    """
    if is_optical(device):
        _burn(image, device, timeout, progress)
        return
    is_block = device.exists() and stat.S_ISBLK(device.stat().st_mode)
    if is_block:
        _write_block(image, device, progress)
        return
    # Always the same name: what a run that died has left is written over.
    part = device.with_name(f".{device.name}{PART}")
    try:
        part.unlink(missing_ok=True)
        with suppress(OSError):
            # The image is the medium: on one filesystem there is nothing to copy.
            part.hardlink_to(image)
            part.replace(device)
            fsync_folder(device.parent)
            return
        # What the linking left would be the image itself: it must not be written into.
        part.unlink(missing_ok=True)
        with disk_errors(), part.open("xb") as target:
            _copy(image, target.fileno(), progress)
            os.fsync(target.fileno())
            part.replace(device)
            fsync_folder(device.parent)
    finally:
        part.unlink(missing_ok=True)


def read_back(device: Path, medium: str, digest: str, progress: Progress) -> None:
    """Read the medium from end to end and hold every sector against its checksum.

    Raises :class:`UnavailableError` with code ``readback_failed`` naming the first sector that is
    wrong or cannot be read, or when it is another medium than was written.
    """
    if is_optical(device):
        # The drive must read the disc, not remember it. One that cannot take its disc in again by
        # itself is read as it is.
        for move in (open_tray, close_tray):
            with suppress(UnavailableError):
                move(device)
    with opened(device) as handle:
        ahead = 1 if is_optical(device) else _AHEAD
        wrong = check(OpenDevice(handle), medium, digest, progress, ahead=ahead)
    if wrong is not None:
        raise UnavailableError(
            "readback_failed", "回读内容与写出内容不一致，介质作废", sector=wrong
        )


def _read_whole(handle: int, at: int, size: int) -> bytes:
    pieces: list[bytes] = []
    while size and (piece := os.pread(handle, size, at)):
        pieces.append(piece)
        at, size = at + len(piece), size - len(piece)
    return b"".join(pieces)


def _copy(image: Path, target: int, progress: Progress) -> None:
    size, at = image.stat().st_size, 0
    with image.open("rb") as source:
        while chunk := source.read(CHUNK):
            view = memoryview(chunk)
            while view:
                done = os.write(target, view)
                view = view[done:]
            at += len(chunk)
            progress(at * 100 / size)


def _write_block(image: Path, device: Path, progress: Progress) -> None:
    try:
        # O_EXCL on a block device: refused while something has it mounted.
        handle = os.open(device, os.O_WRONLY | os.O_EXCL | os.O_CLOEXEC)
        try:
            _copy(image, handle, progress)
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise UnavailableError(
            "medium_write_failed", "写介质失败或介质被拔出，介质作废", errno=error.errno
        ) from error


def _burn(image: Path, device: Path, timeout: int, progress: Progress) -> None:
    def hear(line: str) -> None:
        if found := _WRITTEN.search(line):
            progress(int(found[1]) * 100 / max(1, int(found[2])))

    arguments = ["-as", "cdrecord", "-v", f"dev={device}", "-dao", "fs=8m", str(image)]
    code, said = converse(arguments, timeout, hear)
    if code:
        raise UnavailableError(
            "medium_write_failed", "刻录失败，介质作废", said=" ".join(said)[-300:]
        )


def _look_optical(device: Path) -> Found:
    try:
        done = subprocess.run(
            [program(), "-outdev", str(device), "-toc"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LOOK_TIMEOUT_SECONDS,
            check=False,
            env=environment(),
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError("medium_missing", f"驱动器 {device} 没有应答") from None
    words = (done.stdout + done.stderr).decode("utf-8", "replace")
    found = recognised(words)
    if found is None:
        raise UnavailableError("medium_missing", f"驱动器 {device} 中没有介质")
    return found


def recognised(words: str) -> Found | None:
    """What ``xorriso -toc`` says about the medium in a drive; None when there is none.

    A medium that can be rewritten, and one that was pressed, is none of our kinds.
    """
    status, profile = _STATUS.search(words), _PROFILE.search(words)
    if status is None or profile is None or "not present" in status[1]:
        return None
    once = _WRITE_ONCE.match(profile[1].strip())
    writable = _WRITABLE.search(words)
    return Found(
        None if once is None else _KINDS[once[1]],
        blank="is blank" in status[1],
        appendable="appendable" in status[1],
        capacity=int(writable[1]) * SECTOR if writable else 0,
        words=f"{profile[1].strip()}，{status[1].strip()}",
    )


def _look_block(device: Path) -> Found:
    try:
        handle = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise UnavailableError("medium_missing", f"无法打开介质 {device}") from error
    try:
        capacity = os.lseek(handle, 0, os.SEEK_END)
        ends = (0, max(0, capacity - _BLANK_CHECKED))
        blank = not any(any(_read_whole(handle, at, _BLANK_CHECKED)) for at in ends)
    except OSError as error:
        raise UnavailableError("medium_missing", f"介质 {device} 读不出来") from error
    finally:
        os.close(handle)
    words = "空白存储设备" if blank else "已有内容的存储设备"
    return Found("usb", blank=blank, appendable=False, capacity=capacity, words=words)
