"""The materials store: a folder of files named by their SHA-256, written durably, never changed.

``sha256sum`` audits it; equal files are stored once; a half-written file never has a final name.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Final, Self

from kernel.durable import disk_errors, fsync_folder, part_in, remove_durably, sweep_parts
from kernel.errors import InvalidValueError, NotFoundError
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
        with disk_errors():
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

    def put(self, source: IO[bytes], limit: int) -> StoredBlob:
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
        self, source: IO[bytes], file_name: str, limit: int
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
        return part_in(self._parts)

    def adopt(self, part: Path, digest: str) -> None:
        """Give a complete, fsynced file of :meth:`new_part` its final name, durably."""
        target = self.path(digest)
        with disk_errors():
            target.parent.mkdir(parents=True, exist_ok=True)
            part.replace(target)
            for folder in (target.parent, target.parent.parent, self._folder):
                fsync_folder(folder)

    def remove(self, digest: str, older_than: float) -> bool:
        """Remove a file that its caller knows nobody else names; answers whether it went.

        What was last written at or after the POSIX time ``older_than`` stays: whoever stores the
        same bytes just now has not yet said so anywhere.
        """
        path = self.path(digest)
        with disk_errors():
            try:
                if path.stat().st_mtime >= older_than:
                    return False
            except FileNotFoundError:
                return False
            remove_durably(path)
        return True

    def sweep_parts(self, older_than: float) -> int:
        """Remove parts last written before the POSIX time ``older_than``; answers how many."""
        return sweep_parts(self._parts, older_than)

    @contextmanager
    def _part(self) -> Iterator[Path]:
        part = self.new_part()
        try:
            yield part
        finally:
            with disk_errors():
                part.unlink(missing_ok=True)


def _copy(source: IO[bytes], part: Path, limit: int) -> StoredBlob:
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


class StoreSink:
    """Takes the plain blobs of a bundle into the store: all of them, or none.

    A context manager; :meth:`keep` makes what was written durable and gives it its names. Blobs the
    store already has are not written again, only read past.
    """

    def __init__(self, store: MaterialsStore) -> None:
        """Write into ``store``."""
        self._store = store
        self._written: dict[str, Path] = {}
        self._file: BinaryIO | None = None
        self._digest = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
        with disk_errors():
            for part in self._written.values():
                part.unlink(missing_ok=True)

    def begin(self, digest: str, _size: int) -> None:
        """The next blob starts; its digest is what it must turn out to be."""
        self._digest = digest
        if digest in self._written or self._store.has(digest):
            return
        part = self._store.new_part()
        self._written[digest] = part
        with disk_errors():
            self._file = part.open("xb", buffering=0)

    def write(self, chunk: bytes | memoryview) -> None:
        """More bytes of the blob."""
        if self._file is not None:
            with disk_errors():
                view = memoryview(chunk)
                while view:
                    view = view[self._file.write(view) :]

    def end(self) -> None:
        """The blob is complete."""
        if self._file is not None:
            with disk_errors():
                os.fsync(self._file.fileno())
            self._file.close()
            self._file = None

    def keep(self) -> None:
        """Give everything that was written its final name."""
        for digest, part in self._written.items():
            self._store.adopt(part, digest)
        self._written.clear()
