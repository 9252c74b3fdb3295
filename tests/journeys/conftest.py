"""A whole appliance for a test: its own folder, its own ports, stopped at the end."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from appliance.layout import Layout, free_ports
from appliance.station import Station

Build = Callable[..., Station]
UNITS = 60


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An appliance that was set up and never started: each test starts a copy of it."""
    folder = tmp_path_factory.mktemp("prepared") / "appliance"
    Station(Layout(folder, free_ports()), UNITS).prepare()
    return folder


@pytest.fixture
def build(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Build]:
    """Makes and starts a station; ``databases`` overrides the zones' database URLs."""
    with ExitStack() as stack:

        def make(
            databases: tuple[tuple[str, str], ...] = (),
            units: int = UNITS,
            *,
            province: tuple[str, str] = ("", ""),
            sandbox: bool = False,
        ) -> Station:
            folder = tmp_path / "appliance"
            if not databases and units == UNITS:
                shutil.copytree(request.getfixturevalue("prepared"), folder)
            layout = Layout(
                folder,
                free_ports(),
                databases,
                beacon_seconds=2,
                province=province,
                sandbox=sandbox,
            )
            station = Station(layout, units)
            station.prepare()
            stack.callback(station.stop)
            station.start()
            return station

        yield make
