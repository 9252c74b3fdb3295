"""Files that survive a power cut: written beside, synced, renamed, and the folder synced.

The order matters (measured on ext4): without fsync of the file a renamed file may be empty after a
cut, without fsync of the folder it may still have its temporary name.
"""

import errno
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Final

from kernel.errors import ConflictError, NotFoundError, UnavailableError

PART: Final = ".part"
_CROSS_DEVICE: Final = errno.EXDEV
_LOCK_LOOK_SECONDS: Final = 0.05
_COPY_SIZE: Final = 1024 * 1024
_OPEN_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NOT_OURS: Final = frozenset({errno.ENOENT, errno.ELOOP, errno.ENXIO})
"""Gone, a link, or a socket."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_BROKEN: Final = frozenset({errno.EIO, errno.EROFS})


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn what a full or failing disk raises into errors a person can act on.

    Raises :class:`UnavailableError`: ``disk_full`` or ``disk_error``.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise UnavailableError(
                "disk_full", "磁盘空间不足，本次内容未保存，请联系系统管理员"
            ) from error
        if error.errno in _BROKEN:
            raise UnavailableError("disk_error", "磁盘读写失败，请联系系统管理员") from error
        raise


def fsync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def part_in(folder: Path) -> Path:
    """A new temporary name in ``folder``; nobody picks up a name that ends in ``.part``."""
    return folder / f".{secrets.token_hex(12)}{PART}"


@contextmanager
def write_durably(target: Path, *, parts: Path | None = None) -> Iterator[BinaryIO]:
    """Write ``target`` whole or not at all: the block writes, leaving it makes the file durable.

    ``parts`` is where the temporary file lies, on the same filesystem (default: beside it). When
    the block raises, nothing is left. Raises :class:`UnavailableError` as :func:`disk_errors`.
    """
    part = part_in(parts or target.parent)
    try:
        with disk_errors():
            with part.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
            fsync_folder(target.parent)
    finally:
        with disk_errors():
            part.unlink(missing_ok=True)


def remove_durably(path: Path) -> None:
    """Remove a file that may be gone already, and make that durable."""
    with disk_errors():
        path.unlink(missing_ok=True)
        fsync_folder(path.parent)


def open_regular(path: Path) -> FileIO:
    """Open a regular file for reading, unbuffered; links are not followed.

    Raises :class:`NotFoundError` (``not_ready``) when it is gone, or is no regular file.
    """
    gone = NotFoundError("not_ready", "该文件已不在交换目录中")
    try:
        handle = os.open(path, _OPEN_FLAGS)
    except OSError as error:
        if error.errno in _NOT_OURS:
            raise gone from None
        raise
    # A pipe, a device or a folder under a bundle's name must neither block us nor be read.
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise gone
    return FileIO(handle, "rb")


def move_durably(path: Path, target: Path, *, parts: Path) -> None:
    """Move ``path`` to ``target``; it may lie on another filesystem, then it passes ``parts``.

    Raises :class:`UnavailableError` as :func:`disk_errors`.
    """
    with disk_errors():
        try:
            path.rename(target)
        except OSError as error:
            if error.errno != _CROSS_DEVICE:
                raise
            _copy_over(path, target, parts)
            return
        fsync_folder(target.parent)
        fsync_folder(path.parent)


def _copy_over(path: Path, target: Path, parts: Path) -> None:
    """Move a regular file from another filesystem; a read-only medium keeps its own copy.

    A link is not followed and a device is not read: what a hostile medium calls a bundle could be
    any file of this machine. For these the written reason is all that is kept.
    """
    try:
        source = open_regular(path)
    except NotFoundError:
        return
    with source, write_durably(target, parts=parts) as copy:
        while chunk := source.read(_COPY_SIZE):
            copy.write(chunk)
    try:
        remove_durably(path)
    except UnavailableError:
        if not os.statvfs(path.parent).f_flag & os.ST_RDONLY:
            raise


def sweep_parts(folder: Path, older_than: float) -> int:
    """Remove temporary files last written before the POSIX time ``older_than``."""
    removed = 0
    with disk_errors(), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.endswith(PART) or entry.is_dir(follow_symlinks=False):
                continue
            try:
                written = entry.stat(follow_symlinks=False).st_mtime
            except FileNotFoundError:
                # Whoever writes it is alive, and has just given it its name.
                continue
            if written < older_than:
                Path(entry.path).unlink(missing_ok=True)
                removed += 1
    return removed


@contextmanager
def exclusive(lock: Path, patience: float = 0) -> Iterator[None]:
    """Hold ``lock`` while the block runs; wait ``patience`` seconds for who holds it.

    Raises :class:`ConflictError` with code ``already_running`` when another process holds it, and
    :class:`UnavailableError` as :func:`disk_errors` when the file cannot be made. The kernel frees
    the lock when the process dies, however it dies.
    """
    with disk_errors():
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("ab")
    with file:
        until = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise ConflictError(
                        "already_running", f"同一工作已有进程在运行（锁文件 {lock}）"
                    ) from None
                time.sleep(_LOCK_LOOK_SECONDS)
        yield
