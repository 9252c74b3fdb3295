"""Running xorriso (Debian, 1.5.4): writing an ISO 9660 image and listing where its files lie.

Its exit code alone is not believed: a write is proved by reading back, a listing by what it lists.
"""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kernel.errors import RejectedBundleError, UnavailableError

SECTOR: Final = 2048
MAX_FILES: Final = 20_000
LIST_TIMEOUT_SECONDS: Final = 300
MAX_LISTING_BYTES: Final = 16 * 1024 * 1024
_LINE: Final = re.compile(r"File data lba: *(\d+) , *(\d+) , *(\d+) , *(\d+) , '(.*)'")
_PROGRESS: Final = re.compile(r"(\d{1,3}\.\d)% done")
_SESSION: Final = re.compile(r"^(?:ISO|Other) session *:", re.MULTILINE)
_LABEL: Final = re.compile(r"Volume id    : '(.*)'")


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of bytes on the medium: first sector, and bytes."""

    sector: int
    size: int


@dataclass(frozen=True, slots=True)
class DiscFile:
    """A regular file on a medium: path from its root, size in bytes, where its bytes lie."""

    path: str
    size: int
    extents: tuple[Extent, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a medium says it holds; ``strange`` are links, devices and the like, the first few."""

    label: str
    files: tuple[DiscFile, ...]
    strange: tuple[str, ...] = ()
    sessions: int = 1


def write_image(
    source: Path,
    device: Path,
    label: str,
    timeout: int,
    progress: Callable[[float], None],
) -> None:
    """Write the folder ``source`` as one closed session onto ``device``, a drive or an image file.

    ``progress`` is called with per cent. Raises :class:`UnavailableError`: ``xorriso_missing``,
    ``medium_write_failed`` (with xorriso's own last words) or ``medium_too_small``.
    """
    arguments = [
        # Whoever appends the repair region syncs the file once, and has every sector's checksum.
        *("-abort_on", "FAILURE", "-return_with", "SORRY", "32", "-stdio_sync", "off"),
        *("-outdev", _address(device), "-blank", "as_needed"),
        *("-volid", label, "-rockridge", "on", "-joliet", "off", "-hardlinks", "off"),
        *("-md5", "off", "-close", "on", "-padding", "150s"),
        *("-uid", "0", "-gid", "0", "-map", str(source), "/"),
        *("-chmod_r", "a+r,a-w", "/", "--", "-commit", "-end"),
    ]
    code, said = converse(
        arguments,
        timeout,
        lambda line: progress(float(found[1])) if (found := _PROGRESS.search(line)) else None,
    )
    if code:
        words = " ".join(said)
        if "too large" in words or "exceeds" in words:
            raise UnavailableError("medium_too_small", "介质容量不足，请换用更大的介质")
        if "No space left" in words:
            raise UnavailableError("disk_full", "磁盘空间不足，未写出介质，请联系系统管理员")
        raise UnavailableError("medium_write_failed", "写介质失败，介质作废", said=words[-300:])


def converse(
    arguments: Sequence[str], timeout: int, hear: Callable[[str], None]
) -> tuple[int, list[str]]:
    """Let xorriso write; ``hear`` is told every line. Answers its exit code and its last words.

    Raises :class:`UnavailableError`: ``xorriso_missing``, and ``medium_write_failed`` when it has
    not ended after ``timeout`` seconds, whether it still speaks or hangs in silence.
    """
    said: list[str] = []
    late = threading.Event()
    with subprocess.Popen(
        [program(), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment(),
    ) as process:

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(timeout, stop)
        timer.start()
        try:
            for line in process.stdout or ():
                said = [*said[-20:], line.strip()]
                hear(line)
            code = process.wait()
        finally:
            timer.cancel()
    if late.is_set():
        raise UnavailableError("medium_write_failed", "刻录超时，介质作废")
    return code, said


def list_files(device: Path) -> Listing:
    """Every regular file of the medium; links and devices are not listed.

    Raises :class:`RejectedBundleError`: ``medium_blank``, ``medium_unreadable`` (no ISO 9660) or
    ``medium_too_many_files``; :class:`UnavailableError`: ``medium_missing``, ``xorriso_missing``.
    """
    if not device.exists():
        raise UnavailableError("medium_missing", f"没有找到介质 {device}")
    try:
        done = subprocess.run(
            [
                program(),
                *("-indev", _address(device), "-toc"),
                *("-find", "/", "-type", "f", "-exec", "report_lba", "--"),
                *("-find", "/", "-not", "-type", "f", "-not", "-type", "d"),
                *("-exec", "echo", "--"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIST_TIMEOUT_SECONDS,
            check=False,
            env=environment(),
        )
    except subprocess.TimeoutExpired:
        raise RejectedBundleError("medium_unreadable", "读取介质目录超时") from None
    notes = done.stderr.decode("utf-8", "replace")
    if "is blank" in notes:
        raise RejectedBundleError("medium_blank", "介质是空白的")
    label = _LABEL.search(notes)
    if label is None or len(done.stdout) > MAX_LISTING_BYTES:
        raise RejectedBundleError("medium_unreadable", "介质上没有可读的光盘文件系统")
    listed = done.stdout.decode("utf-8", "replace")
    strange = [line[:200] for line in listed.splitlines() if line.startswith("'/")]
    sessions = len(_SESSION.findall(listed + notes))
    return Listing(label[1], tuple(_files(listed)), tuple(strange[:10]), max(1, sessions))


def _files(listing: str) -> Iterator[DiscFile]:
    paths: dict[str, tuple[int, list[Extent]]] = {}
    for line in listing.splitlines():
        if not (found := _LINE.match(line)):
            continue
        size, left = int(found[4]), int(found[3]) * SECTOR
        total, extents = paths.setdefault(found[5], (size, []))
        done = sum(extent.size for extent in extents)
        extents.append(Extent(int(found[2]), min(left, total - done)))
        if len(paths) > MAX_FILES:
            raise RejectedBundleError("medium_too_many_files", "介质上的文件数量超过允许的上限")
    for path, (size, extents) in paths.items():
        yield DiscFile(path, size, tuple(extents))


def _address(device: Path) -> str:
    """Real drives are driven by their own commands, everything else is plain storage."""
    text = str(device)
    return text if re.fullmatch(r"/dev/sr\d+", text) else f"stdio:{text}"


def program() -> str:
    """Where xorriso is; raises :class:`UnavailableError` (``xorriso_missing``)."""
    found = shutil.which("xorriso")
    if found is None:
        raise UnavailableError("xorriso_missing", "本机没有安装 xorriso，无法读写光盘")
    return found


def environment() -> dict[str, str]:
    """What xorriso runs with."""
    # File names are UTF-8 on every medium we write; xorriso asks the locale.
    return {**os.environ, "LC_ALL": "C.UTF-8"}
