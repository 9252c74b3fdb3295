"""When and how fast the sending side sends: order, pace, hours, pause, drain, a full drop."""

import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from integration.exchange.pair import Pair
from pydantic import ValidationError

from gate.carry import Sender
from gate.flow import Control, Drop, Flow, Mode, Pace
from gate.settings import FlowSettings
from kernel.bundle import MessageRef, Receipts
from kernel.bundle.seal import BlobSource, BundleDraft, seal
from kernel.clock import BEIJING, Clock, SetClock, SystemClock, now_micros
from kernel.hours import Hours
from kernel.vocabulary.zones import Stream, Zone

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=BEIJING)


@dataclass(slots=True)
class Sending:
    """The extranet's sending side with a drop folder."""

    pair: Pair
    drop: Path

    def sender(self, clock: Clock | None = None, **flow: object) -> Sender:
        used = clock or self.pair.clock
        judge = Flow(FlowSettings.model_validate(flow), self.spool, used, time.sleep)
        return Sender(
            self.pair.extranet.spool, self.drop, self.pair.trust, Zone.INTRANET, used, judge
        )

    @property
    def spool(self) -> Path:
        return self.pair.extranet.spool.folder

    def seal(self, count: int = 1) -> None:
        for number in range(count):
            self.pair.post_review(number + 1)
            self.pair.extranet.exchange.tick()

    def dropped(self) -> list[str]:
        return sorted(path.name for path in self.drop.iterdir())

    def order(self, mode: Mode) -> None:
        Control(mode, now_micros(SystemClock()), "样例", "检修").write(self.spool)


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Sending]:
    pair = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    drop = tmp_path / "drop"
    drop.mkdir()
    yield Sending(pair, drop)
    pair.close()


def test_a_paused_gate_sends_nothing_and_loses_nothing(sending: Sending) -> None:
    sending.seal(2)
    sending.order(Mode.PAUSED)
    assert sending.sender().send_ready().files == 0
    assert sending.dropped() == []
    sending.order(Mode.RUNNING)
    assert sending.sender().send_ready().files > 1


def test_a_control_file_nobody_can_read_means_paused(sending: Sending) -> None:
    sending.seal()
    (sending.spool / "gate-send.control.json").write_text("{")
    assert Control.read(sending.spool).mode is Mode.PAUSED
    assert sending.sender().send_ready().files == 0


def test_a_draining_gate_finishes_what_waited_and_takes_nothing_new(sending: Sending) -> None:
    sending.seal(2)
    time.sleep(0.02)
    sending.order(Mode.DRAINING)
    waiting = {entry.name for entry in sending.pair.extranet.spool.ready(Zone.INTRANET)}
    time.sleep(0.02)
    sending.pair.post_review(9)
    sending.pair.extranet.exchange.tick()
    sending.sender().send_ready()
    assert set(sending.dropped()) <= waiting
    assert [name for name in sending.dropped() if name.endswith(".tar")]
    left = [entry.name for entry in sending.pair.extranet.spool.ready(Zone.INTRANET)]
    assert [name for name in left if name.endswith(".tar")]


def test_outside_the_hours_only_what_presses_goes(sending: Sending) -> None:
    sending.seal()
    night = SetClock(MONDAY_NOON + timedelta(hours=10))
    hours = {"opens": "0 8 * * mon-fri", "closes": "0 18 * * mon-fri"}
    sending.sender(night, **hours).send_ready()
    assert all(name.startswith("beacon-") for name in sending.dropped())
    day = SetClock(MONDAY_NOON)
    assert sending.sender(day, **hours).send_ready().files > 0
    assert any(name.startswith("review-") for name in sending.dropped())


@pytest.mark.parametrize(
    ("hours_later", "is_open"),
    [(0, True), (5.9, True), (6.1, False), (20.1, True), (5 * 24, False)],
)
def test_working_hours_follow_the_week_in_beijing(hours_later: float, is_open: bool) -> None:
    hours = Hours("0 8 * * mon-fri", "0 18 * * mon-fri")
    assert hours.is_open(MONDAY_NOON.astimezone(UTC) + timedelta(hours=hours_later)) is is_open


