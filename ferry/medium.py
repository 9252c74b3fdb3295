"""Reading a file straight from a medium: no mount, no copy, a damaged sector is an error."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ferry.xorriso import SECTOR, DiscFile
from kernel.errors import UnavailableError

_GONE: Final = frozenset({errno.ENXIO, errno.ENOMEDIUM, errno.ENODEV})


class DiscReader:
    """A file on a medium as a readable stream; it ends early where the medium ends early."""

    def __init__(self, handle: int, file: DiscFile) -> None:
        """Read ``file`` from the open device ``handle``."""
        self._handle = handle
        self._left = [(extent.sector * SECTOR, extent.size) for extent in file.extents]

    def readinto(self, buffer: memoryview) -> int:
        """Fill ``buffer`` from its start; answers how many bytes, 0 at the end.

        Raises :class:`UnavailableError`: ``medium_read_error`` where a sector cannot be read,
        ``medium_gone`` when the medium or its drive is not there any more.
        """
        if not self._left:
            return 0
        offset, size = self._left[0]
        view = buffer[: min(len(buffer), size)]
        try:
            got = os.preadv(self._handle, [view], offset)
        except OSError as error:
            if error.errno in _GONE:
                raise UnavailableError(
                    "medium_gone", "介质已被取出或设备断开，请重新放入"
                ) from error
            raise UnavailableError("medium_read_error", "介质有读不出的扇区") from error
        if got in (0, size):
            self._left.pop(0)
        else:
            self._left[0] = (offset + got, size - got)
        return got

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes."""
        buffer = bytearray(size)
        taken = 0
        while taken < size and (got := self.readinto(memoryview(buffer)[taken:])):
            taken += got
        return bytes(buffer[:taken])


@contextmanager
def opened(device: Path) -> Iterator[int]:
    """The medium's bytes, read-only; never mounted.

    Raises :class:`UnavailableError` with code ``medium_missing``.
    """
    try:
        handle = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise UnavailableError("medium_missing", f"无法打开介质 {device}（{why}）") from error
    try:
        # What was just written must come from the medium, not from memory.
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        yield handle
    finally:
        os.close(handle)
