"""Erasure codes over GF(2^8) by ISA-L, called where the bytes lie.

ISA-L is Debian's ``libisal2`` (BSD). It is called through ctypes because the coding must not copy:
a symbol is coded in the very datagram it travels in, and repaired in the buffer it is written from.
The calls release the GIL.

The parity rows are those of ISA-L's Cauchy matrix, of which every square part can be inverted: any
``k`` of ``k + p`` symbols suffice, whichever they are. Only lost symbols are computed: the parity
that came is cleared of every symbol that came, and what remains is a small system of equations, as
many as symbols are lost.
"""

import ctypes
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from kernel.errors import UnavailableError

MAX_SYMBOLS: Final = 255
_TABLE: Final = 32
"""Bytes of ISA-L's multiplication table for one coefficient."""

Address = int
"""Where a symbol lies in memory; whoever passes it keeps the buffer alive."""


class Code:
    """A code of ``data`` symbols and ``parity`` more; one object serves any number of threads."""

    def __init__(self, data: int, parity: int, rows: bytes | None = None) -> None:
        """Set up the code; with parity ``rows`` of another matrix it only encodes.

        Raises :class:`ValueError` for numbers it cannot have, :class:`UnavailableError`
        (``isal_missing``) without the library.
        """
        if data < 1 or parity < 1 or data + parity > MAX_SYMBOLS:
            raise ValueError("no such code")
        self.data = data
        self.parity = parity
        self._isal = _library()
        matrix = ctypes.create_string_buffer((data + parity) * data)
        self._isal.gf_gen_cauchy1_matrix(matrix, data + parity, data)
        self._rows = matrix.raw[data * data :] if rows is None else rows
        self._tables = self._tables_of(self._rows, parity, data)

    def encode(self, data: Sequence[Address], parity: Sequence[Address], size: int) -> None:
        """Compute every parity symbol of ``size`` bytes from every data symbol."""
        if len(data) != self.data or len(parity) != self.parity:
            raise ValueError("one address for each symbol")
        self._apply(self._tables, data, parity, size)

    def restore(
        self,
        data: Sequence[Address],
        lost: Sequence[int],
        parity: Sequence[tuple[int, Address]],
        size: int,
    ) -> None:
        """Compute the ``lost`` data symbols into their places.

        ``data`` names the place of every data symbol; ``parity`` at least as many parity symbols
        with their numbers, counted from 0. Their places are overwritten. Raises
        :class:`ValueError` when too few came.
        """
        wanted = len(lost)
        if not wanted:
            return
        if len(parity) < wanted or len(data) != self.data:
            raise ValueError("too few symbols")
        used = parity[:wanted]
        rows = b"".join(self._rows[at * self.data : (at + 1) * self.data] for at, _place in used)
        known = [at for at in range(self.data) if at not in set(lost)]
        remains = [place for _at, place in used]
        if known:
            self._clear(rows, known, data, remains, size)
        square = b"".join(
            bytes(rows[row * self.data + column] for column in lost) for row in range(wanted)
        )
        inverse = ctypes.create_string_buffer(wanted * wanted)
        if self._isal.gf_invert_matrix(
            ctypes.create_string_buffer(square, len(square)), inverse, wanted
        ):
            raise ArithmeticError("a Cauchy matrix that cannot be inverted")
        self._apply(
            self._tables_of(inverse.raw, wanted, wanted),
            remains,
            [data[at] for at in lost],
            size,
        )

    def _clear(
        self,
        rows: bytes,
        known: Sequence[int],
        data: Sequence[Address],
        remains: Sequence[Address],
        size: int,
    ) -> None:
        """Subtract what came from the parity that came; in this field that is adding it."""
        count = len(remains)
        columns = bytearray()
        for row in range(count):
            of_row = rows[row * self.data : (row + 1) * self.data]
            columns += bytes(of_row[at] for at in known)
            columns += bytes(int(row == other) for other in range(count))
        sums = ctypes.create_string_buffer(count * size)
        base = ctypes.addressof(sums)
        self._apply(
            self._tables_of(bytes(columns), count, len(known) + count),
            [*(data[at] for at in known), *remains],
            [base + row * size for row in range(count)],
            size,
        )
        for row, place in enumerate(remains):
            ctypes.memmove(place, base + row * size, size)

    def _tables_of(self, rows: bytes, count: int, width: int) -> "ctypes.Array[ctypes.c_char]":
        tables = ctypes.create_string_buffer(_TABLE * count * width)
        self._isal.ec_init_tables(width, count, ctypes.c_char_p(rows), tables)
        return tables

    def _apply(
        self,
        tables: "ctypes.Array[ctypes.c_char]",
        sources: Sequence[Address],
        targets: Sequence[Address],
        size: int,
    ) -> None:
        self._isal.ec_encode_data(
            size,
            len(sources),
            len(targets),
            tables,
            (ctypes.c_void_p * len(sources))(*sources),
            (ctypes.c_void_p * len(targets))(*targets),
        )


class Pinned:
    """The address of a buffer, which can neither move nor grow while the block runs."""

    def __init__(self, buffer: bytearray) -> None:
        """Pin ``buffer``."""
        self._pin: ctypes.Array[ctypes.c_char] | None = (ctypes.c_char * len(buffer)).from_buffer(
            buffer
        )

    def __enter__(self) -> Address:
        """The address of its first byte."""
        if self._pin is None:
            raise RuntimeError("unpinned already")
        return ctypes.addressof(self._pin)

    def __exit__(self, *_error: object) -> None:
        """Let go."""
        self._pin = None


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    try:
        return ctypes.CDLL("libisal.so.2")
    except OSError as error:
        raise UnavailableError(
            "isal_missing", "缺少纠删码库 libisal2，请安装该系统软件包"
        ) from error
