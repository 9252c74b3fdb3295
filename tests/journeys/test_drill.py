"""The drill: bundles vanish from the drop folder, and come again without anybody naming them."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from appliance.station import Station
from journeys.check import url_of
from sqlalchemy import text

from kernel.audit import verify_chain
from kernel.db import Database

Build = Callable[..., Station]
COUNT = 30
REMOVED = (7, 18, 30)
"""Two in the middle, and the last: a lost tail is a gap too."""
PATIENCE = 120


def gate(station: Station, *arguments: str) -> dict[str, object]:
    settings = station.layout.settings("gate-send")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "gate", *arguments),
            *("--settings", str(settings), "--json"),
        ],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{done.stdout} {done.stderr}"
    said: dict[str, object] = json.loads(done.stdout)
    return said


def wait_for(what: Callable[[], bool], words: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, words
        time.sleep(0.3)


def in_drop(station: Station) -> list[Path]:
    return sorted(station.layout.drop.glob("drill-*.tar"))


def applied(station: Station) -> list[int]:
    database = Database(url_of(station.layout, "intranet"))
    with database.reading() as session:
        rows = session.execute(
            text("SELECT sequence FROM bundle_in WHERE stream = 'drill' ORDER BY applied_at")
        ).all()
    database.dispose()
    return [row[0] for row in rows]


@pytest.mark.slow
def test_thirty_are_sent_three_are_removed_and_all_arrive_in_order(build: Build) -> None:
    station = build()
    station.supervisor.pause("gate receive")
    drill = str(gate(station, "drill", "start", "--count", str(COUNT), "--bytes", "2000")["drill"])
    wait_for(lambda: len(in_drop(station)) == COUNT, "the gate did not send all")
    for number in REMOVED:
        (gone,) = station.layout.drop.glob(f"drill-{number:012d}-*.tar")
        gone.unlink()
    station.supervisor.resume("gate receive")
    wait_for(lambda: applied(station) == list(range(1, 7)), "what came before the gap is applied")
    trips = 0
    while not gate(station, "drill", "report", drill)["done"]:
        trips += station.layout.ferrymen.make_trip() is not None
        assert trips < 10, "the ferry goes round and nothing changes"
        time.sleep(2)
    wait_for(lambda: len(applied(station)) == COUNT, "not all arrived")
    assert applied(station) == list(range(1, COUNT + 1))
    report = gate(station, "drill", "report", drill)
    assert report["missing"] == []
    assert report["confirmed"] == COUNT
    assert set(REMOVED) <= set(report["resent"])  # type: ignore[call-overload]  # a list of numbers
    for zone in ("extranet", "intranet"):
        assert list((station.layout.spool(zone) / "quarantine").iterdir()) == []
        database = Database(url_of(station.layout, zone))
        with database.reading() as session:
            assert verify_chain(session).intact
            resends = session.execute(
                text("SELECT count(*) FROM audit_record WHERE act = 'exchange.resent'")
            ).scalar()
        database.dispose()
        assert resends == 0, "nobody named them"
