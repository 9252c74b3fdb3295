"""The materials store: a folder of files named by their SHA-256, written durably, never changed.

``sha256sum`` audits it; equal files are stored once; a half-written file never has a final name.
"""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from kernel.errors import InvalidValueError, NotFoundError, UnavailableError
from kernel.materials.inspect import Inspected, inspect

_CHUNK: Final = 1024 * 1024
_HEX: Final = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A file in the store: SHA-256 as 64 hex digits, size in bytes."""

    digest: str
    size: int


class MaterialsStore:
    """Content-addressed files below one folder, ``ab/cd/<digest>``."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, created when missing."""
        self._folder = folder
        self._parts = folder / "parts"
        self._parts.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where ``digest`` lies or would lie.

        Raises :class:`NotFoundError` (``material_unknown``) when it is no digest at all.
        """
        if len(digest) != hashlib.sha256().digest_size * 2 or not _HEX.issuperset(digest):
            raise NotFoundError("material_unknown", "没有这份材料")
        return self._folder / digest[:2] / digest[2:4] / digest

    def has(self, digest: str) -> bool:
        """Whether the store holds ``digest``."""
        return self.path(digest).is_file()

    def open(self, digest: str) -> BinaryIO:
        """Open a stored file for reading.

        Raises :class:`NotFoundError` with code ``material_unknown``.
        """
        try:
            return self.path(digest).open("rb")
        except FileNotFoundError:
            raise NotFoundError("material_unknown", "没有这份材料") from None

    def put(self, source: BinaryIO, limit: int) -> StoredBlob:
        """Store what ``source`` yields.

        Raises :class:`InvalidValueError` (``upload_too_large``) past ``limit`` bytes and
        :class:`UnavailableError` (``disk_full``, ``disk_error``) when it cannot be written; in
        either case nothing is kept.
        """
        with self._part() as part:
            blob = _copy(source, part, limit)
            self.adopt(part, blob.digest)
        return blob

    def put_inspected(
        self, source: BinaryIO, file_name: str, limit: int
    ) -> tuple[StoredBlob, Inspected]:
        """Store an upload after :func:`kernel.materials.inspect.inspect` found it whole.

        Raises what :meth:`put` and ``inspect`` raise; a refused file is not kept.
        """
        with self._part() as part:
            blob = _copy(source, part, limit)
            inspected = inspect(part, file_name)
            self.adopt(part, blob.digest)
        return blob, inspected

    def new_part(self) -> Path:
        """A new name, on the store's filesystem, for a file that :meth:`adopt` will take."""
        return self._parts / f"{secrets.token_hex(16)}.part"

    def adopt(self, part: Path, digest: str) -> None:
        """Give a complete, fsynced file of :meth:`new_part` its final name, durably."""
        target = self.path(digest)
        with disk_errors():
            target.parent.mkdir(parents=True, exist_ok=True)
            part.replace(target)
            for folder in (target.parent, target.parent.parent, self._folder):
                _fsync_folder(folder)

    def sweep_parts(self, older_than: float) -> int:
        """Remove parts last written before the POSIX time ``older_than``; answers how many."""
        stale = [part for part in self._parts.iterdir() if part.stat().st_mtime < older_than]
        for part in stale:
            part.unlink(missing_ok=True)
        return len(stale)

    @contextmanager
    def _part(self) -> Iterator[Path]:
        part = self.new_part()
        try:
            yield part
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn what a full or failing disk raises into errors a person can act on."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UnavailableError(
                "disk_full", "磁盘空间不足，未保存任何内容，请联系系统管理员"
            ) from error
        if error.errno in (errno.EIO, errno.EROFS):
            raise UnavailableError("disk_error", "磁盘读写失败，请联系系统管理员") from error
        raise


def _copy(source: BinaryIO, part: Path, limit: int) -> StoredBlob:
    digest, size = hashlib.sha256(), 0
    with disk_errors(), part.open("xb") as file:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise InvalidValueError(
                    "upload_too_large", f"单个文件不能超过 {limit // 1024 // 1024} MB"
                )
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return StoredBlob(digest.hexdigest(), size)


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
