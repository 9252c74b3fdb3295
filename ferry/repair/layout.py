"""Where everything of a medium lies: geometry, index frames and the checksum table."""

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kernel.bundle.header import canonical
from kernel.erasure import MAX_CHUNKS

SECTOR: Final = 2048
INDEX_COPIES: Final = 16
INDEX_MARK: Final = b"TBFERRY1"
TABLE_MARK: Final = b"TBFTABL1"
SUMS_A_SECTOR: Final = 508
MIN_ROWS: Final = 1024
"""A column has at least 2 MiB, so that a scratch on a small trip costs no more than on a large."""
MAX_SECTORS: Final = 62_500_864
"""The largest optical medium (BDXL QL, 128 GB)."""
_LENGTH: Final = Struct(">I")
_TABLE_HEAD: Final = Struct(">8sI")


@dataclass(frozen=True, slots=True)
class Geometry:
    """The numbers from which every position follows."""

    image_sectors: int
    data: int
    parity: int

    @property
    def rows(self) -> int:
        """Sectors of one column."""
        return max(MIN_ROWS, -(-self.image_sectors // self.data))

    @property
    def table_sectors(self) -> int:
        """Sectors of one copy of the checksum table."""
        return -(-(self.image_sectors + self.parity * self.rows) // SUMS_A_SECTOR)

    @property
    def tables(self) -> tuple[int, int]:
        """First sectors of the two copies of the checksum table."""
        first = self.image_sectors + INDEX_COPIES
        return (
            first,
            first + self.table_sectors + self.parity * (self.rows + INDEX_COPIES),
        )

    @property
    def parity_at(self) -> tuple[int, ...]:
        """First sectors of the parity columns."""
        first = self.image_sectors + INDEX_COPIES + self.table_sectors
        return tuple(first + number * (self.rows + INDEX_COPIES) for number in range(self.parity))

    @property
    def sectors(self) -> int:
        """Image and repair region together."""
        return self.tables[1] + self.table_sectors + INDEX_COPIES

    def index_groups(self) -> tuple[int, ...]:
        """First sectors of the runs of index frames."""
        groups = (self.image_sectors, *(at + self.rows for at in self.parity_at))
        return (*groups, self.sectors - INDEX_COPIES)

    def index_sectors(self) -> Iterator[int]:
        """Every sector that holds an index frame."""
        for first in self.index_groups():
            yield from range(first, first + INDEX_COPIES)

    def stored(self, column: int, row: int, rows: int) -> int:
        """How many of a data column's ``rows`` sectors from ``row`` on are not zeros behind it."""
        return max(0, min(rows, self.image_sectors - column * self.rows - row))

    def place(self, column: int, row: int) -> int | None:
        """The sector of a chunk; None for one of the zeros behind the image."""
        if column >= self.data:
            return self.parity_at[column - self.data] + row
        sector = column * self.rows + row
        return sector if sector < self.image_sectors else None

    def sum_number(self, column: int, row: int) -> int:
        """The place of a chunk's checksum in the table."""
        if column >= self.data:
            return self.image_sectors + (column - self.data) * self.rows + row
        return column * self.rows + row


def geometry_for(capacity_sectors: int, data: int, parity: int) -> int:
    """The largest image, in sectors, that fits a medium together with its repair region."""
    low, high = 0, capacity_sectors
    while low < high:
        middle = (low + high + 1) // 2
        if Geometry(middle, data, parity).sectors <= capacity_sectors:
            low = middle
        else:
            high = middle - 1
    return low


class Index(BaseModel):
    """What an index frame says; it is a hint until the image's digest has been compared."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    at: Annotated[int, Field(ge=0, lt=MAX_SECTORS)]
    data: Annotated[int, Field(ge=1, le=MAX_CHUNKS)]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    image_sectors: Annotated[int, Field(ge=1, lt=MAX_SECTORS)]
    medium: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{6}$")]
    parity: Annotated[int, Field(ge=1, le=MAX_CHUNKS)]
    parity_at: tuple[int, ...]
    rows: int
    sectors: Annotated[int, Field(le=MAX_SECTORS)]
    tables: tuple[int, int]

    @property
    def geometry(self) -> Geometry:
        """The numbers everything follows from."""
        return Geometry(self.image_sectors, self.data, self.parity)

    def is_consistent(self) -> bool:
        """Whether what it says follows from its own geometry."""
        if self.data + self.parity > MAX_CHUNKS:
            return False
        own = self.geometry
        said = (self.rows, self.parity_at, self.sectors, self.tables)
        return said == (own.rows, own.parity_at, own.sectors, own.tables)


def index_frame(geometry: Geometry, medium: str, digest: str, at: int) -> bytes:
    """The sector that lies at ``at``."""
    text = canonical(
        {
            "at": at,
            "data": geometry.data,
            "digest": digest,
            "image_sectors": geometry.image_sectors,
            "medium": medium,
            "parity": geometry.parity,
            "parity_at": list(geometry.parity_at),
            "rows": geometry.rows,
            "sectors": geometry.sectors,
            "tables": list(geometry.tables),
        }
    )
    frame = INDEX_MARK + _LENGTH.pack(len(text)) + text + _LENGTH.pack(zlib.crc32(text))
    if len(frame) > SECTOR:
        raise ValueError("index frame does not fit a sector")
    return frame.ljust(SECTOR, b"\0")


def parse_index(sector: bytes | memoryview) -> Index | None:
    """The index in a sector, or None when it holds none that is whole and consistent."""
    frame = bytes(sector)
    if len(frame) != SECTOR or not frame.startswith(INDEX_MARK):
        return None
    start = len(INDEX_MARK) + _LENGTH.size
    (length,) = _LENGTH.unpack_from(frame, len(INDEX_MARK))
    if length > SECTOR - start - _LENGTH.size:
        return None
    text = frame[start : start + length]
    if _LENGTH.unpack_from(frame, start + length)[0] != zlib.crc32(text):
        return None
    try:
        # Strict validation of JSON takes arrays for tuples.
        found = Index.model_validate_json(text)
        if canonical(json.loads(text)) != text or not found.is_consistent():
            return None
    except (ValidationError, ValueError, RecursionError):
        return None
    return found


class ColumnDigests:
    """SHA-256 over the SHA-256 of every data column: what all of an image is known by.

    Columns grow side by side, so that one pass in any order of columns suffices.
    """

    def __init__(self, columns: int) -> None:
        """For ``columns`` data columns."""
        self._columns = [hashlib.sha256() for _ in range(columns)]

    def update(self, column: int, sectors: bytes | memoryview) -> None:
        """The next stored sectors of a column."""
        self._columns[column].update(sectors)

    def hexdigest(self) -> str:
        """64 hex digits."""
        together = b"".join(column.digest() for column in self._columns)
        return hashlib.sha256(together).hexdigest()


def table_sector(number: int, sums: Sequence[int]) -> bytes:
    """Sector ``number`` of the checksum table."""
    padded = [*sums, *([0] * (SUMS_A_SECTOR - len(sums)))]
    body = _TABLE_HEAD.pack(TABLE_MARK, number) + b"".join(map(_LENGTH.pack, padded))
    return body + _LENGTH.pack(zlib.crc32(body))


def parse_table_sector(number: int, sector: bytes | memoryview) -> tuple[int, ...] | None:
    """The checksums of table sector ``number``, or None when it is not whole."""
    frame = bytes(sector)
    if len(frame) != SECTOR or _TABLE_HEAD.unpack_from(frame) != (TABLE_MARK, number):
        return None
    body = frame[: -_LENGTH.size]
    if _LENGTH.unpack_from(frame, len(body))[0] != zlib.crc32(body):
        return None
    return Struct(f">{SUMS_A_SECTOR}I").unpack_from(frame, _TABLE_HEAD.size)
