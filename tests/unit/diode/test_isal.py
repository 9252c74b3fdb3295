"""Claims about the erasure code: any symbols suffice, and only what is lost is computed."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.isal import MAX_SYMBOLS, Code, Pinned


@st.composite
def losses(draw: st.DrawFn) -> tuple[int, int, list[int], list[int], int]:
    """A code, data symbols that are lost, as many parity symbols that came, a symbol's size."""
    data = draw(st.integers(1, 60))
    parity = draw(st.integers(1, 30))
    lost = draw(st.lists(st.integers(0, data - 1), unique=True, max_size=min(data, parity)))
    came = draw(st.permutations(range(parity)))[: len(lost)]
    return data, parity, lost, came, draw(st.sampled_from([1, 31, 64, 1408]))


@given(losses())
def test_any_symbols_bring_the_lost_ones_back(
    case: tuple[int, int, list[int], list[int], int],
) -> None:
    data, parity, lost, came, size = case
    memory = bytearray(os.urandom(data * size) + bytes(parity * size))
    with Pinned(memory) as base:
        places = [base + at * size for at in range(data + parity)]
        code = Code(data, parity)
        code.encode(places[:data], places[data:], size)
        whole = bytes(memory[: data * size])
        for at in lost:
            memory[at * size : (at + 1) * size] = bytes(size)
        code.restore(places[:data], lost, [(at, places[data + at]) for at in came], size)
    assert bytes(memory[: data * size]) == whole


def test_too_few_symbols_are_refused() -> None:
    memory = bytearray(5 * 64)
    with Pinned(memory) as base:
        places = [base + at * 64 for at in range(5)]
        code = Code(3, 2)
        code.encode(places[:3], places[3:], 64)
        with pytest.raises(ValueError, match="too few"):
            code.restore(places[:3], [0, 1], [(0, places[3])], 64)
        with pytest.raises(ValueError, match="address"):
            code.encode(places[:2], places[3:], 64)


@pytest.mark.parametrize(("data", "parity"), [(0, 1), (1, 0), (200, MAX_SYMBOLS - 199)])
def test_a_code_that_cannot_be_is_refused(data: int, parity: int) -> None:
    with pytest.raises(ValueError, match="no such code"):
        Code(data, parity)


def test_the_largest_code_works() -> None:
    code = Code(200, MAX_SYMBOLS - 200)
    memory = bytearray(os.urandom(200) + bytes(55))
    with Pinned(memory) as base:
        places = list(range(base, base + 255))
        code.encode(places[:200], places[200:], 1)
        whole = bytes(memory[:200])
        memory[:55] = bytes(55)
        code.restore(places[:200], list(range(55)), list(enumerate(places[200:])), 1)
    assert bytes(memory[:200]) == whole
