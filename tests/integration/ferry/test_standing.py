"""The stations tell: receipts close the ledger, the timetable proposes, alarms come and go."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from appliance.ferryman import STOCK
from integration.exchange.pair import Pair
from integration.ferry.boat import Boat, here, make_boat

from ferry.inventory import INVENTORY_DAYS
from ferry.ledger.states import MediumAct
from ferry.settings import FerrySettings
from ferry.standing import STAND_SECONDS, Stand
from ferry.station import Station
from ferry.telling import tell
from kernel.alarms import carrier_alarms
from kernel.clock import BEIJING, Clock, SetClock, SystemClock, now_micros, to_micros
from kernel.deadlines import DEADLINES, Deadline, Deadlines, Stage
from kernel.facts import CarrierFacts
from kernel.ferry_board import FerryBoard
from kernel.program.settings import load_resolved
from kernel.vocabulary.zones import Zone

pytestmark = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")
TIMETABLE = """[timetable]
trips = ["30 10 * * mon-fri", "30 16 * * mon-fri"]
opens = "0 8 * * mon-fri"
closes = "0 18 * * mon-fri"
"""
WAIT_SECONDS = 60


@pytest.fixture
def boat(tmp_path: Path) -> Iterator[Boat]:
    pair = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    yield make_boat(tmp_path, pair, lambda _side: TIMETABLE)
    pair.close()


def station(boat: Boat, side: str = "export", clock: Clock | None = None) -> Station:
    path = boat.people.export if side == "export" else boat.people.ingest
    return Station.open(load_resolved(path, FerrySettings), clock or SystemClock())


def codes(of: Station) -> list[str]:
    facts = CarrierFacts.read(of.spool.folder, f"ferry-{of.settings.side}")
    assert facts is not None
    return [code for code, _words in facts.alarms]


def board(of: Station) -> FerryBoard:
    found = FerryBoard.read(of.spool.folder, f"ferry-{of.settings.side}")
    assert found is not None
    return found


def next_monday(hour: int, minute: int = 0) -> datetime:
    """A Monday of a year whose holidays are published, or worked from Monday to Friday."""
    day = datetime.now(BEIJING).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return day + timedelta(days=7 - day.weekday() + 7)


def told(boat: Boat, *cases: tuple[int, datetime, str]) -> None:
    Deadlines(
        cases=tuple(
            Deadline(
                case_no=f"W{number:015d}",
                due_at=to_micros(due),
                stage=Stage.WAITING if file else Stage.REVIEWING,
                file=file,
            )
            for number, due, file in cases
        )
    ).write(boat.pair.intranet.spool.folder, DEADLINES)


def test_receipts_that_ride_in_through_the_gate_close_the_ledger_by_themselves(boat: Boat) -> None:
    boat.written()
    boat.people.read()
    boat.arrived()
    writing = station(boat)
    stand = Stand(writing)
    stand.tick()
    assert [one.state for one in board(writing).media] == ["verified"]
    boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    boat.pair.intranet.exchange.tick()
    stand.tick()
    assert [one.state for one in board(writing).media] == ["acknowledged"]
    last = writing.book.view().medium("JY000001").history[-1]
    assert (last.act, last.by) == (MediumAct.ACKNOWLEDGE.value, "program:ferry")
    lines = len(writing.book.view().lines)
    stand.tick()
    assert len(writing.book.view().lines) == lines


def test_the_service_does_it_in_a_process_of_its_own(boat: Boat) -> None:
    boat.written()
    boat.people.read()
    boat.arrived()
    boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    boat.pair.intranet.exchange.tick()
    command = [sys.executable, "-m", "ferry", "work", "--settings", str(boat.people.export)]
    service = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        writing = station(boat)
        while [one.state for one in board(writing).media] != ["acknowledged"]:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        again = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert "already_running" in again.stderr
    finally:
        service.send_signal(signal.SIGTERM)
        assert service.wait(WAIT_SECONDS) == 0


def test_somebody_at_work_does_not_stop_the_telling(boat: Boat) -> None:
    boat.written()
    boat.people.read()
    boat.arrived()
    boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    boat.pair.intranet.exchange.tick()
    writing = station(boat)
    holder = subprocess.Popen(
        ["flock", str(writing.lock), "sh", "-c", "echo held; exec sleep 60"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        before = CarrierFacts.read(writing.spool.folder, "ferry-export")
        Stand(writing).tick()
        after = CarrierFacts.read(writing.spool.folder, "ferry-export")
        assert before is not None
        assert after is not None
        assert after.counters["passes"] == before.counters["passes"] + 1
        assert [one.state for one in board(writing).media] == ["verified"]
    finally:
        holder.kill()
        holder.communicate()


def test_the_plan_names_the_cases_that_depend_on_the_next_trip(boat: Boat) -> None:
    boat.post(2)
    file = boat.bundles_ready()[0]
    soon, later = datetime.now(BEIJING) + timedelta(hours=1), next_monday(15) + timedelta(days=30)
    told(boat, (1, soon, file), (2, later, file), (3, later, ""))
    plan = boat.run("plan")
    assert plan["files"] == 2
    assert plan["media_in_stock"] == 1000
    proposal = plan["proposal"]
    assert isinstance(proposal, dict)
    assert [call["case_no"] for call in proposal["late"]] == [f"W{1:015d}"]
    assert [call["case_no"] for call in proposal["may"]] == [f"W{2:015d}"]
    assert isinstance(plan["reviewing"], list)
    assert [call["case_no"] for call in plan["reviewing"]] == [f"W{3:015d}"]
    _code, words, _errors = here(("plan", "--settings", str(boat.people.export)))
    for said in ("需要 image 介质 1 张", "下一次摆渡：", f"W{1:015d}", f"W{3:015d}", "最迟送出"):
        assert said in words
    assert "deadline_at_risk" in codes(station(boat))


def test_a_case_on_a_medium_that_has_not_left_still_calls_for_a_trip(
    boat: Boat, tmp_path: Path
) -> None:
    boat.post()
    file = boat.bundles_ready()[0]
    assert boat.people.write() is not None
    told(boat, (1, datetime.now(BEIJING) + timedelta(hours=1), file))
    writing = station(boat)
    tell(writing)
    assert "deadline_at_risk" in codes(writing)
    for command, role in (("label", "maker"), ("handover", "courier")):
        paper = tmp_path / f"{command}.pdf"
        boat.people.run(command, "JY000001", *boat.people.by(role), "--output", str(paper))
    assert "deadline_at_risk" not in codes(writing)
    assert board(writing).underway == 1


def test_a_trip_that_did_not_leave_is_missed_until_it_leaves(boat: Boat, tmp_path: Path) -> None:
    boat.written()
    late = SetClock(next_monday(11, 1))
    writing = station(boat, clock=late)
    tell(writing)
    assert "trip_missed" in codes(writing)
    for command, role in (("label", "maker"), ("handover", "courier")):
        paper = tmp_path / f"{command}.pdf"
        boat.people.run(command, "JY000001", *boat.people.by(role), "--output", str(paper))
    tell(writing)
    assert "trip_missed" not in codes(writing)


def test_a_coaster_is_an_alarm_until_it_is_destroyed(boat: Boat) -> None:
    boat.post()
    asked = boat.people.run("request", "--purpose", "试", *boat.people.by("maker"))
    trip = str(asked["trip"])
    boat.people.run("approve", trip, *boat.people.by("approver"))
    boat.run("stage", trip)
    writing = station(boat)
    # As after a run that died while writing: the next one finds it burned and not proved.
    writing.book.act(MediumAct.BURN, ["JY000001"], None, device="x")
    writing.book.act(MediumAct.REJECT, ["JY000001"], None, reason="readback_failed")
    tell(writing)
    assert "medium_coaster" in codes(writing)
    boat.people.run("destroy", "JY000001", *boat.people.by("custodian"), "--note", "粉碎")
    assert "medium_coaster" not in codes(writing)


def test_an_inventory_that_is_due_is_an_alarm_until_it_is_closed(boat: Boat) -> None:
    boat.written()
    custodian = boat.people.by("custodian")
    later = SystemClock().now() + timedelta(days=INVENTORY_DAYS + 2)
    writing = station(boat, clock=SetClock(later))
    tell(writing)
    assert "inventory_due" in codes(writing)
    boat.people.run("inventory", "begin", *custodian)
    boat.people.run("inventory", "count", f"JY000002-JY{STOCK:06d}", *custodian)
    boat.run("inventory", "close", *boat.people.by("approver"), expect=4)
    writing = station(boat)
    tell(writing)
    assert "inventory_due" not in codes(writing)
    assert "inventory_missing" in codes(writing)
    boat.people.run("lost", "JY000001", *custodian)
    tell(writing)
    assert "inventory_missing" not in codes(writing)


def test_the_reading_side_misses_a_trip_of_the_timetable(boat: Boat) -> None:
    boat.written()
    reading = station(boat, "ingest")
    tell(reading)
    assert codes(reading) == []
    late = station(boat, "ingest", SetClock(next_monday(13, 1)))
    tell(late)
    assert codes(late) == ["trip_not_arrived"]
    early = station(boat, "ingest", SetClock(next_monday(13, 1) - timedelta(days=30)))
    tell(early)
    assert codes(early) == [], "nothing is expected from before the station began"


def test_a_refused_medium_and_what_became_of_it_are_told(boat: Boat) -> None:
    boat.disc.write_bytes(b"\0" * 4_000_000)
    assert boat.run("ingest", expect=4)["error"] == "medium_blank"
    assert codes(station(boat, "ingest")) == [], "a blank medium is a slip"
    boat.disc.write_bytes(b"rubbish " * 500_000)
    code = boat.run("ingest", expect=4)["error"]
    reading = station(boat, "ingest")
    assert codes(reading) == ["medium_refused"]
    last = board(reading).readings[0]
    assert (last.good, last.code, last.device) == (False, code, str(boat.disc))
    later = station(boat, "ingest", SetClock(SystemClock().now() + timedelta(hours=25)))
    tell(later)
    assert "medium_refused" not in codes(later)


def test_readings_are_told_newest_first(boat: Boat) -> None:
    boat.written(2)
    boat.run("ingest")
    boat.run("ingest")
    second, first = board(station(boat, "ingest")).readings
    assert (first.medium, first.already, first.good) == ("JY000001", False, True)
    assert (second.medium, second.already, second.good) == ("JY000001", True, True)
    assert first.admitted >= 1
    trip = board(station(boat, "ingest")).trips[0]
    assert (trip.maker, trip.approver, trip.media) == ("baidu01", "shenpi01", ("JY000001",))


def test_a_trip_that_has_not_come_whole_is_told_until_a_later_one_has(boat: Boat) -> None:
    reading = station(boat, "ingest", SetClock(datetime.now(BEIJING) + timedelta(hours=2)))
    now = now_micros(SystemClock())
    for number, volume in (("JY000001", 1), ("JY000003", 3)):
        station(boat, "ingest").book.arrive(
            number, "a" * 32, "image", manifest="b" * 64, volume=volume, volumes=3, written=now
        )
    tell(reading)
    facts = CarrierFacts.read(reading.spool.folder, "ferry-ingest")
    assert facts is not None
    said = dict(facts.alarms)
    assert "没有收到第 2 张" in said["trip_incomplete"]
    assert "JY000003" in said["medium_unfinished"]
    station(boat, "ingest").book.arrive(
        "JY000004", "c" * 32, "image", manifest="d" * 64, volume=1, volumes=1, written=now + 1
    )
    tell(reading)
    assert "trip_incomplete" not in codes(reading)


def test_a_service_that_stopped_is_silent_although_people_go_on(boat: Boat) -> None:
    boat.post()
    Stand(station(boat)).tick()
    boat.run("plan")
    facts = CarrierFacts.read(boat.pair.intranet.spool.folder, "ferry-export")
    assert facts is not None
    assert facts.gauges["scan_seconds"] == STAND_SECONDS
    minute = 60 * 1_000_000
    within = carrier_alarms("ferry-export", facts, facts.passed_at + 4 * minute)
    assert "station_silent" not in [alarm.code for alarm in within]
    after = carrier_alarms("ferry-export", facts, facts.passed_at + 6 * minute)
    assert after[0].code == "station_silent"


def test_a_ledger_that_was_changed_is_told(boat: Boat) -> None:
    boat.written()
    writing = station(boat)
    path = writing.settings.state.folder / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b"baidu01", b"baidu02", 1))
    tell(writing)
    assert codes(writing) == ["ledger_broken"]


def test_the_board_is_small_and_says_what_it_leaves_out(boat: Boat) -> None:
    boat.written()
    text = (boat.pair.intranet.spool.folder / "boards" / "ferry-export.json").read_text()
    assert "JY000999" not in text, "blank stock is counted, not listed"
    found = board(station(boat))
    assert [(one.kind, one.count, one.first) for one in found.stock] == [("image", 999, "JY000002")]
    assert found.left_out == 0
    assert json.loads(text)["writing"] is True
