"""Cases of several types, driven in bulk, end as they must, each exactly once."""

from collections.abc import Callable

import pytest
from appliance.sample.scenario import Ending
from appliance.scenario_run import Office
from appliance.station import Station
from journeys.check import url_of
from sqlalchemy import text

from kernel.db import Database

Build = Callable[..., Station]


@pytest.mark.slow
def test_twenty_cases_of_several_types_end_as_they_must(build: Build) -> None:
    station = build(units=400)
    tally = Office(station.layout, lambda _words: None).run(20, 7)
    issued = tally.endings[Ending.ISSUED.value]
    assert sum(tally.endings.values()) == 20
    assert len(tally.items) > 2
    database = Database(url_of(station.layout, "extranet"))
    with database.reading() as session:
        entries = session.execute(
            text("SELECT log_no, case_no FROM register_entry ORDER BY log_no")
        ).all()
    database.dispose()
    assert [row[0] for row in entries] == list(range(1, issued + 1))
    assert len({row[1] for row in entries}) == issued
