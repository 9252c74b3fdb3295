"""The main job, whole: one case crosses three networks and comes back, exactly once."""

import random
import threading
from collections.abc import Callable

import pytest
import requests
from appliance.journey import STEPS, Event, Journey
from appliance.station import Station
from journeys.check import require_whole

from kernel.vocabulary.zones import Zone

Build = Callable[..., Station]


def test_one_case_crosses_three_networks_and_comes_back(build: Build) -> None:
    station = build(sandbox=True)
    events: list[Event] = []
    outcome = Journey(station.layout, events.append).run()
    require_whole(station.layout, outcome)
    assert [event.step for event in events if event.done] == list(range(1, len(STEPS) + 1))
    assert {zone for zone, _label in outcome.steps} == {zone.value for zone in Zone}
    page = requests.get(station.layout.url("sandbox"), timeout=30).text
    assert "财政、税务：缴款通知" in page
    assert "住建：网签备案查询" in page
    for name in station.supervisor.names():
        log = station.supervisor.tail(name, 10_000)
        assert "Traceback" not in log, name
        assert station.supervisor.starts(name) == 1, name


@pytest.mark.slow
def test_second_start_continues_with_the_same_data(build: Build) -> None:
    station = build()
    first = Journey(station.layout, lambda _event: None).run()
    station.supervisor.stop()
    again = Station(station.layout, station.units)
    again.prepare()
    again.start()
    try:
        second = Journey(again.layout, lambda _event: None).run()
    finally:
        again.stop()
    assert (second.case_no, second.certificate_no) == (first.case_no, first.certificate_no)
    require_whole(again.layout, second)


@pytest.mark.slow
@pytest.mark.postgres
def test_the_same_journey_on_postgresql(build: Build, new_postgres_url: Callable[[], str]) -> None:
    databases = tuple((zone.value, new_postgres_url()) for zone in Zone)
    station = build(databases)
    require_whole(station.layout, Journey(station.layout, lambda _event: None).run())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [random.SystemRandom().randrange(2**32) for _ in range(1)])
def test_each_process_killed_once_and_nothing_lost_or_doubled(
    build: Build, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every program dies once by ``kill -9`` at a random moment; people just go on."""
    with capsys.disabled():
        print(f"\nseed of the kills: {seed}")
    station = build()
    chance = random.Random(seed)
    names = station.supervisor.names()
    chance.shuffle(names)
    finished = threading.Event()

    def kill_all() -> None:
        for name in names:
            if finished.wait(chance.uniform(0.3, 2.5)):
                return
            station.supervisor.kill(name)

    killer = threading.Thread(target=kill_all, daemon=True)
    killer.start()
    try:
        outcome = Journey(station.layout, lambda _event: None).run()
    finally:
        finished.set()
        killer.join()
    for name in names:
        if station.supervisor.starts(name) == 1:
            station.supervisor.kill(name)  # The journey was quicker than its killer.
    require_whole(station.layout, outcome)
