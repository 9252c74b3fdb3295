"""Datagrams of the one-way link: their layout and their seal (docs/spec/diode-v1.md section 3).

Every datagram is sealed with a key of the link alone, and nothing of it is believed before that.
"""

import hashlib
import secrets
import struct
from enum import IntEnum
from hmac import compare_digest
from pathlib import Path
from typing import Final, NamedTuple, Self

from kernel.errors import SettingsError

MAGIC: Final = b"TBD1"
HEADER: Final = struct.Struct(">4sBBBBQQQQIBxH")
_FIELDS: Final = struct.Struct(">4xBBBBQQQQIBxH")
SEAL_BYTES: Final = 16
OVERHEAD: Final = HEADER.size + SEAL_BYTES
UDP_IP_BYTES: Final = 28
KEY_BYTES: Final = 32
MAX_SYMBOL: Final = 8896
"""The largest that a jumbo frame of 9000 bytes carries, rounded down to 64."""
_MAGIC_VIEW: Final = memoryview(MAGIC)
_PERSON: Final = b"tongban-diode-1"


class Kind(IntEnum):
    """What a datagram carries."""

    SYMBOL = 1
    """One symbol of a block."""
    HELLO = 2
    """Nothing: the sender lives; ``object`` is the last object it has sent whole."""
    NAME = 3
    """The name of the object, so that a loss can be reported by name."""


class Datagram(NamedTuple):
    """What a datagram says of itself, before its payload.

    ``full`` is the number of data symbols of every block but the last, ``data`` and ``parity`` are
    this block's numbers, ``symbol`` the size of a symbol in bytes, ``length`` the whole object's;
    ``serial`` counts the session's datagrams, ``place`` is the symbol's in its block.
    A named tuple, because a hundred thousand of them come in a second.
    """

    kind: int
    full: int
    data: int
    parity: int
    session: int
    serial: int
    object: int
    length: int
    block: int
    place: int
    symbol: int


class LinkKey:
    """The key both ends share; who has it can speak on the link, and nothing else."""

    def __init__(self, secret: bytes) -> None:
        """Use ``secret`` (32 bytes)."""
        if len(secret) != KEY_BYTES:
            raise ValueError("a link key has 32 bytes")
        self._secret = secret
        self._begun = hashlib.blake2b(digest_size=SEAL_BYTES, key=secret, person=_PERSON)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file: 64 hex digits.

        Raises :class:`SettingsError` (``link_key``) when it is missing, open to others or wrong.
        """
        wrong = SettingsError(
            "link_key", f"链路密钥文件 {path} 不可用：须为 64 位十六进制数，且仅属主可读"
        )
        try:
            if path.stat().st_mode & 0o077:
                raise wrong
            return cls(bytes.fromhex(path.read_text("ascii").strip()))
        except (OSError, ValueError):
            raise wrong from None

    @staticmethod
    def new_text() -> str:
        """The content of a new key file."""
        return secrets.token_hex(KEY_BYTES) + "\n"

    def fingerprint(self) -> str:
        """Eight hex digits, four and four, that two people compare by telephone."""
        mark = hashlib.blake2b(self._secret, digest_size=4, person=b"tongban-diodefp").hexdigest()
        return f"{mark[:4]}-{mark[4:]}"

    def seal(self, content: bytes | bytearray | memoryview) -> bytes:
        """The seal of a datagram's header and payload (16 bytes): keyed BLAKE2b, RFC 7693."""
        # A copy of the keyed state is cheaper than a new one for each datagram.
        seal = self._begun.copy()
        seal.update(content)
        return seal.digest()

    def is_genuine(self, packet: memoryview) -> bool:
        """Whether our sender made this datagram."""
        body = len(packet) - SEAL_BYTES
        return compare_digest(self.seal(packet[:body]), packet[body:])


def read_datagram(packet: memoryview) -> Datagram | None:
    """What a datagram claims to be; None for what no datagram of this version can be.

    Nothing of it may have an effect before :meth:`LinkKey.is_genuine` has said so.
    """
    if len(packet) < OVERHEAD or packet[: len(MAGIC)] != _MAGIC_VIEW:
        return None
    said = Datagram._make(_FIELDS.unpack_from(packet))
    return said if said.symbol == len(packet) - OVERHEAD else None


def shape(length: int, symbol: int, full: int) -> tuple[int, int]:
    """How many blocks an object of ``length`` bytes has, and data symbols its last one."""
    symbols = -(-length // symbol)
    blocks = -(-symbols // full)
    return blocks, symbols - (blocks - 1) * full
