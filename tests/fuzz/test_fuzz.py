"""Thousands of wrong inputs for every parser: refused or right, never another error."""

import random
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import bundle_forge as forge
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.targets import TARGETS, Target
from kernel.bundle.header import MESSAGES_TYPE, canonical

CORPUS = Path(__file__).with_name("corpus")
WORDS = (
    *(b'""', b"{}", b"[]", b"null", b"true", b"-1", b"0", b"1e999", b"NaN", b"Infinity"),
    *(b"9" * 5000, b"1" * 17, b"0.1", b'"\\ud800"', b'"\\u0000"', b"\xff", b"\xed\xa0\x80"),
    *(b"[" * 3000, b'{"a":' * 600, b"\n" * 900, b"\0" * 512, b"../", b"\xef\xbb\xbf"),
    *("﹣".encode(), "１２".encode(), "\u202e".encode(), b"international", b"tongban-bundle/1"),
)
"""What parsers have stumbled over elsewhere."""


def mutated(seed: bytes, seeds: tuple[bytes, ...], chance: random.Random) -> bytes:
    """``seed`` after one to four random changes."""
    content = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(content))
        end = min(len(content), at + chance.choice((1, 1, 2, 8, 64, 512)))
        change = chance.randrange(6)
        if change == 0 and at < len(content):
            content[at] ^= 1 << chance.randrange(8)
        elif change == 1:
            del content[at:end]
        elif change == 2:
            content[at:at] = chance.choice(WORDS)
        elif change == 3:
            content[at:end] = chance.choice(WORDS)
        elif change == 4:
            content[at:at] = content[at:end]
        else:
            content[at:] = chance.choice(seeds)[at:]
    return bytes(content)


@st.composite
def inputs(draw: st.DrawFn, target: Target) -> bytes:
    seed = draw(st.sampled_from(target.seeds))
    return mutated(seed, target.seeds, draw(st.randoms(use_true_random=False)))


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_what_they_say(name: str) -> None:
    assert any(TARGETS[name].takes(seed) for seed in TARGETS[name].seeds)


@pytest.mark.parametrize("name", TARGETS)
def test_changed_inputs_are_refused_or_right_and_nothing_else(name: str) -> None:
    target = TARGETS[name]

    @settings(max_examples=500, deadline=None)
    @given(inputs(target))
    def judged(content: bytes) -> None:
        target.takes(content)

    judged()


@pytest.mark.parametrize("name", TARGETS)
def test_what_long_runs_found_interesting_is_still_judged(name: str) -> None:
    for content in corpus(name):
        TARGETS[name].takes(content)


def corpus(name: str) -> Iterator[bytes]:
    """The kept inputs of one target."""
    for path in sorted((CORPUS / name).glob("*")):
        yield path.read_bytes()


def peak_of(work: Callable[[], object]) -> int:
    """The most memory that Python held while ``work`` ran, in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_few_million_empty_lines_take_no_more_memory_than_their_bytes() -> None:
    text = b"\n" * 4_000_000
    blobs = forge.blob_list([(text, MESSAGES_TYPE)])
    content = forge.assemble(forge.front(canonical(forge.header(blobs=blobs))), [text])
    # The text is held twice or three times, but never a list of all its lines.
    assert peak_of(lambda: TARGETS["bundle"].takes(content)) < 6 * len(text)
