"""A stick that was refused stays an alarm for a day, or until it is registered."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from integration.exchange.pair import Pair
from integration.ferry.boat import Boat, make_boat
from pydantic import ValidationError

from ferry.ledger.book import INCIDENT
from ferry.settings import FerrySettings, MediumSettings
from ferry.station import Station
from ferry.sticks import UNREGISTERED, require_registered
from ferry.telling import tell
from kernel.clock import SetClock
from kernel.facts import CarrierFacts
from kernel.program.settings import load_resolved

STRANGER = "4C530001230815117134"


@pytest.fixture
def boat(tmp_path: Path) -> Iterator[Boat]:
    pair = Pair(tmp_path, lambda zone: f"sqlite:///{tmp_path / zone}.db")
    yield make_boat(tmp_path, pair)
    pair.close()


def alarms(boat: Boat, serials: list[str], hours: int) -> list[str]:
    """What the reading side's alarms say, so many hours from now."""
    settings = load_resolved(boat.people.ingest, FerrySettings)
    medium = settings.medium.model_copy(update={"usb_serials": serials})
    clock = SetClock(datetime.now(UTC) + timedelta(hours=hours))
    station = Station.open(settings.model_copy(update={"medium": medium}), clock)
    if not station.book.view().lines:
        for device in ("/dev/sdb", "/dev/sdc"):
            station.book.note(INCIDENT, code=UNREGISTERED, device=device, serial=STRANGER)
    tell(station)
    facts = CarrierFacts.read(station.spool.folder, "ferry-ingest")
    assert facts is not None
    assert {code for code, _words in facts.alarms} <= {UNREGISTERED}
    return [words for _code, words in facts.alarms]


def test_a_refused_stick_is_one_alarm_for_a_day_or_until_it_is_registered(boat: Boat) -> None:
    (words,) = alarms(boat, [], 0)
    assert STRANGER in words
    assert len(alarms(boat, ["OTHER-STICK"], 23)) == 1
    assert alarms(boat, [], 25) == []
    assert alarms(boat, [STRANGER], 0) == []


@pytest.mark.parametrize("serial", ["", "abc", "序列号一二", "with space", "x" * 129])
def test_a_serial_number_that_can_be_none_is_refused_by_the_settings(serial: str) -> None:
    with pytest.raises(ValidationError):
        MediumSettings(device=Path("/dev/sr0"), usb_serials=[serial])


def test_an_image_file_is_no_stick(tmp_path: Path) -> None:
    image = tmp_path / "disc.iso"
    image.touch()
    require_registered(image, [])
    require_registered(tmp_path / "missing", [])
