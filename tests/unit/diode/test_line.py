"""Claims about the one-way link's two ends, without a network between them."""

import os
import random
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.diode.line import KEY, PROMISE, SYMBOL, Line, without

from gate.diode.frame import HEADER, LinkKey, read_datagram, shape
from gate.diode.outgoing import Outgoing
from gate.diode.settings import BoundSettings
from kernel.clock import SetClock

NAME = "register-000000000001-" + "ab" * 32 + ".tar"
OTHER = "register-000000000002-" + "cd" * 32 + ".tar"


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path, SetClock(datetime(2026, 6, 1, tzinfo=UTC)))


def reasons(line: Line) -> list[tuple[str, str]]:
    return [(lost.name, lost.reason) for lost in line.receiver.losses]


@pytest.mark.parametrize("size", [0, 1, 127, 128, 129, 4000, 100_000])
def test_a_file_of_any_size_arrives_as_it_was(line: Line, size: int) -> None:
    content = os.urandom(size)
    line.take(line.datagrams(NAME, content))
    assert line.landed() == {NAME: content}
    assert line.receiver.totals.repaired == 0


def test_a_burst_as_long_as_promised_costs_nothing(line: Line) -> None:
    content = os.urandom(30_000)
    sent = line.datagrams(NAME, content)
    for start in range(0, len(sent) - PROMISE.burst, 37):
        line.restart_receiver()
        (line.folder / "landing" / NAME).unlink(missing_ok=True)
        line.heard.clear()
        line.take(without(sent, lambda at, start=start: start <= at < start + PROMISE.burst))
        assert line.landed() == {NAME: content}, f"burst at {start}"


