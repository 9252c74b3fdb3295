"""Appending the repair region to an image file, in one pass over its columns, memory flat."""

import os
import zlib
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ferry.repair.layout import (
    SECTOR,
    SUMS_A_SECTOR,
    ColumnDigests,
    Geometry,
    index_frame,
    table_sector,
)
from kernel.durable import disk_errors
from kernel.erasure import Erasure

WINDOW_ROWS: Final = 256
"""Rows coded at once: half a MiB of each column."""

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
        for first in geometry.tables:
            for number in range(geometry.table_sectors):
                part = sums[number * SUMS_A_SECTOR : (number + 1) * SUMS_A_SECTOR]
                os.pwrite(handle, table_sector(number, part), (first + number) * SECTOR)
        for at in geometry.index_sectors():
            os.pwrite(handle, index_frame(geometry, medium, digest, at), at * SECTOR)
        os.fsync(handle)
    return Appended(geometry, digest)


def _write_parity(handle: int, geometry: Geometry, progress: Progress) -> tuple["array[int]", str]:
    """Write every parity column; answers all checksums in the table's order, and the digest."""
    code = Erasure(geometry.data, geometry.parity)
    sums = array("L", bytes(array("L").itemsize * (geometry.table_sectors * SUMS_A_SECTOR)))
    digests = ColumnDigests(geometry.data)
    with ThreadPoolExecutor(2) as pool:
        for row in range(0, geometry.rows, WINDOW_ROWS):
            rows = min(WINDOW_ROWS, geometry.rows - row)
            chunks = [
                _column(handle, geometry, column, row, rows) for column in range(geometry.data)
            ]
            # Hashing and coding leave the interpreter's lock, so both processors work.
            hashed = pool.submit(_hash, digests, geometry, chunks, row, rows)
            coded = pool.submit(code.encode, chunks)
            for column, chunk in enumerate(chunks):
                _sum(sums, geometry, column, row, chunk)
            for number, chunk in enumerate(coded.result()):
                os.pwrite(handle, chunk, (geometry.parity_at[number] + row) * SECTOR)
                _sum(sums, geometry, geometry.data + number, row, chunk)
            hashed.result()
            progress((row + rows) * 100 / geometry.rows)
    return sums, digests.hexdigest()


def _hash(
    digests: ColumnDigests, geometry: Geometry, chunks: list[bytes], row: int, rows: int
) -> None:
    for column, chunk in enumerate(chunks):
        stored = geometry.stored(column, row, rows)
        digests.update(column, memoryview(chunk)[: stored * SECTOR])


def _sum(sums: "array[int]", geometry: Geometry, column: int, row: int, chunk: bytes) -> None:
    rows = len(chunk) // SECTOR
    stored = rows if column >= geometry.data else geometry.stored(column, row, rows)
    first, view = geometry.sum_number(column, row), memoryview(chunk)
    for offset in range(stored):
        sums[first + offset] = zlib.crc32(view[offset * SECTOR : (offset + 1) * SECTOR])


def _column(handle: int, geometry: Geometry, column: int, row: int, rows: int) -> bytes:
    """Sectors of a data column; zeros behind the image's end."""
    present = geometry.stored(column, row, rows)
    first = (column * geometry.rows + row) * SECTOR
    found = os.pread(handle, present * SECTOR, first) if present else b""
    return found if present == rows else found.ljust(rows * SECTOR, b"\0")
