"""What only the exchange's own records tell, as alarms."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from unit.exchange.world import EX, NT, Template, World, without_fsync

from kernel.alarms import Alarm
from kernel.clock import now_micros
from kernel.exchange.alarms import exchange_alarms
from kernel.exchange.restore import start_new_epochs
from kernel.vocabulary.zones import Stream, Zone


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    without_fsync(monkeypatch.setattr)
    made = World(Template.make(tmp_path), tmp_path / "world")
    yield made
    made.close()


def alarms(world: World, zone: Zone) -> list[Alarm]:
    with world.sides[zone].database.reading() as session:
        return list(exchange_alarms(session, zone, now_micros(world.clock)))


def test_quiet_when_all_is_well(world: World) -> None:
    world.post(EX, Stream.REVIEW, 2)
    world.settle()
    assert alarms(world, EX) == alarms(world, NT) == []


def test_clock_ahead_is_told(world: World) -> None:
    world.clock.jump(timedelta(hours=2))
    world.tick(EX)
    beacons = world.take(EX)
    world.clock.jump(timedelta(hours=-2))
    for file in beacons:
        world.deliver(EX, file)
    world.tick(NT)
    (alarm,) = alarms(world, NT)
    assert (alarm.code, "电子政务外网" in alarm.words) == ("clock_skew", True)


def test_restored_zone_says_so_until_what_it_lost_has_come_again(world: World) -> None:
    world.post(EX, Stream.REVIEW, 2)
    world.settle()
    side = world.sides[NT]
    start_new_epochs(side.database, side.spool, NT, "演练恢复", world.clock)
    assert [alarm.code for alarm in alarms(world, NT)] == ["restored_here"]
    world.settle(least=6)
    world.post(EX, Stream.REVIEW, 1)
    world.settle(least=6)
    assert alarms(world, NT) == []
