"""One blob of a bundle as inspectors see it: where it lies, what it is said to be, its bytes."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from typing import BinaryIO, Final, Protocol, cast

from kernel.bundle import BlobEntry, BundleHeader
from kernel.bundle.header import header_bytes
from kernel.bundle.tar import BLOCK, member_size
from kernel.durable import disk_errors
from kernel.errors import RejectedBundleError

_BUFFER: Final = 256 * 1024


class Window(io.RawIOBase):
    """Part of an open file as a file of its own; nothing is copied and no position is shared."""

    def __init__(self, file: FileIO, start: int, size: int) -> None:
        """Show ``size`` bytes of ``file`` from ``start``."""
        super().__init__()
        self._handle = file.fileno()
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The next byte."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go elsewhere, at most to an end."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the start")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # what io gives
        """Fill ``buffer`` from here."""
        view = memoryview(buffer).cast("B")[: max(0, self._size - self._at)]
        if not view:
            return 0
        with disk_errors():
            got = os.preadv(self._handle, [view], self._start + self._at)
        self._at += got
        return got


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored blob; sizes in bytes, ``place`` from the start of the file."""

    digest: str
    media_type: str
    size: int
    place: int
    file: FileIO

    def open(self) -> BinaryIO:
        """Read it, as often as needed."""
        window = Window(self.file, self.place, self.size)
        return cast("BinaryIO", io.BufferedReader(window, _BUFFER))

    @property
    def words(self) -> str:
        """How people are told which one."""
        return f"（材料 {self.digest[:12]}）"


class Inspector(Protocol):
    """Looks at every blob of a bundle whose signature and schema are right."""

    def inspect(self, blob: Blob) -> None:
        """Raise :class:`RejectedBundleError` when ``blob`` shall not pass."""


def blobs_of(file: FileIO, header: BundleHeader) -> Iterator[tuple[BlobEntry, Blob]]:
    """Where the blobs of a verified bundle lie: everything follows from the header's sizes."""
    at = member_size(len(header_bytes(header)))
    announced = os.pread(file.fileno(), BLOCK, at)
    try:
        at += member_size(int(announced[124:135], 8))
    except ValueError:
        raise RejectedBundleError("not_a_bundle", "文件不是交换包") from None
    for entry in header.blobs:
        yield entry, Blob(entry.digest, entry.media_type, entry.size, at + BLOCK, file)
        at += member_size(entry.size)
