"""Appending the repair region to an image file, in one pass over its columns, memory flat."""

import hashlib
import os
import zlib
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ferry.repair.layout import SECTOR, SUMS_A_SECTOR, Geometry, index_frame, table_sector
from kernel.durable import disk_errors
from kernel.erasure import Erasure

WINDOW_ROWS: Final = 256
"""Rows coded at once: half a MiB of each column."""
_READ: Final = 4 * 1024 * 1024

Progress = Callable[[float], None]
"""Called with per cent."""


def append_repair(image: Path, medium: str, data: int, parity: int, progress: Progress) -> Geometry:
    """Append the region to ``image`` and make it durable; answers the geometry.

    Raises :class:`ValueError` when the image is not made of whole sectors, and
    :class:`kernel.errors.UnavailableError` (``disk_full``).
    """
    size = image.stat().st_size
    if size == 0 or size % SECTOR:
        raise ValueError("the image is not made of whole sectors")
    geometry = Geometry(size // SECTOR, data, parity)
    with disk_errors(), image.open("r+b") as file:
        handle = file.fileno()
        digest = _digest(handle, size)
        sums = _write_parity(handle, geometry, progress)
        for first in geometry.tables:
            for number in range(geometry.table_sectors):
                part = sums[number * SUMS_A_SECTOR : (number + 1) * SUMS_A_SECTOR]
                os.pwrite(handle, table_sector(number, part), (first + number) * SECTOR)
        for at in geometry.index_sectors():
            os.pwrite(handle, index_frame(geometry, medium, digest, at), at * SECTOR)
        os.fsync(handle)
    return geometry


def _digest(handle: int, size: int) -> str:
    digest, at = hashlib.sha256(), 0
    buffer = memoryview(bytearray(_READ))
    while at < size:
        got = os.preadv(handle, [buffer[: min(_READ, size - at)]], at)
        digest.update(buffer[:got])
        at += got
    return digest.hexdigest()


def _write_parity(handle: int, geometry: Geometry, progress: Progress) -> "array[int]":
    """Write every parity column; answers the checksums of all chunks in the table's order."""
    code = Erasure(geometry.data, geometry.parity)
    sums = array("L", bytes(array("L").itemsize * (geometry.table_sectors * SUMS_A_SECTOR)))
    for row in range(0, geometry.rows, WINDOW_ROWS):
        rows = min(WINDOW_ROWS, geometry.rows - row)
        chunks = [_column(handle, geometry, column, row, rows) for column in range(geometry.data)]
        made = code.encode(chunks)
        for number, chunk in enumerate(made):
            os.pwrite(handle, chunk, (geometry.parity_at[number] + row) * SECTOR)
        for column, chunk in enumerate([*chunks, *made]):
            for offset in range(rows):
                if geometry.place(column, row + offset) is not None:
                    piece = memoryview(chunk)[offset * SECTOR : (offset + 1) * SECTOR]
                    sums[geometry.sum_number(column, row + offset)] = zlib.crc32(piece)
        progress((row + rows) * 100 / geometry.rows)
    return sums


def _column(handle: int, geometry: Geometry, column: int, row: int, rows: int) -> bytes:
    """Sectors of a data column; zeros behind the image's end."""
    first = column * geometry.rows + row
    present = max(0, min(rows, geometry.image_sectors - first))
    found = os.pread(handle, present * SECTOR, first * SECTOR) if present else b""
    return found.ljust(rows * SECTOR, b"\0")
