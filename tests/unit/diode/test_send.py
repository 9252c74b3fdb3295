"""Claims about the sending end alone: a real socket of this machine, to which nobody listens."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from unit.diode.line import KEY, PROMISE, SYMBOL
from unit.diode.test_line import NAME, OTHER

from gate.diode.frame import OVERHEAD
from gate.diode.group import Packer
from gate.diode.send import LOOK_SECONDS, LinkSender
from gate.diode.wire import SendingWire
from gate.flow import Pace
from kernel.clock import SetClock, SystemClock

LARGE = 40 * PROMISE.depth * PROMISE.full * SYMBOL
DISCARD = 9


@pytest.fixture
def clock() -> SetClock:
    return SetClock(SystemClock().now())


@pytest.fixture
def sender(tmp_path: Path, clock: SetClock) -> Iterator[LinkSender]:
    wire = SendingWire("127.0.0.1", DISCARD, SYMBOL + OVERHEAD, 4096)
    packer = Packer(KEY, 1, SYMBOL, PROMISE.depth)
    pace = Pace(None, clock, lambda _seconds: None)
    yield LinkSender(tmp_path, wire, packer, PROMISE, pace, clock, SYMBOL)
    wire.close()


def test_a_file_that_becomes_shorter_stays_and_goes_once_it_is_dropped_anew(
    sender: LinkSender, tmp_path: Path, clock: SetClock
) -> None:
    changed, other = tmp_path / NAME, tmp_path / OTHER
    changed.write_bytes(os.urandom(LARGE))
    other.write_bytes(b"whole")

    def cut_short() -> bool:
        if changed.stat().st_size == LARGE:
            os.truncate(changed, LARGE // 2)
        return True

    sender.send_all(cut_short)
    assert (sender.unfit, sender.totals.files) == (1, 1)
    assert changed.stat().st_size == LARGE // 2
    assert not other.exists()

    clock.advance(timedelta(seconds=2 * LOOK_SECONDS))
    sender.send_all()
    assert (sender.unfit, sender.totals.files) == (1, 1)

    anew = tmp_path / "anew.part"
    anew.write_bytes(os.urandom(LARGE))
    anew.replace(changed)
    clock.advance(timedelta(seconds=2 * LOOK_SECONDS))
    sender.send_all()
    assert (sender.unfit, sender.totals.files) == (0, 2)
    assert not changed.exists()
