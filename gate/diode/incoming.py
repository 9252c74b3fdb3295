"""Objects that arrive: symbols gathered into blocks, blocks repaired and written, files finished.

Nothing here reads the network: whoever calls has checked every datagram's seal. A file appears in
the landing folder under its name when all of it is there and its digest agrees, and never before.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gate.diode.frame import HEADER, Datagram, shape
from gate.diode.outgoing import MAX_NAME, TRAILER, TRAILER_MAGIC
from kernel.durable import disk_errors, fsync_folder, part_in
from kernel.isal import MAX_SYMBOLS, Code, Pinned

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_READ: Final = 1024 * 1024


class Block:
    """The symbols of one block that came so far."""

    __slots__ = ("came", "data", "parity", "symbols", "there")

    def __init__(self, data: int, parity: int, symbol: int) -> None:
        """Room for all of them."""
        self.data = data
        self.parity = parity
        self.there = bytearray(data + parity)
        self.came = 0
        self.symbols = bytearray((data + parity) * symbol)


@dataclass(frozen=True, slots=True)
class Lost:
    """What could not be repaired of one object.

    ``name`` is empty when no datagram told it; ``blocks`` are ``(number, symbols lacking)``, at
    most a hundred of them, of ``blocks_lost`` in all; ``length`` counts the trailer. ``reason`` is
    a code: ``incomplete``, ``unseen``, ``digest``, ``name``, ``disk``, ``too_large``, ``bounds``.
    """

    object: int
    name: str
    length: int
    reason: str
    blocks_lost: int
    blocks_total: int
    blocks: tuple[tuple[int, int], ...]


MAX_BLOCKS_NAMED: Final = 100


class Incoming:
    """One object on its way in, written to a temporary file in the landing folder."""

    def __init__(self, folder: Path, first: Datagram) -> None:
        """Begin with the first datagram that came, whichever it is."""
        self.number = first.object
        self.mark = (first.length, first.symbol, first.full)
        """What every datagram of the object must repeat."""
        self.length, self.symbol, self.full = self.mark
        self.total, self._last = shape(first.length, first.symbol, first.full)
        self.name = ""
        self.touched = 0.0
        self.repaired = 0
        """Data symbols that were computed again."""
        self._folder = folder
        self._part: Path | None = None
        self._handle = -1
        self._done = bytearray(self.total)
        self._left = self.total
        self._blocks: dict[int, Block] = {}
        self._shed: dict[int, int] = {}
        """Symbols lacking of blocks that were given up for memory."""
        self._digest = hashlib.sha256()
        self._hashed = 0
        """Blocks from the front that the digest covers."""

    @property
    def whole(self) -> bool:
        """Whether every block was written."""
        return not self._left

    @property
    def held(self) -> int:
        """Bytes of memory of the blocks that are not whole yet."""
        return sum(len(block.symbols) for block in self._blocks.values())

    def shed(self) -> None:
        """Give up the frontmost open block: the sender has long gone on, it will not be whole."""
        number = min(self._blocks)
        self._shed[number] = self._lacks(number)
        del self._blocks[number]

    def add(self, said: Datagram, packet: memoryview, codes: dict[tuple[int, int], Code]) -> bool:
        """Take one symbol; answers False when it was there, or is not needed any more.

        Raises :class:`OSError` and :class:`kernel.errors.UnavailableError` as the disk does.
        """
        number, index = said.block, said.place
        block = self._blocks.get(number)
        if block is None:
            if not self._wants(said):
                return False
            block = self._blocks[number] = Block(said.data, said.parity, self.symbol)
        if said.parity != block.parity or index >= len(block.there) or block.there[index]:
            return False
        at = index * self.symbol
        block.symbols[at : at + self.symbol] = packet[HEADER.size : HEADER.size + self.symbol]
        block.there[index] = 1
        block.came += 1
        if block.came >= block.data:
            self._repair(block, codes)
            self._write(number, block)
            del self._blocks[number]
            self._done[number] = 1
            self._left -= 1
        return True

    def _wants(self, said: Datagram) -> bool:
        """Whether to begin a block: it is not done, and is what the object's length demands."""
        number = said.block
        if number >= self.total or self._done[number] or number in self._shed:
            return False
        data = self._last if number == self.total - 1 else self.full
        return said.data == data and 0 < said.parity <= MAX_SYMBOLS - data

    def _repair(self, block: Block, codes: dict[tuple[int, int], Code]) -> None:
        data, there = block.data, block.there
        lost = [at for at in range(data) if not there[at]]
        if not lost:
            return
        key = (data, block.parity)
        code = codes.get(key)
        if code is None:
            code = codes[key] = Code(*key)
        size = self.symbol
        with Pinned(block.symbols) as base:
            parity = [
                (at - data, base + at * size)
                for at in range(data, data + block.parity)
                if there[at]
            ]
            code.restore([base + at * size for at in range(data)], lost, parity, size)
        self.repaired += len(lost)

    def _write(self, number: int, block: Block) -> None:
        start = number * self.full * self.symbol
        content = memoryview(block.symbols)[: min(block.data * self.symbol, self.length - start)]
        with disk_errors():
            if self._part is None:
                self._part = part_in(self._folder)
                self._handle = os.open(
                    self._part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640
                )
            written = 0
            while written < len(content):
                written += os.pwrite(self._handle, content[written:], start + written)
        # In order, so that most of the digest is ready when the last block comes.
        if number == self._hashed and number < self.total - 2:
            self._digest.update(content)
            self._hashed += 1

    def finish(self) -> str:
        """Give the whole file its name, durably; answers ``""``, or why that may not be.

        The reasons are those of :class:`Lost`: ``name``, ``digest``. Raises as the disk does.
        """
        tail_at = max(0, self.length - MAX_NAME - TRAILER.size)
        tail = os.pread(self._handle, self.length - tail_at, tail_at)
        digest, long, magic = TRAILER.unpack(tail[-TRAILER.size :])
        name = tail[: -TRAILER.size][-long:].decode("ascii", "replace")
        if magic != TRAILER_MAGIC or len(name) != long or not _NAME.fullmatch(name):
            return "name"
        size = self.length - TRAILER.size - long
        if self._digested(size) != digest or self._part is None:
            return "digest"
        self.name = name
        with disk_errors():
            os.ftruncate(self._handle, size)
            os.fsync(self._handle)
            self._part.replace(self._folder / name)
            self._part = None
            fsync_folder(self._folder)
        self._close()
        return ""

    def _digested(self, size: int) -> bytes:
        at = self._hashed * self.full * self.symbol
        while at < size:
            chunk = os.pread(self._handle, min(_READ, size - at), at)
            if not chunk:
                break
            self._digest.update(chunk)
            at += len(chunk)
        return self._digest.digest()

    def lost(self, reason: str) -> Lost:
        """What is lacking, when it is given up for ``reason``."""
        lacking = [number for number in range(self.total) if not self._done[number]]
        return Lost(
            self.number,
            self.name,
            self.length,
            reason,
            len(lacking),
            self.total,
            tuple((number, self._lacks(number)) for number in lacking[:MAX_BLOCKS_NAMED]),
        )

    def _lacks(self, number: int) -> int:
        if number in self._shed:
            return self._shed[number]
        block = self._blocks.get(number)
        if block is not None:
            return block.data - block.came
        return self._last if number == self.total - 1 else self.full

    def drop(self) -> None:
        """Forget it, and what was written of it."""
        self._close()
        self._blocks.clear()
        if self._part is not None:
            self._part.unlink(missing_ok=True)
            self._part = None

    def _close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
