"""Datagrams that are sent together, sealed and in the order they go out.

A *group* sends one symbol of each of its blocks in turn: a burst hits every block a little instead
of one block wholly. A group of fewer blocks than the promise interleaves is filled up with
datagrams that say nothing, for the same reason.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gate.diode.frame import HEADER, MAGIC, OVERHEAD, SEAL_BYTES, Kind, LinkKey
from gate.diode.outgoing import Cut, Outgoing
from kernel.isal import Pinned


@dataclass(frozen=True, slots=True)
class Group:
    """``count`` datagrams of one size, end to end in ``memory``."""

    memory: bytearray
    count: int
    size: int
    finished: tuple[Outgoing, ...] = ()
    """Objects of which the last symbol goes with this group."""

    def places(self) -> list[int]:
        """The address of each; whoever uses them keeps the group."""
        with Pinned(self.memory) as base:
            return list(range(base, base + self.count * self.size, self.size))


class Packer:
    """Makes the datagrams of one session, numbered as they go out."""

    def __init__(self, key: LinkKey, session: int, symbol: int, depth: int) -> None:
        """For ``session``, whose datagrams all carry ``symbol`` bytes."""
        self._key = key
        self._session = session
        self._symbol = symbol
        self._depth = depth
        self._count = 0
        self.sent_whole = 0
        """The last object of which everything was packed."""

    def padding(self, count: int) -> Group:
        """Datagrams that say nothing but that we live."""
        return self._packed([None] * count, ())

    def group(self, cuts: Sequence[Cut], finished: tuple[Outgoing, ...]) -> Group:
        """The datagrams of coded blocks; names and filling between them."""
        # Named before and after, lest one burst take both.
        names = list({cut.object.number: cut.object for cut in cuts}.values())
        order: list[_Part | Outgoing | None] = [*names]
        for turn in range(max(cut.data + cut.parity for cut in cuts)):
            row = [(cut, turn) for cut in cuts if turn < cut.data + cut.parity]
            order += row
            order += [None] * (self._depth - len(row))
        group = self._packed([*order, *names], finished)
        # Only from the next group on: what is said here may overtake what it speaks of.
        self.sent_whole = max(self.sent_whole, *(one.number for one in finished), 0)
        return group

    def _packed(
        self, order: Sequence["_Part | Outgoing | None"], finished: tuple[Outgoing, ...]
    ) -> Group:
        symbol, size = self._symbol, self._symbol + OVERHEAD
        memory = bytearray(len(order) * size)
        view = memoryview(memory)
        pack, seal, body = HEADER.pack_into, self._key.seal, size - SEAL_BYTES
        at = 0
        for count, said in zip(self._counted(), order, strict=False):
            if isinstance(said, tuple):
                cut, index = said
                of = cut.object
                pack(
                    memory, at, MAGIC, Kind.SYMBOL, of.full, cut.data, cut.parity, self._session,
                    count, of.number, of.length, cut.block, index, symbol,
                )  # fmt: skip
                payload = at + HEADER.size
                memory[payload : payload + symbol] = cut.symbols[
                    index * symbol : index * symbol + symbol
                ]
            elif said is None:
                pack(
                    memory, at, MAGIC, Kind.HELLO, 0, 0, 0, self._session,
                    count, self.sent_whole, 0, 0, 0, symbol,
                )  # fmt: skip
            else:
                name = said.name[:symbol]
                pack(
                    memory, at, MAGIC, Kind.NAME, 0, 0, len(name), self._session,
                    count, said.number, said.length, 0, 0, symbol,
                )  # fmt: skip
                payload = at + HEADER.size
                memory[payload : payload + len(name)] = name
            memory[at + body : at + size] = seal(view[at : at + body])
            at += size
        return Group(memory, len(order), size, finished)

    def _counted(self) -> Iterator[int]:
        while True:
            self._count += 1
            yield self._count


_Part = tuple[Cut, int]
