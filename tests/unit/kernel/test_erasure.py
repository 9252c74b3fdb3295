"""Erasure coding: what may be lost comes back, byte for byte; what may not is refused."""

from itertools import combinations
from random import Random

import pytest

from kernel.erasure import Erasure
from kernel.isal import Pinned


def chunks(count: int, length: int, seed: int) -> list[bytes]:
    chance = Random(seed)
    return [chance.randbytes(length) for _ in range(count)]


@pytest.mark.parametrize("length", [1, 15, 16, 2048, 65_537])
def test_any_lost_chunks_up_to_the_parity_come_back(length: int) -> None:
    code, data = Erasure(6, 3), chunks(6, length, length)
    whole = dict(enumerate([*data, *code.encode(data)]))
    for lost in combinations(whole, 3):
        left = {index: chunk for index, chunk in whole.items() if index not in lost}
        assert code.restore(left) == data, lost


@pytest.mark.parametrize(("data", "parity"), [(4, 2), (20, 3), (200, 50)])
def test_coding_in_place_is_the_same_code(data: int, parity: int) -> None:
    code, length = Erasure(data, parity), 2048
    given = chunks(data, length, data)
    source, target = bytearray(b"".join(given)), bytearray(parity * length)
    with Pinned(source) as first, Pinned(target) as made:
        code.encode_in_place(
            [first + number * length for number in range(data)],
            [made + number * length for number in range(parity)],
            length,
        )
    assert bytes(target) == b"".join(code.encode(given))


def test_coding_in_windows_is_coding_whole() -> None:
    code, data = Erasure(20, 4), chunks(20, 4096, 1)
    whole = code.encode(data)
    halves = [code.encode([chunk[at : at + 2048] for chunk in data]) for at in (0, 2048)]
    assert [first + second for first, second in zip(*halves, strict=True)] == whole


def test_parity_may_be_stored_anywhere_and_used_in_any_order() -> None:
    code, data = Erasure(4, 2), chunks(4, 100, 2)
    parity = code.encode(data)
    assert code.restore({5: parity[1], 2: data[2], 4: parity[0], 0: data[0]}) == data


def test_one_code_serves_many_lengths() -> None:
    code = Erasure(4, 2)
    for length in (10, 5000, 10):
        data = chunks(4, length, length)
        parity = code.encode(data)
        left = {2: data[2], 3: data[3], 4: parity[0], 5: parity[1]}
        assert code.restore(left) == data


@pytest.mark.parametrize(
    "given",
    [{}, {0: b"ab", 1: b"cd", 2: b"ef"}, {0: b"ab", 1: b"cd", 2: b"ef", 3: b"x"}],
)
def test_too_few_or_uneven_chunks_are_refused(given: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="missing or differ"):
        Erasure(4, 2).restore(given)


@pytest.mark.parametrize(("data", "parity"), [(0, 1), (1, 0), (200, 56)])
def test_impossible_codes_are_refused(data: int, parity: int) -> None:
    with pytest.raises(ValueError, match="no such code"):
        Erasure(data, parity)
