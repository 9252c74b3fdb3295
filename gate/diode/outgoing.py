"""Files on their way out: read as objects, cut into blocks, coded.

A file travels as an *object*: its bytes and behind them a trailer with its name and digest, so that
the name is repaired like everything else and no datagram is more precious than another.
"""

import hashlib
import os
import struct
from io import FileIO
from pathlib import Path
from typing import Final

from gate.diode.frame import shape
from gate.diode.promise import Promise
from kernel.durable import open_regular
from kernel.errors import RejectedBundleError
from kernel.isal import Code, Pinned

TRAILER: Final = struct.Struct(">32sH4s")
TRAILER_MAGIC: Final = b"TBDE"
MAX_NAME: Final = 200


class Outgoing:
    """One file as an object, read block by block."""

    def __init__(self, path: Path, number: int, symbol: int, promise: Promise) -> None:
        """Open ``path`` as object ``number``.

        Raises :class:`NotFoundError` (``not_ready``) when it has gone meanwhile.
        """
        self.path = path
        self.number = number
        self.symbol = symbol
        self._file: FileIO = open_regular(path)
        self.size = os.fstat(self._file.fileno()).st_size
        self.name = path.name.encode()
        self.length = self.size + len(self.name) + TRAILER.size
        symbols = -(-self.length // symbol)
        # A small object is cut finely: as many blocks as are interleaved, so no filling is needed.
        self.full = min(promise.full, max(1, -(-symbols // promise.depth)))
        self.blocks, self.last = shape(self.length, symbol, self.full)
        self.next = 0
        self._digest = hashlib.sha256()

    @property
    def done(self) -> bool:
        """Whether every block was taken."""
        return self.next == self.blocks

    def mark(self) -> tuple[int, int, int]:
        """Inode, size and time of change, as they are now."""
        status = os.fstat(self._file.fileno())
        return status.st_ino, status.st_size, status.st_mtime_ns

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def take(self, promise: Promise) -> "Cut":
        """The next block, from front to back.

        Raises :class:`RejectedBundleError` (``drop_changed``) when the file has become shorter.
        """
        data = self.last if self.next == self.blocks - 1 else self.full
        cut = Cut(self, self.next, data, promise.parity(data))
        content = memoryview(cut.symbols)[: data * self.symbol]
        start = self.next * self.full * self.symbol
        inside = max(0, min(len(content), self.size - start))
        if inside:
            self._file.seek(start)
            if self._file.readinto(content[:inside]) != inside:
                raise RejectedBundleError(
                    "drop_changed", "投递目录中的文件在发送时变短，已停止发送该文件"
                )
            self._digest.update(content[:inside])
        if start + len(content) > self.size:
            trailer = self.name + TRAILER.pack(self._digest.digest(), len(self.name), TRAILER_MAGIC)
            behind = trailer[max(0, start - self.size) :][: len(content) - inside]
            content[inside : inside + len(behind)] = behind
        self.next += 1
        return cut


class Cut:
    """One block: its data symbols and, once coded, its parity."""

    __slots__ = ("block", "data", "number", "object", "parity", "symbols")

    def __init__(self, of: Outgoing, block: int, data: int, parity: int) -> None:
        """Room for ``data`` symbols of ``of`` and ``parity`` more."""
        self.object = of
        self.block = block
        self.data = data
        self.parity = parity
        self.symbols = bytearray((data + parity) * of.symbol)

    def code(self, codes: dict[tuple[int, int], Code]) -> None:
        """Compute the parity."""
        shape_ = (self.data, self.parity)
        code = codes.get(shape_)
        if code is None:
            code = codes[shape_] = Code(*shape_)
        size = self.object.symbol
        with Pinned(self.symbols) as base:
            places = [base + at * size for at in range(self.data + self.parity)]
            code.encode(places[: self.data], places[self.data :], size)
