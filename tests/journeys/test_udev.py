"""The disc arrives by a real udev event; a loop device stands for the drive."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from integration.ferry.boat import Boat
from integration.ferry.test_ferry import boat  # noqa: F401 - the fixture

from kernel.facts import CarrierFacts
from kernel.vocabulary.zones import Zone

UDEVD = Path("/lib/systemd/systemd-udevd")
WAIT_SECONDS = 60
pytestmark = [
    pytest.mark.slow,
    pytest.mark.root,
    pytest.mark.skipif(
        not UDEVD.exists() or shutil.which("losetup") is None, reason="udev is not installed"
    ),
]


@pytest.fixture(scope="module")
def udev() -> Iterator[None]:
    """A udev daemon of our own when none runs; it is ended by its own process id."""
    control = Path("/run/udev/control")
    if control.exists() and _answers():
        yield
        return
    daemon = subprocess.Popen([str(UDEVD)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + WAIT_SECONDS
    while not _answers() and time.monotonic() < deadline:
        time.sleep(0.2)
    yield
    daemon.terminate()
    daemon.wait()


def _answers() -> bool:
    done = subprocess.run(
        ["udevadm", "control", "--ping", "--timeout=5"], check=False, capture_output=True
    )
    return done.returncode == 0


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[str]:
    """A free loop device: an empty drive."""
    found = subprocess.run(["losetup", "-f"], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip("no loop device can be had here (needs root)")
    name = found.stdout.strip()
    yield name
    subprocess.run(["losetup", "-d", name], check=False, capture_output=True)


def register(boat: Boat, drive: str) -> None:  # noqa: F811 - no fixture here
    """Let the reading side listen to ``drive``."""
    file = boat.people.ingest
    lights = [file.parent / name for name in ("good", "bad")]
    for light in lights:
        light.write_text("0\n")
    file.write_text(
        file.read_text()
        + f'[watch]\ndevices = ["{drive}"]\nrescan_seconds = 300\n'
        + f'[signal]\ngood_light = "{lights[0]}"\nbad_light = "{lights[1]}"\n'
    )


def lights(boat: Boat) -> tuple[str, str]:  # noqa: F811 - no fixture here
    """What the lights for good and bad are told."""
    folder = boat.people.ingest.parent
    return (folder / "good").read_text().strip(), (folder / "bad").read_text().strip()


def test_inserted_disc_is_verified_and_admitted_by_itself(
    boat: Boat,  # noqa: F811 - the fixture
    udev: None,
    drive: str,
    tmp_path: Path,
) -> None:
    sent = boat.written()
    register(boat, drive)
    log = (tmp_path / "watch.log").open("wb")
    watcher = subprocess.Popen(
        [sys.executable, "-m", "ferry", "watch", "--settings", str(boat.people.ingest)],
        stdout=log,
        stderr=log,
    )
    try:
        _wait_for(lambda: b"ferry.watching" in (tmp_path / "watch.log").read_bytes())
        subprocess.run(["losetup", drive, str(boat.disc)], check=True)
        _wait_for(lambda: bool(boat.pair.extranet.spool.arrivals(Zone.INTRANET)))
        _wait_for(lambda: lights(boat) == ("1", "0"))
    finally:
        watcher.terminate()
        watcher.wait()
        log.close()
    boat.pair.extranet.exchange.tick()
    assert boat.pair.extranet.effects == sent


def test_disc_in_a_drive_that_is_not_registered_is_left_alone(
    boat: Boat,  # noqa: F811 - the fixture
    udev: None,
    drive: str,
    tmp_path: Path,
) -> None:
    boat.written()
    register(boat, "/dev/sr99")
    log = (tmp_path / "watch.log").open("wb")
    watcher = subprocess.Popen(
        [sys.executable, "-m", "ferry", "watch", "--settings", str(boat.people.ingest)],
        stdout=log,
        stderr=log,
    )
    try:
        _wait_for(lambda: b"ferry.watching" in (tmp_path / "watch.log").read_bytes())
        subprocess.run(["losetup", drive, str(boat.disc)], check=True)
        _wait_for(lambda: b"drive_not_registered" in (tmp_path / "watch.log").read_bytes())
        _wait_for(lambda: lights(boat) == ("0", "1"))
    finally:
        watcher.terminate()
        watcher.wait()
        log.close()
    assert boat.pair.extranet.spool.arrivals(Zone.INTRANET) == []
    facts = CarrierFacts.read(boat.pair.extranet.spool.folder, "ferry-ingest")
    assert facts is not None
    assert [code for code, _words in facts.alarms] == ["drive_unregistered"]


def _wait_for(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        with suppress(FileNotFoundError):
            if so():
                return
        time.sleep(0.2)
    raise AssertionError("it did not happen")