@pytest.mark.parametrize(
    "wrong", [{"opens": "0 8 * * *"}, {"opens": "x", "closes": "y"}, {"bytes_per_second": 1}]
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((ValidationError, ValueError)):
        FlowSettings.model_validate(wrong)


def test_a_full_drop_folder_is_not_filled_further(sending: Sending) -> None:
    sending.seal(3)
    for number in range(20):
        (sending.drop / f"old-{number}").write_bytes(b"x")
    sent = sending.sender(max_drop_files=20).send_ready()
    assert sent.files == 0
    assert sent.held >= 3
    assert len(sending.dropped()) == 20


def test_the_last_tenth_of_the_drop_folder_is_for_what_presses(sending: Sending) -> None:
    sending.seal()
    for number in range(19):
        (sending.drop / f"old-{number}").write_bytes(b"x")
    sending.sender(max_drop_files=20).send_ready()
    assert any(name.startswith("beacon-") for name in sending.dropped())
    assert not any(name.startswith("review-") for name in sending.dropped())


def test_a_drop_folder_nobody_empties_is_an_alarm(sending: Sending) -> None:
    sending.seal()
    sending.sender().send_ready()
    later = SetClock(datetime.now(UTC) + timedelta(hours=2))
    flow = Flow(FlowSettings(), sending.spool, later, time.sleep)
    assert [code for code, _ in flow.alarms(Drop.look(sending.drop))] == ["folder_not_emptied"]
    assert Flow(FlowSettings(), sending.spool, SystemClock(), time.sleep).alarms(Drop()) == []


def test_pause_and_hours_are_told(sending: Sending) -> None:
    sending.order(Mode.PAUSED)
    flow = Flow(
        FlowSettings(opens="0 8 * * *", closes="0 18 * * *"),
        sending.spool,
        SetClock(MONDAY_NOON),
        time.sleep,
    )
    gauges = flow.gauges(Drop())
    assert (gauges["paused"], gauges["within_hours"]) == (1, 1)
    assert gauges["opens_at"] > 0
    assert [code for code, _words in flow.alarms(Drop())] == ["paused"]


def test_the_pace_is_kept_over_any_chunks() -> None:
    """What a bucket lets through in simulated time, for chunks small and large."""
    for chunk in (100, 1500, 40_000):
        clock = SetClock(MONDAY_NOON)

        def sleep(seconds: float, clock: SetClock = clock) -> None:
            clock.advance(timedelta(seconds=seconds))

        pace = Pace(10_000, clock, sleep)
        for _ in range(400_000 // chunk):
            pace.spend(chunk)
        allowed = (clock.monotonic() + 1) * 10_000 + chunk
        assert 0.9 * allowed - 2 * chunk < 400_000 <= allowed + chunk


def seal_large(sending: Sending, folder: Path, size: int) -> None:
    """A bundle of the bulk stream that waits for the gate."""
    content = b"\xff\xd8" + b"x" * size
    digest = hashlib.sha256(content).hexdigest()
    (folder / "blob").write_bytes(content)
    spool, keys = sending.pair.extranet.spool, sending.pair.keys[Zone.EXTRANET]
    said = Receipts(seen_beacon=0, streams=[])
    draft = BundleDraft(Zone.EXTRANET, Zone.INTRANET, Stream.MATERIALS, "0" * 16, 1, None, 1, said)
    refs = [MessageRef(id="0" * 32, kind="materials.delivered")]
    source = BlobSource(folder / "blob", digest, len(content), "image/jpeg")
    with spool.sealing(Zone.INTRANET) as part:
        sealed = seal(part.file, draft, refs, [b"{}"], [source], keys, None)
        part.keep(sealed.name)
    spool.offer(Zone.INTRANET, sealed.name)


def test_something_more_urgent_overtakes_a_large_file_that_is_being_sent(
    sending: Sending, tmp_path: Path
) -> None:
    """A slow pace makes the large file take long; what appears meanwhile arrives first."""
    seal_large(sending, tmp_path, 4_000_000)
    sender = sending.sender(SystemClock(), bytes_per_second=1_000_000)
    thread = threading.Thread(target=sender.send_ready, daemon=True)
    thread.start()
    while not any(path.name.endswith(".part") for path in sending.drop.iterdir()):
        time.sleep(0.01)
    sending.seal()
    thread.join()
    times = {
        path.name.partition("-")[0]: path.stat().st_mtime_ns for path in sending.drop.glob("*.tar")
    }
    assert set(times) == {"review", "materials"}
    assert times["review"] < times["materials"]
