"""Getting an image back from a medium that cannot be read everywhere.

Nothing here proves who wrote the medium: the image that comes out is verified like any other.
"""

import errno
import os
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from ferry.repair.layout import (
    INDEX_COPIES,
    INDEX_MARK,
    SECTOR,
    SUMS_A_SECTOR,
    ColumnDigests,
    Geometry,
    Index,
    parse_index,
    parse_table_sector,
)
from kernel.durable import disk_errors
from kernel.erasure import Erasure
from kernel.errors import RejectedBundleError, UnavailableError

WINDOW_ROWS: Final = 256
MAX_NAMED: Final = 1000
"""Ranges of lost sectors a report names."""
_READ_ERRORS: Final = frozenset({errno.EIO, errno.EILSEQ, errno.EREMOTEIO, errno.ENODATA})
_SCAN: Final = 512
"""Sectors looked at together while scanning."""

Progress = Callable[[float], None]


class Device(Protocol):
    """Something that is read by sectors and may fail anywhere."""

    sectors: int

    def read(self, sector: int, count: int) -> bytes:
        """Up to ``count`` sectors; fewer at the end. Raises :class:`OSError`."""


class OpenDevice:
    """A block device or image file that is open for reading."""

    def __init__(self, handle: int) -> None:
        """Read from ``handle``, which stays the caller's."""
        self._handle = handle
        self.sectors = os.lseek(handle, 0, os.SEEK_END) // SECTOR

    def read(self, sector: int, count: int) -> bytes:
        """See :class:`Device`."""
        return os.pread(self._handle, count * SECTOR, sector * SECTOR)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery did; ``lost`` are ranges of image sectors that stay lost (as zeros)."""

    medium: str
    image_sectors: int
    damaged: int
    repaired: int
    lost: tuple[tuple[int, int], ...]
    whole: bool
    """The image's digest is what the index promised."""


