"""Reed-Solomon erasure coding of equally long chunks: any ``parity`` of them may be lost.

The code itself is ISA-L's, through pyeclib. Coding is byte by byte at one offset, so a long chunk
may be coded in windows and repaired in others. It repairs *loss*: a chunk that is wrong must be
known to be wrong, by a digest or a checksum, and left out; a wrong chunk spoils all of them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from pyeclib.ec_iface import ECDriver

from kernel.isal import Address, Code

_CODE: Final = "isa_l_rs_vand_inv"
_HEADER: Final = 80
"""Bytes of liberasurecode's own header, which depends on code, index and length alone."""
MAX_CHUNKS: Final = 255
"""Chunks together that a code over GF(2^8) allows."""


class Erasure:
    """A code of ``data`` chunks and ``parity`` more."""

    def __init__(self, data: int, parity: int) -> None:
        """Set up the code.

        Raises :class:`ValueError` for numbers it cannot have.
        """
        if data < 1 or parity < 1 or data + parity > MAX_CHUNKS:
            raise ValueError("no such code")
        self.data = data
        self.parity = parity
        self._driver = ECDriver(k=data, m=parity, ec_type=_CODE)
        # The matrix, read off the code itself: what it makes of the unit vectors.
        units = [bytes(number) + b"\1" + bytes(data - 1 - number) for number in range(data)]
        self._in_place = Code(data, parity, b"".join(self.encode(units)))
        self._headers: tuple[int, tuple[bytes, ...]] = (0, ())

    def encode(self, chunks: Sequence[bytes | memoryview]) -> list[bytes]:
        """The parity chunks of ``data`` chunks that are all of one length.

        Raises :class:`ValueError` when they are not.
        """
        length = self._require(chunks, self.data)
        made = self._driver.encode(b"".join(chunks))
        return [bytes(one[_HEADER : _HEADER + length]) for one in made[self.data :]]

    def encode_in_place(
        self, chunks: Sequence[Address], parity: Sequence[Address], length: int
    ) -> None:
        """What :meth:`encode` does, from where the chunks lie to where the parity is wanted."""
        self._in_place.encode(chunks, parity, length)

    def restore(self, present: Mapping[int, bytes | memoryview]) -> list[bytes]:
        """Every data chunk, from any ``data`` of the chunks; parity is numbered from ``data`` up.

        Raises :class:`ValueError` when too few are present, or they differ in length.
        """
        chosen = sorted(index for index in present if 0 <= index < self.data + self.parity)
        chosen = chosen[: self.data]
        length = self._require([present[index] for index in chosen], self.data)
        if chosen[-1] < self.data:
            return [bytes(present[index]) for index in chosen]
        headers = self._headers_for(length)
        whole = self._driver.decode([headers[index] + present[index] for index in chosen])
        return [bytes(whole[at : at + length]) for at in range(0, length * self.data, length)]

    def _headers_for(self, length: int) -> tuple[bytes, ...]:
        known, headers = self._headers
        if known != length:
            made = self._driver.encode(bytes(length * self.data))
            headers = tuple(bytes(one[:_HEADER]) for one in made)
            self._headers = (length, headers)
        return headers

    @staticmethod
    def _require(chunks: Sequence[bytes | memoryview], count: int) -> int:
        lengths = {len(chunk) for chunk in chunks}
        if len(chunks) < count or len(lengths) != 1 or 0 in lengths:
            raise ValueError("chunks are missing or differ in length")
        return lengths.pop()
