"""Reading a medium back: every sector of it against its checksum, from the first to the last."""

import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Final

from ferry.repair.layout import (
    INDEX_COPIES,
    SECTOR,
    Geometry,
    Index,
    index_frame,
    parse_table_sector,
)
from ferry.repair.recover import Device, Sums, find_index, read_or_none

_BLOCK: Final = 2048
"""Sectors read at once: 4 MiB."""

Progress = Callable[[float], None]
_Right = Callable[[int, memoryview], int | None]
"""Answers which of the sectors from the first on is wrong, counted from there; None for none."""
_Block = tuple[int, int, _Right]
"""Sectors of one kind: first, how many, what is right."""


def check(
    device: Device, medium: str, digest: str, progress: Progress, *, ahead: int = 1
) -> int | None:
    """Read a medium from its first sector to its last, and hold every one against its checksum.

    ``ahead`` is how many reads are under way at a time: one for a drive with a head, more for
    storage without. Answers None when all of it is what was written as ``medium`` with ``digest``,
    otherwise the first sector that is not. Raises :class:`UnavailableError` (``medium_gone``).
    """
    index = find_index(device, everywhere=False)
    if index is None or (index.medium, index.digest) != (medium, digest):
        return 0
    with ThreadPoolExecutor(ahead) as readers:
        # The medium is read while what came before is being summed.
        blocks = _blocks(index, Sums(device, index.geometry))
        reading: deque[tuple[_Block, Future[bytes | None]]] = deque()
        for block in islice(blocks, ahead):
            reading.append((block, readers.submit(read_or_none, device, *block[:2])))
        while reading:
            (first, count, right), found = reading.popleft()
            content = found.result()
            if (following := next(blocks, None)) is not None:
                reading.append((following, readers.submit(read_or_none, device, *following[:2])))
            if content is None:
                return first
            wrong = right(first, memoryview(content))
            if wrong is not None:
                return first + wrong
            progress((first + count) * 100 / index.sectors)
    return None


def _blocks(index: Index, sums: Sums) -> Iterator[_Block]:
    """Every sector of the medium, in order."""
    geometry = index.geometry
    for first, count, right in sorted(
        _parts(geometry, index.medium, index.digest, sums), key=lambda part: part[0]
    ):
        for at in range(first, first + count, _BLOCK):
            yield at, min(_BLOCK, first + count - at), right


def _parts(geometry: Geometry, medium: str, digest: str, sums: Sums) -> Iterator[_Block]:
    yield 0, geometry.image_sectors, _summed(sums, 0, 0)
    for number, first in enumerate(geometry.parity_at):
        place = geometry.sum_number(geometry.data + number, 0)
        yield first, geometry.rows, _summed(sums, first, place)
    for first in geometry.tables:
        yield first, geometry.table_sectors, _table(first)
    for first in geometry.index_groups():
        yield first, INDEX_COPIES, _frames(geometry, medium, digest)


def _summed(sums: Sums, start: int, place: int) -> _Right:
    crc = zlib.crc32

    def right(first: int, block: memoryview) -> int | None:
        found = [crc(block[at : at + SECTOR]) for at in range(0, len(block), SECTOR)]
        wanted = sums.run(place + first - start, len(found))
        return None if found == wanted else _first_wrong(found, wanted)

    return right


def _first_wrong(found: list[int], wanted: list[int | None]) -> int:
    pairs = zip(found, wanted, strict=True)
    return next(number for number, (got, said) in enumerate(pairs) if got != said)


def _table(start: int) -> _Right:
    def right(first: int, block: memoryview) -> int | None:
        for at in range(0, len(block), SECTOR):
            number = first - start + at // SECTOR
            if parse_table_sector(number, block[at : at + SECTOR]) is None:
                return at // SECTOR
        return None

    return right


def _frames(geometry: Geometry, medium: str, digest: str) -> _Right:
    def right(first: int, block: memoryview) -> int | None:
        for number in range(len(block) // SECTOR):
            wanted = index_frame(geometry, medium, digest, first + number)
            if block[number * SECTOR : (number + 1) * SECTOR] != wanted:
                return number
        return None

    return right
