"""The whole appliance on one machine: set up once, started, kept running, stopped."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import requests

from appliance.layout import ZONES, Layout
from appliance.processes import Supervisor
from appliance.sample import people
from appliance.sample.parcels import write_parcels
from appliance.sample.register import write_register
from kernel.clock import BEIJING

TESTS: Final = Path(__file__).parent.parent
DATA: Final = TESTS / "data"
START_SECONDS: Final = 90
LOCK: Final = "ready.stamp"


@dataclass(slots=True)
class Station:
    """Sets up and runs the programs of one layout."""

    layout: Layout
    units: int = 400
    seed: int = 1
    supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        # The sandbox is no part of the product: it is found beside the tests.
        search = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
        self.supervisor = Supervisor(self.layout.logs, {"PYTHONPATH": search})

    def prepare(self) -> bool:
        """Make keys, settings, databases and sample data; answers whether it was the first time."""
        stamp = self.layout.base / LOCK
        first = not stamp.exists()
        self.layout.base.mkdir(parents=True, exist_ok=True)
        self.layout.make_keys()
        self.layout.write_settings()
        for zone in ZONES:
            self.command(zone, "migrate")
        self.layout.ferrymen.prepare()
        if first:
            self._load_samples()
            stamp.touch()
        self._load_calendar()
        return first

    def command(self, zone: str, *arguments: str) -> str:
        """Run a command of a zone to its end, with its settings file."""
        done = subprocess.run(
            [
                *(sys.executable, "-m", f"{zone}_zone", *arguments),
                *("--settings", str(self.layout.settings(zone))),
            ],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise RuntimeError(f"{zone} {' '.join(arguments)}: {done.stdout} {done.stderr[-800:]}")
        return done.stdout

    def start(self) -> None:
        """Start every program and wait until every console answers."""
        for program in self.layout.programs():
            self.supervisor.start(program)
        deadline = time.monotonic() + START_SECONDS
        for zone in ZONES:
            self._await(zone, f"{zone} serve", deadline)
        if self.layout.sandbox:
            self._await("sandbox", "sandbox", deadline)

    def stop(self) -> None:
        """Stop everything that was started."""
        self.supervisor.stop()

    def _await(self, zone: str, program: str, deadline: float) -> None:
        while True:
            try:
                if requests.get(f"{self.layout.url(zone)}/healthz", timeout=5).ok:
                    return
            except requests.RequestException:
                pass
            if time.monotonic() > deadline:
                log = self.supervisor.tail(program)
                raise RuntimeError(f"{zone} does not answer:\n{log}")
            time.sleep(0.2)

    def _load_calendar(self) -> None:
        """This year's working calendar, for an appliance that an earlier version made too."""
        self.layout.samples.mkdir(parents=True, exist_ok=True)
        signed = self.layout.make_calendar(datetime.now(UTC).astimezone(BEIJING).year)
        if signed is not None:
            self.command("extranet", "calendar", "load", str(signed))

    def _load_samples(self) -> None:
        samples = self.layout.samples
        samples.mkdir(parents=True, exist_ok=True)
        people.write_accounts(samples)
        for zone in ZONES:
            self.command(zone, "accounts", "load", str(samples / f"accounts-{zone}.toml"))
        parcels = write_parcels(samples)
        register = write_register(samples, self.seed, self.units)
        self.command("intranet", "load-boundary", str(DATA / "jiyuan-419001-boundary.geojson"))
        self.command("intranet", "load-parcels", str(parcels))
        for zone in ("extranet", "intranet"):
            self.command(zone, "load-register", str(register))
