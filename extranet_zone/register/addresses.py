"""Pairs of neighbouring characters, by which a fragment of an address is found (ADR 20); pure."""

from collections.abc import Iterable
from itertools import pairwise


def pairs_of(words: Iterable[str]) -> set[str]:
    """Every two neighbouring characters within a word, folded; white space parts words.

    What holds of an address and of the words looked for: when the address contains the words, its
    pairs contain theirs. The other way round it need not hold.
    """
    return {
        first + second
        for part in words
        for word in part.casefold().split()
        for first, second in pairwise(word)
    }
