"""Appending the repair region to an image file, in one pass over its columns, memory flat."""

import os
import time
import zlib
from array import array
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from ferry.repair.layout import (
    INDEX_COPIES,
    SECTOR,
    SUMS_A_SECTOR,
    ColumnDigests,
    Geometry,
    index_frame,
    table_sector,
)
from kernel.durable import disk_errors
from kernel.erasure import Erasure
from kernel.isal import Pinned

WINDOW_ROWS: Final = 256
"""Rows coded at once: half a MiB of each column."""
_WINDOWS: Final = 3
"""One is read and coded while one is hashed and one is summed."""

Progress = Callable[[float], None]
"""Called with per cent."""


@dataclass(frozen=True, slots=True)
class Appended:
    """The medium's geometry, and the digest its index frames name."""

    geometry: Geometry
    digest: str


def append_repair(image: Path, medium: str, data: int, parity: int, progress: Progress) -> Appended:
    """Append the region to ``image`` and make it durable.

    Raises :class:`ValueError` when the image is not made of whole sectors, and
    :class:`kernel.errors.UnavailableError` (``disk_full``).
    """
    size = image.stat().st_size
    if size == 0 or size % SECTOR:
        raise ValueError("the image is not made of whole sectors")
    geometry = Geometry(size // SECTOR, data, parity)
    with disk_errors(), image.open("r+b") as file:
        handle = file.fileno()
        sums, digest = _write_parity(handle, geometry, progress)
        table = b"".join(
            table_sector(number, sums[number * SUMS_A_SECTOR : (number + 1) * SUMS_A_SECTOR])
            for number in range(geometry.table_sectors)
        )
        for first in geometry.tables:
            _put(handle, table, first)
        for first in geometry.index_groups():
            places = range(first, first + INDEX_COPIES)
            frames = (index_frame(geometry, medium, digest, at) for at in places)
            _put(handle, b"".join(frames), first)
        os.fsync(handle)
    return Appended(geometry, digest)


def _put(handle: int, content: bytes | memoryview, sector: int) -> None:
    view, at = memoryview(content), sector * SECTOR
    while view:
        done = os.pwrite(handle, view, at)
        view, at = view[done:], at + done


class _Window:
    """Some rows of every column, in memory that is used again and again."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._data = bytearray(geometry.data * WINDOW_ROWS * SECTOR)
        self._parity = bytearray(geometry.parity * WINDOW_ROWS * SECTOR)
        self._size = 0
        self._row = 0

    def take(self, handle: int, row: int, code: Erasure) -> Self:
        """Read the rows from ``row`` on, zeros behind the image's end, and compute their parity."""
        self._read(handle, row)
        self._code(code)
        return self

    def _read(self, handle: int, row: int) -> None:
        geometry = self._geometry
        self._row = row
        rows = min(WINDOW_ROWS, geometry.rows - row)
        self._size = rows * SECTOR
        for column in range(geometry.data):
            stored = geometry.stored(column, row, rows) * SECTOR
            view = self._column(self._data, column)
            first = (column * geometry.rows + row) * SECTOR
            done = 0
            while done < stored:
                got = os.preadv(handle, [view[done:stored]], first + done)
                if not got:
                    raise ValueError("the image became shorter")
                done += got
            view[stored:] = bytes(self._size - stored)

    def hash(self, digests: ColumnDigests) -> Self:
        """Take every column's stored sectors into its digest."""
        geometry = self._geometry
        for column in range(geometry.data):
            stored = geometry.stored(column, self._row, self._size // SECTOR)
            digests.update(column, self._column(self._data, column)[: stored * SECTOR])
        return self

    def _code(self, code: Erasure) -> None:
        geometry, size = self._geometry, self._size
        with Pinned(self._data) as data, Pinned(self._parity) as parity:
            code.encode_in_place(
                [data + column * size for column in range(geometry.data)],
                [parity + column * size for column in range(geometry.parity)],
                size,
            )

    def sum_data(self, sums: "array[int]") -> None:
        """Put the checksums of the image's sectors in their places."""
        geometry = self._geometry
        for column in range(geometry.data):
            stored = geometry.stored(column, self._row, self._size // SECTOR)
            place = geometry.sum_number(column, self._row)
            view = self._column(self._data, column)[: stored * SECTOR]
            sums[place : place + stored] = _sums(view)
            # Short checksums keep the interpreter's lock; the hashing thread wants it a moment.
            time.sleep(0)

    def write_parity(self, handle: int, sums: "array[int]") -> None:
        """Write the parity where it belongs, with its checksums."""
        geometry = self._geometry
        for number in range(geometry.parity):
            view = self._column(self._parity, number)
            _put(handle, view, geometry.parity_at[number] + self._row)
            place = geometry.sum_number(geometry.data + number, self._row)
            sums[place : place + self._size // SECTOR] = _sums(view)

    def _column(self, buffer: bytearray, column: int) -> memoryview:
        return memoryview(buffer)[column * self._size : (column + 1) * self._size]


def _write_parity(handle: int, geometry: Geometry, progress: Progress) -> tuple["array[int]", str]:
    """Write every parity column; answers all checksums in the table's order, and the digest.

    Reading, coding and hashing leave the interpreter's lock, so that they run beside the checksums.
    """
    code = Erasure(geometry.data, geometry.parity)
    sums = array("L", bytes(array("L").itemsize * (geometry.table_sectors * SUMS_A_SECTOR)))
    digests = ColumnDigests(geometry.data)
    rows = range(0, geometry.rows, WINDOW_ROWS)
    spare = [_Window(geometry) for _ in range(_WINDOWS)]
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as hasher:
        hashed: list[Future[_Window]] = []
        ahead = reader.submit(spare.pop().take, handle, rows[0], code)
        for row in rows:
            window = ahead.result()
            if row != rows[-1]:
                free = spare.pop() if spare else hashed.pop(0).result()
                ahead = reader.submit(free.take, handle, row + WINDOW_ROWS, code)
            hashed.append(hasher.submit(window.hash, digests))
            window.sum_data(sums)
            window.write_parity(handle, sums)
            progress(min(geometry.rows, row + WINDOW_ROWS) * 100 / geometry.rows)
        for one in hashed:
            one.result()
    return sums, digests.hexdigest()


def _sums(view: memoryview) -> "array[int]":
    crc = zlib.crc32
    return array("L", [crc(view[at : at + SECTOR]) for at in range(0, len(view), SECTOR)])
