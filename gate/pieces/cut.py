"""The sending side: a file becomes pieces, each whole in the drop folder before the next.

The file is read twice: once for parity and digests, which every piece carries, and once for the
payloads. Parity waits in a temporary file of its own.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from gate.pieces.layout import FRONT, MAGIC, MAX_PIECES, Group, Plan, piece_name
from kernel.bundle.open import Writable
from kernel.durable import disk_errors
from kernel.errors import RefusedError
from kernel.isal import Code, Pinned

WINDOW: Final = 256 * 1024
"""Bytes of each piece that are coded at a time."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece to drop: its name, its size, and what writes it."""

    name: str
    size: int
    write: Callable[[Writable], None]


class Cutter:
    """Cuts by the same measures again and again."""

    def __init__(self, piece: int, data: int, parity: int, work: Path, max_name: int = 255) -> None:
        """Payloads of ``piece`` bytes, ``parity`` to every ``data``; parity waits in ``work``."""
        self._piece = piece
        self._data = data
        self._parity = parity
        self._work = work
        self._max_name = max_name

    def must_cut(self, name: str, size: int) -> bool:
        """Whether a file is too large for the gate as it is, or its name too long."""
        return size > self._piece or len(name) > self._max_name

    def cut(self, source: FileIO, name: str) -> Iterator[Piece]:
        """The pieces of ``source``, which is called ``name``, one after the other.

        Raises :class:`RefusedError` (``piece_count``) for a file that would need too many, and
        :class:`kernel.errors.UnavailableError` as the disk does.
        """
        size = os.fstat(source.fileno()).st_size
        draft = Plan(
            format="tongban-piece/1",
            name=name,
            size=size,
            piece=self._piece,
            data=self._data,
            parity=self._parity,
            digests=(),
        )
        if size > self._piece * MAX_PIECES or sum(g.pieces for g in draft.groups()) > MAX_PIECES:
            raise RefusedError("piece_count", "文件过大，按现有分片大小会超过片数上限，请调大分片")
        with disk_errors(), tempfile.TemporaryFile(dir=self._work) as parity:
            digests: list[str] = []
            for group in draft.groups():
                digests += _code(source, group, parity.fileno())
            plan = draft.model_copy(update={"digests": tuple(digests)})
            yield from self._pieces(source, plan, parity.fileno())

    def _pieces(self, source: FileIO, plan: Plan, parity: int) -> Iterator[Piece]:
        encoded, mark = plan.encoded(), plan.mark
        stored = 0
        for group in plan.groups():
            for place in range(group.pieces):
                number, size = group.first + place, group.payload(place)
                front = FRONT.pack(MAGIC, number, len(encoded)) + encoded
                if place < group.data:
                    handle, at = source.fileno(), group.start + place * group.piece
                else:
                    handle, at = parity, stored
                    stored += size

                def write(
                    target: Writable,
                    front: bytes = front,
                    handle: int = handle,
                    at: int = at,
                    size: int = size,
                ) -> None:
                    target.write(memoryview(front))
                    for chunk in _chunks(handle, at, size):
                        target.write(memoryview(chunk))

                yield Piece(piece_name(mark, number), len(front) + size, write)


def _chunks(handle: int, at: int, size: int) -> Iterator[bytes]:
    end = at + size
    while at < end:
        chunk = os.pread(handle, min(WINDOW, end - at), at)
        if not chunk:
            # What was coded from is gone: the receiving side refuses the piece by its digest.
            return
        yield chunk
        at += len(chunk)


def _code(source: FileIO, group: Group, parity: int) -> list[str]:
    """Append the parity of a group to ``parity``; answers the digests of all its payloads."""
    code = Code(group.data, group.parity)
    digests = [hashlib.sha256() for _ in range(group.pieces)]
    base = os.lseek(parity, 0, os.SEEK_END)
    width = group.width
    memory = bytearray(group.pieces * WINDOW)
    view = memoryview(memory)
    with Pinned(memory) as start:
        places = [start + at * WINDOW for at in range(group.pieces)]
        for offset in range(0, width, WINDOW):
            window = min(WINDOW, width - offset)
            for place in range(group.data):
                slot = view[place * WINDOW : place * WINDOW + window]
                wanted = max(0, min(window, group.payload(place) - offset))
                got = os.preadv(
                    source.fileno(), [slot[:wanted]], group.start + place * group.piece + offset
                )
                slot[got:] = bytes(window - got)
                digests[place].update(slot[:wanted])
            code.encode(places[: group.data], places[group.data :], window)
            for row in range(group.parity):
                slot = view[(group.data + row) * WINDOW :][:window]
                digests[group.data + row].update(slot)
                os.pwrite(parity, slot, base + row * width + offset)
    return [digest.hexdigest() for digest in digests]
