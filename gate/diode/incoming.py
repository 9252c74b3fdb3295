"""Objects that arrive: symbols gathered into blocks until enough of them are there.

Nothing here reads the network or writes a file: whoever calls has checked every datagram's seal,
and hands blocks that are complete to the landing.
"""

from dataclasses import dataclass
from typing import Final

from gate.diode.frame import HEADER, Datagram, shape
from kernel.isal import MAX_SYMBOLS

MAX_BLOCKS_NAMED: Final = 100


class Block:
    """The symbols of one block that came so far."""

    __slots__ = ("came", "data", "number", "parity", "symbols", "there")

    def __init__(self, number: int, data: int, parity: int, symbol: int) -> None:
        """Room for all of them."""
        self.number = number
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


class Incoming:
    """One object on its way in."""

    def __init__(self, first: Datagram) -> None:
        """Begin with the first datagram that came, whichever it is."""
        self.number = first.object
        self.mark = (first.length, first.symbol, first.full)
        """What every datagram of the object must repeat."""
        self.length, self.symbol, self.full = self.mark
        self.total, self._last = shape(first.length, first.symbol, first.full)
        self.name = ""
        self.touched = 0.0
        self.held = 0
        """Bytes of memory of the blocks that are not complete yet."""
        self.left = self.total
        """Blocks that are not complete yet."""
        self.unwritten = self.total
        """Blocks that do not lie on the disk yet; the lander counts it down."""
        self._done = bytearray(self.total)
        self._blocks: dict[int, Block] = {}
        self._shed: dict[int, int] = {}
        """Symbols lacking of blocks that were given up for memory."""

    def has(self, block: int) -> bool:
        """Whether a block is complete."""
        return block < self.total and bool(self._done[block])

    def add(self, said: Datagram, packet: memoryview) -> Block | bool:
        """Take one symbol: answers the block when that completes it, or whether it was of use."""
        number, place = said.block, said.place
        block = self._blocks.get(number)
        if block is None:
            if not self._wants(said):
                return False
            block = self._blocks[number] = Block(number, said.data, said.parity, self.symbol)
            self.held += len(block.symbols)
        if said.parity != block.parity or place >= len(block.there) or block.there[place]:
            return False
        at = place * self.symbol
        block.symbols[at : at + self.symbol] = packet[HEADER.size : HEADER.size + self.symbol]
        block.there[place] = 1
        block.came += 1
        if block.came < block.data:
            return True
        del self._blocks[number]
        self.held -= len(block.symbols)
        self._done[number] = 1
        self.left -= 1
        return block

    def _wants(self, said: Datagram) -> bool:
        """Whether to begin a block: it is not done, and is what the object's length demands."""
        number = said.block
        if number >= self.total or self._done[number] or number in self._shed:
            return False
        data = self._last if number == self.total - 1 else self.full
        return said.data == data and 0 < said.parity <= MAX_SYMBOLS - data

    def shed(self) -> None:
        """Give up the frontmost open block: the sender has long gone on, it will not be whole."""
        number = min(self._blocks)
        self._shed[number] = self._lacks(number)
        self.held -= len(self._blocks.pop(number).symbols)

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
