"""The bytes of a piece: a plan all pieces of a file share, a number, a payload."""

import hashlib
import re
import struct
from dataclasses import dataclass
from typing import Annotated, BinaryIO, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kernel.bundle import parse_name
from kernel.bundle.header import canonical
from kernel.errors import RejectedBundleError
from kernel.isal import MAX_SYMBOLS

MAGIC: Final = b"TBP1"
FRONT: Final = struct.Struct(">4sII")
"""Magic, the piece's number, bytes of the plan."""
MAX_PLAN: Final = 1024 * 1024
MAX_PIECES: Final = 8192
_NAME: Final = re.compile(r"([0-9a-f]{16})-([0-9]{4})\.tbp")


class Plan(BaseModel):
    """How one file was cut; canonical JSON, so its digest names the plan."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["tongban-piece/1"]
    name: Annotated[str, Field(max_length=200)]
    size: Annotated[int, Field(ge=1, le=1 << 40)]
    piece: Annotated[int, Field(ge=64, le=1 << 30)]
    """Bytes of a piece's payload; the last data piece has what is left."""
    data: Annotated[int, Field(ge=1, le=200)]
    """Data pieces of a full group."""
    parity: Annotated[int, Field(ge=1, le=100)]
    """Parity pieces of a full group."""
    digests: Annotated[tuple[str, ...], Field(strict=False, max_length=MAX_PIECES)]
    """SHA-256 of each piece's payload, in the order of their numbers."""

    @property
    def mark(self) -> str:
        """What the pieces' names begin with."""
        return hashlib.sha256(self.encoded()).hexdigest()[:16]

    def encoded(self) -> bytes:
        """Its bytes."""
        return canonical(self.model_dump(mode="json"))

    def groups(self) -> list["Group"]:
        """The groups, in the order of the file."""
        found, first, start = [], 0, 0
        while start < self.size:
            left = -(-(self.size - start) // self.piece)
            data = min(self.data, left)
            end = min(self.size, start + data * self.piece)
            # A smaller group gets its share, and always one.
            parity = -(-data * self.parity // self.data)
            found.append(Group(first, data, parity, start, end - start, self.piece))
            first, start = first + data + parity, end
        return found

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read a plan.

        Raises :class:`RejectedBundleError` (``piece_plan``).
        """
        wrong = RejectedBundleError("piece_plan", "分片的切分方案不正确")
        try:
            plan = cls.model_validate_json(content)
        except ValidationError:
            raise wrong from None
        if plan.encoded() != content or plan.data + plan.parity > MAX_SYMBOLS:
            raise wrong
        # Before the groups are listed: a small piece of a huge file has more than anybody holds.
        if plan.size > plan.piece * MAX_PIECES:
            raise wrong
        if len(plan.digests) != sum(group.pieces for group in plan.groups()):
            raise wrong
        try:
            parse_name(plan.name)
        except RejectedBundleError:
            raise wrong from None
        return plan


@dataclass(frozen=True, slots=True)
class Group:
    """Pieces that restore each other: ``data`` of the file and ``parity`` more.

    ``first`` is the number of the first of them; the group holds ``size`` bytes of the file from
    ``start`` on, in payloads of ``piece`` bytes.
    """

    first: int
    data: int
    parity: int
    start: int
    size: int
    piece: int

    @property
    def pieces(self) -> int:
        """Data and parity together."""
        return self.data + self.parity

    @property
    def width(self) -> int:
        """Bytes of a parity payload: those of the longest data payload."""
        return min(self.piece, self.size)

    def payload(self, place: int) -> int:
        """Bytes of the payload at ``place`` in the group."""
        if place >= self.data:
            return self.width
        return min(self.piece, self.size - place * self.piece)


def piece_name(mark: str, number: int) -> str:
    """The file name of a piece: 25 characters, small letters and digits."""
    return f"{mark}-{number:04d}.tbp"


def parse_piece_name(name: str) -> tuple[str, int] | None:
    """The plan's mark and the piece's number; None when it is no piece's name."""
    match = _NAME.fullmatch(name)
    return (match[1], int(match[2])) if match else None


def read_front(source: BinaryIO, name: str) -> tuple[Plan, int]:
    """The plan and the number of the piece called ``name``; the payload is what follows.

    Raises :class:`RejectedBundleError`: ``truncated``, ``piece_malformed``, ``piece_plan``.
    """
    said = parse_piece_name(name)
    front = source.read(FRONT.size)
    if len(front) < FRONT.size:
        raise RejectedBundleError("truncated", "分片不完整")
    magic, number, length = FRONT.unpack(front)
    malformed = RejectedBundleError("piece_malformed", "文件不是有效的分片")
    if magic != MAGIC or said is None or length > MAX_PLAN:
        raise malformed
    content = source.read(length)
    if len(content) < length:
        raise RejectedBundleError("truncated", "分片不完整")
    plan = Plan.parse(content)
    if said != (plan.mark, number) or number >= len(plan.digests):
        raise malformed
    return plan, number
