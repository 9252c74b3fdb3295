"""The canonical tar around a bundle: every header block follows from name and size alone.

A POSIX ustar block of 512 bytes with fixed owner, mode and time. The reader never parses a tar: it
computes the block that must come next and compares, so nothing foreign (links, devices, paths that
climb, extension records) can even be expressed.
"""

from typing import Final

BLOCK: Final = 512
END: Final = b"\0" * (2 * BLOCK)
MAX_MEMBER: Final = 8**11 - 1
"""The largest size an ustar header can say: 8 GiB less one byte."""


def header_block(name: str, size: int) -> bytes:
    """The 512 bytes that announce a regular file ``name`` of ``size`` bytes.

    Raises :class:`ValueError` when name or size do not fit (POSIX.1-1988 ustar).
    """
    raw = name.encode("ascii")
    if len(raw) > 100 or not 0 <= size <= MAX_MEMBER:  # noqa: PLR2004 - ustar's name field
        raise ValueError("the member does not fit an ustar header")
    block = bytearray(BLOCK)
    block[0 : len(raw)] = raw
    block[100:108] = b"0000444\0"
    block[108:116] = b"0000000\0"
    block[116:124] = b"0000000\0"
    block[124:136] = b"%011o\0" % size
    block[136:148] = b"00000000000\0"
    block[148:156] = b" " * 8
    block[156:157] = b"0"
    block[257:265] = b"ustar\00000"
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padding(size: int) -> bytes:
    """The zero bytes between a member of ``size`` bytes and the next block."""
    return b"\0" * (-size % BLOCK)


def member_size(size: int) -> int:
    """Bytes a member of ``size`` bytes takes, header and padding included."""
    return BLOCK + size + (-size % BLOCK)
