"""Datagrams of the one-way link, right ones and others with one defect each.

The layout and the seal are written down here again, from docs/spec/diode-v1.md and not from the
product's code, so that the two can disagree.
"""

import hashlib
import struct
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from gate.diode.frame import LinkKey
from gate.diode.group import Packer
from gate.diode.outgoing import Outgoing
from gate.diode.promise import Promise
from kernel.isal import Code

KEY: Final = hashlib.sha256(b"TEST KEY of the one-way link, never use").digest()
SYMBOL: Final = 256
PROMISE: Final = Promise(loss=0.05, burst=8, depth=4, full=8)
SESSION: Final = 1_780_000_000_000_000
HEADER: Final = struct.Struct(">4sBBBBQQQQIBBH")
FIELDS: Final = (
    "magic", "kind", "full", "data", "parity", "session", "serial", "object", "length", "block",
    "place", "zero", "symbol",
)  # fmt: skip
NAME: Final = f"review-{1:012d}-{'1' * 64}.tar"
NEXT: Final = f"review-{2:012d}-{'2' * 64}.tar"


def seal(content: bytes, key: bytes = KEY) -> bytes:
    """Section 4 of the spec."""
    return hashlib.blake2b(content, digest_size=16, key=key, person=b"tongban-diode-1").digest()


def fields(datagram: bytes) -> dict[str, int | bytes]:
    """The header, by name."""
    return dict(zip(FIELDS, HEADER.unpack_from(datagram), strict=True))


def changed(datagram: bytes, key: bytes = KEY, **values: int | bytes) -> bytes:
    """The same datagram with other fields, rightly sealed."""
    head = HEADER.pack(*(fields(datagram) | values).values())
    content = head + datagram[HEADER.size : -16]
    return content + seal(content, key)


class Sender:
    """A sending end in memory."""

    def __init__(self, session: int = SESSION, key: bytes = KEY) -> None:
        """A new session."""
        self._packer = Packer(LinkKey(key), session, SYMBOL, PROMISE.depth)
        self._number = 0

    def file(
        self, name: str, content: bytes, wrong: Callable[[Outgoing], None] | None = None
    ) -> list[bytes]:
        """Every datagram of one file; ``wrong`` may spoil the object before it is cut."""
        self._number += 1
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            one = Outgoing(path, self._number, SYMBOL, PROMISE)
            if wrong is not None:
                wrong(one)
            codes: dict[tuple[int, int], Code] = {}
            found: list[bytes] = []
            while not one.done:
                cuts = []
                while not one.done and len(cuts) < PROMISE.depth:
                    cuts.append(one.take(PROMISE))
                    cuts[-1].code(codes)
                group = self._packer.group(cuts, (one,) if one.done else ())
                found += split(group.memory, group.size)
            one.close()
        return found

    def hello(self, count: int) -> list[bytes]:
        """Datagrams that say nothing."""
        group = self._packer.padding(count)
        return split(group.memory, group.size)


def split(memory: bytes | bytearray, size: int) -> list[bytes]:
    """Datagrams of one size that lie end to end."""
    return [bytes(memory[at : at + size]) for at in range(0, len(memory), size)]


def symbols(datagrams: Sequence[bytes]) -> list[int]:
    """The places in the row of those that carry symbols."""
    return [at for at, one in enumerate(datagrams) if fields(one)["kind"] == 1]


def pack(datagrams: Sequence[bytes]) -> bytes:
    """As a vector file holds them: each after its length in two bytes."""
    return b"".join(struct.pack(">H", len(one)) + one for one in datagrams)


def unpack(content: bytes) -> Iterator[bytes]:
    """The datagrams of a vector file; one that is cut short ends it."""
    at = 0
    while at + 2 <= len(content):
        (size,) = struct.unpack_from(">H", content, at)
        yield content[at + 2 : at + 2 + size]
        at += 2 + size
