"""How much parity a promise costs (docs/spec/diode-v1.md section 5)."""

from dataclasses import dataclass
from functools import lru_cache
from math import comb
from typing import Final

from kernel.isal import MAX_SYMBOLS

FAILURE: Final = 1e-9
"""How likely a block may be beyond repair while the link keeps to what the settings promise."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What the link is to survive: independent loss, and in the same block one burst.

    ``loss`` is a share of datagrams, ``burst`` a number of datagrams lost in a row, ``depth`` how
    many blocks are interleaved, ``full`` the data symbols of a full block.
    """

    loss: float
    burst: int
    depth: int
    full: int

    def parity(self, data: int) -> int:
        """Parity symbols for a block of ``data``.

        Raises :class:`ValueError` when no code of 255 symbols keeps the promise.
        """
        return _parity(self.loss, -(-self.burst // self.depth), data)


@lru_cache(maxsize=1024)
def _parity(loss: float, hit: int, data: int) -> int:
    for parity in range(hit + 1, MAX_SYMBOLS - data + 1):
        if _failure(loss, data + parity - hit, parity - hit) <= FAILURE:
            return parity
    raise ValueError("no code keeps this promise")


def _failure(loss: float, symbols: int, spare: int) -> float:
    """How likely more than ``spare`` of ``symbols`` are lost."""
    return sum(
        comb(symbols, lost) * loss**lost * (1 - loss) ** (symbols - lost)
        for lost in range(spare + 1, symbols + 1)
    )
