"""Claims about a disk that fills: people are warned, what presses passes, the rest stays put."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from integration.exchange.pair import Pair

from gate.admit import DropScanner
from gate.carry import Sender
from gate.flow import Drop, Flow, disk_alarms, may_pass
from gate.settings import FlowSettings
from gate.telling import Teller
from kernel.clock import SetClock
from kernel.errors import UnavailableError
from kernel.facts import CarrierFacts
from kernel.retention import DiskMarks, Room
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone

MARKS = DiskMarks(low=300, stop=200, floor=100)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    made.post_review(1)
    made.extranet.exchange.tick()
    yield made
    made.close()


def send(pair: Pair, drop: Path, marks: DiskMarks) -> list[str]:
    """One pass; answers what lies in the folder then."""
    drop.mkdir(exist_ok=True)
    spool = pair.extranet.spool
    flow = Flow(FlowSettings(), spool.folder, pair.clock, time.sleep, marks)
    Sender(spool, drop, pair.trust, Zone.INTRANET, pair.clock, flow).send_ready()
    return sorted(path.name.split("-")[0] for path in drop.iterdir())


def test_the_sending_side_drops_only_what_presses_and_the_rest_later(
    pair: Pair, tmp_path: Path
) -> None:
    huge = 1 << 60
    assert send(pair, tmp_path / "drop", DiskMarks(huge, huge, huge)) == []
    assert send(pair, tmp_path / "drop", DiskMarks(huge, huge, 0)) == ["beacon"]
    assert send(pair, tmp_path / "drop", DiskMarks(huge, 0, 0)) == ["beacon", "review"]


def test_the_receiving_side_leaves_files_where_they_are_and_takes_them_when_there_is_room(
    pair: Pair, tmp_path: Path
) -> None:
    drop, free = tmp_path / "drop", [50]
    send(pair, drop, DiskMarks(0, 0, 0))
    (drop / "foreign.txt").write_bytes(b"x")
    spool = pair.intranet.spool
    scanner = DropScanner(
        drop, spool, pair.trust, Zone.EXTRANET, Zone.INTRANET, pair.clock,
        marks=MARKS, free=lambda _folder: free[0],
    )  # fmt: skip
    assert scanner.scan().files == 0
    none = scanner.scan()
    assert (none.files, none.held, len(list(drop.iterdir()))) == (0, 3, 3)
    free[0] = 150
    pressing = scanner.scan()
    assert (pressing.files, pressing.beacons, pressing.held) == (1, 1, 2)
    free[0] = 250
    rest = scanner.scan()
    assert (rest.files, rest.held, rest.quarantined) == (1, 0, 1)
    assert rest.bytes > 1000
    assert list(drop.iterdir()) == []


def test_what_two_people_released_waits_for_room_too(pair: Pair, tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    spool = pair.intranet.spool
    (spool.again_folder() / "review-released").write_bytes(b"x")
    scanner = DropScanner(
        drop, spool, pair.trust, Zone.EXTRANET, Zone.INTRANET, pair.clock,
        marks=MARKS, free=lambda _folder: 150,
    )  # fmt: skip
    assert scanner.scan().quarantined == 0
    assert len(list(spool.again_folder().iterdir())) == 1


@pytest.mark.parametrize(
    ("free", "rest", "pressing", "codes"),
    [
        (300, True, True, []),
        (299, True, True, ["disk_low"]),
        (199, False, True, ["disk_full"]),
        (99, False, False, ["disk_full"]),
    ],
)
def test_every_mark_changes_one_thing(
    free: int, rest: bool, pressing: bool, codes: list[str]
) -> None:
    room = MARKS.room(free)
    assert may_pass(room, pressing=False) is rest
    assert may_pass(room, pressing=True) is pressing
    assert [code for code, _words in disk_alarms(MARKS, free, "磁盘")] == codes


def test_every_room_is_judged() -> None:
    assert {may_pass(room, pressing=False) for room in Room} == {True, False}


def test_the_sending_sides_alarm_is_about_the_drop_folder(pair: Pair, tmp_path: Path) -> None:
    flow = Flow(FlowSettings(), tmp_path, pair.clock, time.sleep, MARKS)
    ((code, words),) = flow.alarms(Drop(free=150))
    assert (code, "投递目录" in words) == ("disk_full", True)


def test_facts_tell_marks_rate_and_quarantine(tmp_path: Path) -> None:
    clock = SetClock(datetime(2026, 1, 5, tzinfo=UTC))
    spool = Spool(tmp_path / "spool")
    huge = 1 << 60
    teller = Teller("gate-receive", spool, tmp_path, 10, clock, DiskMarks(huge, 0, 0))
    for _ in range(3):
        with teller.passing() as done:
            done.counts = {"bytes_received": 6000}
            clock.advance(timedelta(seconds=2))
    facts = CarrierFacts.read(spool.folder, "gate-receive")
    assert facts is not None
    gauges = facts.gauges
    assert (gauges["rate_bytes_per_second"], gauges["pass_seconds"]) == (300, 2)
    assert (gauges["disk_low_bytes"], gauges["quarantine_files"]) == (huge, 0)
    assert [code for code, _words in facts.alarms] == ["disk_low"]
    clock.advance(timedelta(seconds=70))
    with teller.passing():
        pass
    facts = CarrierFacts.read(spool.folder, "gate-receive")
    assert facts is not None
    assert facts.gauges["rate_bytes_per_second"] == 0


def test_a_disk_that_is_full_meanwhile_is_called_so(tmp_path: Path) -> None:
    clock = SetClock(datetime(2026, 1, 5, tzinfo=UTC))
    spool = Spool(tmp_path / "spool")
    teller = Teller("gate-receive", spool, tmp_path, 10, clock)
    with pytest.raises(UnavailableError), teller.passing():
        raise UnavailableError("disk_full", "磁盘空间不足")
    facts = CarrierFacts.read(spool.folder, "gate-receive")
    assert facts is not None
    assert [code for code, _words in facts.alarms] == ["disk_full"]