@given(
    seed=st.integers(0, 10_000),
    size=st.integers(0, 20_000),
    twice=st.booleans(),
    burst=st.integers(0, 5_000),
)
def test_loss_doubles_and_disorder_within_the_promise_cost_nothing(
    seed: int, size: int, twice: bool, burst: int
) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        line = Line(Path(folder), SetClock(datetime(2026, 6, 1, tzinfo=UTC)))
        content = chance.randbytes(size)
        sent = line.datagrams(NAME, content)
        start = burst % max(1, len(sent))
        came = [
            one
            for at, one in enumerate(sent)
            if not start <= at < start + PROMISE.burst and chance.random() > PROMISE.loss
        ]
        if twice:
            came += chance.sample(came, len(came) // 2)
        chance.shuffle(came)
        line.take(came)
        assert line.landed() == {NAME: content}
        assert line.receiver.totals.refused == 0


def test_the_promise_is_kept_and_what_breaks_it_is_noticed(line: Line) -> None:
    # Shows that the tests above can fail: one datagram more than the parity of a block.
    content = os.urandom(PROMISE.full * SYMBOL * PROMISE.depth)
    sent = line.datagrams(NAME, content)
    of_first = [at for at, one in enumerate(sent) if _block(one) == 0]
    spare = PROMISE.parity(PROMISE.full)
    line.take(without(sent, lambda at: at in of_first[: spare + 1]))
    assert line.receiver.totals.files == 0
    line.take(line.hello())
    line.pass_time(3)
    (lost,) = line.receiver.losses
    assert (lost.name, lost.reason, lost.blocks_lost) == (NAME, "incomplete", 1)
    assert lost.blocks == ((0, 1),)
    assert line.landed() == {}


def opens(packet: memoryview) -> bool:
    return read_datagram(packet) is not None and KEY.is_genuine(packet)


def _block(datagram: bytes) -> int | None:
    said = read_datagram(memoryview(datagram))
    return said.block if said is not None and said.kind == 1 else None


def test_a_file_of_which_nothing_came_is_reported_all_the_same(line: Line) -> None:
    line.take(line.hello())
    line.datagrams(NAME, b"all of it lost")
    line.take(line.hello())
    line.pass_time(1)
    assert reasons(line) == []
    line.pass_time(3)
    assert reasons(line) == [("", "unseen")]


def test_the_next_file_is_not_affected_by_a_lost_one(line: Line) -> None:
    first = line.datagrams(NAME, os.urandom(5000))
    second = line.datagrams(OTHER, b"second")
    line.take(first[: len(first) // 4])
    line.take(second)
    line.take(line.hello())
    line.pass_time(3)
    assert line.landed() == {OTHER: b"second"}
    assert reasons(line) == [(NAME, "incomplete")]


@pytest.mark.parametrize("at", [0, 5, HEADER.size + 3, -1])
def test_a_datagram_with_one_bit_changed_has_no_effect(line: Line, at: int) -> None:
    sent = line.datagrams(NAME, b"x" * 500)
    for index, one in enumerate(sent):
        changed = bytearray(one)
        changed[at] ^= 1
        sent[index] = bytes(changed)
    line.take(sent)
    assert line.receiver.totals.refused == len(sent)
    assert line.landed() == {}
    assert line.heard == []


def test_every_single_changed_byte_is_noticed(line: Line) -> None:
    one = line.datagrams(NAME, b"x" * 500)[0]
    for at in range(len(one)):
        changed = bytearray(one)
        changed[at] ^= 0x80
        assert not opens(memoryview(changed))
    for length in range(len(one)):
        assert not opens(memoryview(one)[:length])
    assert opens(memoryview(one))


def test_another_links_datagrams_have_no_effect(tmp_path: Path) -> None:
    other = Line(tmp_path, SetClock(datetime(2026, 6, 1, tzinfo=UTC)), key=LinkKey(bytes(32)))
    other.take(other.datagrams(NAME, b"not ours"))
    assert other.landed() == {}
    assert other.receiver.totals.datagrams == 0


def test_a_recorded_session_played_again_has_no_effect(line: Line) -> None:
    recorded = line.datagrams(NAME, b"first session")
    line.take(recorded)
    line.restart_sender(2)
    line.take(line.datagrams(OTHER, b"second session"))
    (line.folder / "landing" / NAME).unlink()
    line.take(recorded)
    assert line.receiver.totals.stale == len(recorded)
    assert set(line.landed()) == {OTHER}
    line.restart_receiver()
    line.take(recorded)
    assert line.receiver.totals.stale == len(recorded)
    assert set(line.landed()) == {OTHER}


def test_a_finished_file_sent_again_in_the_same_session_is_not_made_again(line: Line) -> None:
    sent = line.datagrams(NAME, b"once")
    line.take(sent)
    (line.folder / "landing" / NAME).unlink()
    line.take(sent)
    assert line.landed() == {}
    assert line.receiver.totals.files == 1


def test_a_new_session_gives_up_what_the_old_one_left(line: Line) -> None:
    line.take(line.datagrams(NAME, os.urandom(5000))[:20])
    line.restart_sender(2)
    line.take(line.datagrams(NAME, b"again"))
    assert line.landed() == {NAME: b"again"}
    assert reasons(line) == [(NAME, "incomplete")]


def test_a_receiver_that_comes_late_takes_what_begins_then(line: Line) -> None:
    first = line.datagrams(NAME, os.urandom(5000))
    line.take(first[len(first) // 2 :])
    line.take(line.datagrams(OTHER, b"whole"))
    assert line.landed().get(OTHER) == b"whole"


def test_a_file_that_stops_coming_is_given_up(line: Line) -> None:
    line.take(line.datagrams(NAME, os.urandom(5000))[:20])
    line.pass_time(line.bounds.quiet_seconds / 2)
    assert reasons(line) == []
    line.pass_time(line.bounds.quiet_seconds)
    assert reasons(line) == [(NAME, "incomplete")]
    assert line.landed() == {}


def test_files_in_flight_are_bounded(tmp_path: Path) -> None:
    bounds = BoundSettings(open_files=8)
    line = Line(tmp_path, SetClock(datetime(2026, 6, 1, tzinfo=UTC)), bounds)
    for number in range(20):
        line.take(line.datagrams(f"register-{number:012d}-{'ab' * 32}.tar", b"x" * 5000)[:30])
    assert line.receiver.open_files == 8
    assert {reason for _name, reason in reasons(line)} == {"bounds"}
    assert len(reasons(line)) == 12


def test_memory_for_open_blocks_is_bounded_and_the_report_stays_exact(tmp_path: Path) -> None:
    bounds = BoundSettings(open_bytes=1_048_576)
    # Of every full block one symbol less than needed.
    promise = replace(PROMISE, full=200)
    line = Line(tmp_path, SetClock(datetime(2026, 6, 1, tzinfo=UTC)), bounds, promise)
    size = 200 * SYMBOL * 150
    sent = line.datagrams(NAME, os.urandom(size))
    came: dict[int | None, int] = {}
    some = []
    for one in sent:
        block = _block(one)
        came[block] = came.get(block, 0) + 1
        if block is None or came[block] < 200:
            some.append(one)
    for start in range(0, len(some), 2000):
        line.take(some[start : start + 2000])
        line.pass_time(0.01)
        assert line.receiver.held <= bounds.open_bytes
    line.take(line.hello())
    line.pass_time(3)
    (lost,) = line.receiver.losses
    # The last block is small and came whole.
    assert (lost.blocks_lost, lost.blocks_total) == (150, 151)
    assert lost.blocks[:3] == ((0, 1), (1, 1), (2, 1))


def test_a_file_larger_than_allowed_is_refused_with_its_name(tmp_path: Path) -> None:
    bounds = BoundSettings(file_bytes=1024)
    line = Line(tmp_path, SetClock(datetime(2026, 6, 1, tzinfo=UTC)), bounds)
    line.take(line.datagrams(NAME, b"x" * 5000))
    assert [reason for _name, reason in reasons(line)] == ["too_large"]
    assert line.landed() == {}


def mad(line: Line, name: str, length: int | None = None) -> list[bytes]:
    """What a sender sends that went mad, with the right key."""
    one = Outgoing(line.folder / NAME, 9, SYMBOL, PROMISE)
    one.name = name.encode()
    one.length = one.size + len(one.name) + 38 if length is None else length
    one.blocks, one.last = shape(one.length, SYMBOL, one.full)
    cuts = []
    while not one.done:
        cut = one.take(PROMISE)
        cut.code({})
        cuts.append(cut)
    one.close()
    group = line.packer().group(cuts, (one,))
    return [
        bytes(group.memory[at : at + group.size]) for at in range(0, len(group.memory), group.size)
    ]


@pytest.mark.parametrize("length", [1, 37])
def test_an_object_too_short_for_its_trailer_ends_nothing_but_itself(
    line: Line, length: int
) -> None:
    sent = line.datagrams(NAME, b"x")
    line.take(mad(line, NAME, length))
    assert [reason for _name, reason in reasons(line)] == ["name"]
    line.take(sent)
    assert line.landed() == {NAME: b"x"}


@pytest.mark.parametrize("name", ["..", "a/b", ".hidden", "x" * 201])
def test_a_name_that_climbs_is_never_made(line: Line, name: str) -> None:
    sent = line.datagrams(NAME, b"x")
    line.take(mad(line, name))
    assert [reason for _name, reason in reasons(line)] == ["name"]
    assert line.landed() == {}
    line.take(sent)
    line.pass_time(0)
    assert sorted(path.name for path in line.folder.iterdir()) == ["landing", NAME]