def find_index(device: Device, *, everywhere: bool = True) -> Index | None:
    """The first whole index frame, looked for at the end first, then, if asked, everywhere.

    Sectors that cannot be read are stepped over.
    """
    tail = range(max(0, device.sectors - 4 * INDEX_COPIES), device.sectors)
    for found in _indexes(device, reversed(tail)):
        return found
    if not everywhere:
        return None
    for first in range(0, device.sectors, _SCAN):
        block = read_or_none(device, first, min(_SCAN, device.sectors - first))
        if block is None:
            wanted = range(first, min(first + _SCAN, device.sectors))
        else:
            wanted = range(first, first + len(block) // SECTOR)
            if INDEX_MARK not in block:
                continue
        for found in _indexes(device, wanted):
            return found
    return None


def _indexes(device: Device, sectors: Iterator[int] | range) -> Iterator[Index]:
    for sector in sectors:
        content = read_or_none(device, sector, 1)
        found = parse_index(content) if content else None
        # A frame that is not where it says it is was copied from another medium, or lies.
        if found is not None and found.at == sector and found.image_sectors <= device.sectors:
            yield found


def read_or_none(device: Device, sector: int, count: int) -> bytes | None:
    """Whole sectors, or None where the medium cannot be read.

    Raises :class:`UnavailableError` (``medium_gone``) when there is no medium any more.
    """
    try:
        found = device.read(sector, count)
    except OSError as error:
        if error.errno in _READ_ERRORS:
            return None
        raise UnavailableError("medium_gone", "介质已被取出或设备断开，请重新放入") from error
    return found if len(found) == count * SECTOR else None


def recover(device: Device, target: Path, progress: Progress) -> Recovered:
    """Write the medium's image to ``target``, repairing what can be repaired.

    Raises :class:`RejectedBundleError` (``medium_no_index``) when no index frame is left,
    :class:`UnavailableError` (``medium_gone``, ``disk_full``).
    """
    index = find_index(device)
    if index is None:
        raise RejectedBundleError("medium_no_index", "介质上找不到修复信息，无法恢复")
    geometry = index.geometry
    sums = Sums(device, geometry)
    digests = ColumnDigests(geometry.data)
    code = Erasure(geometry.data, geometry.parity)
    damaged = repaired = 0
    lost: list[int] = []
    with disk_errors(), target.open("xb") as file:
        os.truncate(file.fileno(), geometry.image_sectors * SECTOR)
        for row in range(0, geometry.rows, WINDOW_ROWS):
            rows = min(WINDOW_ROWS, geometry.rows - row)
            window = _Window(device, geometry, sums, row, rows)
            damaged += len(window.bad)
            if window.bad:
                mended, hopeless = window.repair(code)
                repaired += mended
                lost.extend(hopeless)
            for column, chunk in window.image_columns():
                os.pwrite(file.fileno(), chunk, (column * geometry.rows + row) * SECTOR)
                digests.update(column, chunk)
            progress((row + rows) * 100 / geometry.rows)
        os.fsync(file.fileno())
    whole = digests.hexdigest() == index.digest
    return Recovered(index.medium, geometry.image_sectors, damaged, repaired, _ranges(lost), whole)


class Sums:
    """The checksum table, read sector by sector from whichever copy is whole."""

    def __init__(self, device: Device, geometry: Geometry) -> None:
        self._device = device
        self._tables = geometry.tables
        self._known: dict[int, tuple[int, ...] | None] = {}

    def of(self, number: int) -> int | None:
        """The checksum of a chunk, or None when both copies are gone."""
        at, within = divmod(number, SUMS_A_SECTOR)
        found = self._sector(at)
        return None if found is None else found[within]

    def run(self, number: int, count: int) -> list[int | None]:
        """The checksums of ``count`` chunks that follow one another in the table."""
        at, within = divmod(number, SUMS_A_SECTOR)
        found: list[int | None] = []
        while len(found) < within + count:
            found += self._sector(at) or [None] * SUMS_A_SECTOR
            at += 1
        return found[within : within + count]

    def _sector(self, at: int) -> tuple[int, ...] | None:
        if at not in self._known:
            if len(self._known) > 4096:  # noqa: PLR2004 - sixteen MiB of integers
                self._known.clear()
            self._known[at] = self._read(at)
        return self._known[at]

    def _read(self, at: int) -> tuple[int, ...] | None:
        for first in self._tables:
            content = read_or_none(self._device, first + at, 1)
            found = parse_table_sector(at, content) if content else None
            if found is not None:
                return found
        return None


class _Window:
    """Some rows of every data column; parity is read only when something is missing."""

    def __init__(self, device: Device, geometry: Geometry, sums: Sums, row: int, rows: int) -> None:
        self._device, self._geometry, self._sums = device, geometry, sums
        self._row, self._rows = row, rows
        self._columns: dict[int, bytearray] = {}
        self.bad: set[tuple[int, int]] = set()
        """Image chunks (column, row within the window) that are missing or wrong."""
        for column in range(geometry.data):
            self._columns[column], bad = self._load(column)
            self.bad |= {(column, offset) for offset in bad}

    def _load(self, column: int) -> tuple[bytearray, list[int]]:
        """The column's rows, and those that cannot be used; zeros behind the image are good."""
        geometry, found = self._geometry, bytearray(self._rows * SECTOR)
        present = self._rows
        if column < geometry.data:
            first = column * geometry.rows + self._row
            present = geometry.stored(column, self._row, self._rows)
        else:
            first = geometry.parity_at[column - geometry.data] + self._row
        if not present:
            return found, []
        block = read_or_none(self._device, first, present)
        bad: list[int] = []
        for offset in range(present):
            if block is not None:
                sector: bytes | None = block[offset * SECTOR : (offset + 1) * SECTOR]
            else:
                sector = read_or_none(self._device, first + offset, 1)
            wanted = self._sums.of(geometry.sum_number(column, self._row + offset))
            if sector is None or (wanted is not None and zlib.crc32(sector) != wanted):
                bad.append(offset)
            else:
                found[offset * SECTOR : (offset + 1) * SECTOR] = sector
        return found, bad

    def repair(self, code: Erasure) -> tuple[int, list[int]]:
        """Compute what is missing; answers how many sectors came back and which did not."""
        geometry = self._geometry
        missing: dict[int, set[int]] = defaultdict(set)
        for column, offset in self.bad:
            missing[offset].add(column)
        unusable: set[tuple[int, int]] = set(self.bad)
        for column in range(geometry.data, geometry.data + geometry.parity):
            self._columns[column], bad = self._load(column)
            unusable |= {(column, offset) for offset in bad}
        mended = 0
        hopeless: list[int] = []
        for offset, columns in sorted(missing.items()):
            present = {
                column: bytes(chunk[offset * SECTOR : (offset + 1) * SECTOR])
                for column, chunk in self._columns.items()
                if (column, offset) not in unusable
            }
            if len(present) < geometry.data:
                places = (geometry.place(column, self._row + offset) for column in columns)
                hopeless.extend(place for place in places if place is not None)
                continue
            self._put(columns, offset, code.restore(present))
            mended += len(columns)
        return mended, hopeless

    def _put(self, columns: set[int], offset: int, row: Sequence[bytes]) -> None:
        for column in columns:
            self._columns[column][offset * SECTOR : (offset + 1) * SECTOR] = row[column]

    def image_columns(self) -> Iterator[tuple[int, memoryview]]:
        """The data columns' rows that lie within the image."""
        columns: Mapping[int, bytearray] = self._columns
        for column in range(self._geometry.data):
            present = self._geometry.stored(column, self._row, self._rows)
            if present:
                yield column, memoryview(columns[column])[: present * SECTOR]


def _ranges(sectors: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """First and last of every run, the first runs only."""
    found: list[tuple[int, int]] = []
    for sector in sorted(sectors):
        if found and sector == found[-1][1] + 1:
            found[-1] = (found[-1][0], sector)
        elif len(found) < MAX_NAMED:
            found.append((sector, sector))
    return tuple(found)
