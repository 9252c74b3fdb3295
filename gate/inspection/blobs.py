"""One blob of a bundle as inspectors see it: where it lies, what it is said to be, its bytes."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from typing import BinaryIO, Protocol

from gate.apart.worker import window
from kernel.bundle import BlobEntry, BundleHeader
from kernel.bundle.header import header_bytes
from kernel.bundle.tar import BLOCK, member_size
from kernel.errors import RejectedBundleError


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
        return window(self.file.fileno(), self.place, self.size)

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
