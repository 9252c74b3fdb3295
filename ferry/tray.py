"""Trays of optical drives, opened and closed by Debian's ``eject``."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Final

from kernel.errors import UnavailableError

TOOL: Final = "eject"
SECONDS: Final = 120
_OPTICAL: Final = re.compile(r"/dev/sr\d+")


def is_optical(device: Path) -> bool:
    """Whether ``device`` is a drive that has its own commands."""
    return _OPTICAL.fullmatch(str(device)) is not None


def open_tray(device: Path) -> None:
    """Put out the disc.

    Raises :class:`UnavailableError`: ``eject_missing`` without the tool, ``eject_failed``.
    """
    _run(str(device))


def close_tray(device: Path) -> None:
    """Take the disc in again. A slot or a laptop's drive cannot, and somebody pushes it in.

    Raises :class:`UnavailableError`: ``eject_missing``, ``eject_failed``.
    """
    _run("-t", str(device))


def release(device: Path) -> str:
    """Let go of the medium in ``device``; answers in Chinese what a person may do now.

    Raises :class:`UnavailableError`: as :func:`open_tray`; ``medium_missing`` when nothing is
    there, ``medium_busy`` when something else still has a stick open or mounted.
    """
    if is_optical(device):
        open_tray(device)
        return f"光驱 {device} 的托盘已打开"
    try:
        mode = device.stat().st_mode
    except OSError:
        raise UnavailableError("medium_missing", f"没有找到介质 {device}") from None
    if not stat.S_ISBLK(mode):
        return f"{device} 是映像文件，不用弹出"
    try:
        # Exclusive: refused while it is mounted. Closing writes back what the kernel still holds.
        handle = os.open(device, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except PermissionError:
        return f"{device} 只读打开过，可以拔下"
    except OSError as error:
        raise UnavailableError(
            "medium_busy", f"{device} 仍被占用（{os.strerror(error.errno or 0)}），请稍后再拔"
        ) from error
    return f"{device} 已写完，可以拔下"


def _run(*arguments: str) -> None:
    found = shutil.which(TOOL)
    if found is None:
        raise UnavailableError("eject_missing", "本机没有安装 eject，请手工开关光驱托盘")
    try:
        done = subprocess.run(
            [found, *arguments],
            check=False,
            timeout=SECONDS,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError("eject_failed", "光驱没有应答，请手工开关托盘") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()[-200:]
        raise UnavailableError("eject_failed", "光驱托盘没有动作，请手工开关", said=said)
