"""The installed service in a machine of its own: discs put in, sticks plugged in and pulled out.

QEMU emulates the hardware in software; kernel, udev, systemd and Python are Debian's. What the
service admitted is given to the zone's exchange here, whose receipts go home.
"""

import hashlib
import io
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest
from appliance.machine import machine
from appliance.machine_ferry import UNIT, ReadingStation, parcel
from appliance.machine_image import ROOT, image, missing
from integration.exchange.pair import Pair
from integration.ferry.boat import Boat, make_boat

from kernel.bundle import parse_name
from kernel.bundle.names import BeaconName
from kernel.exchange import post
from kernel.messages import BlobRef, Kind, ProgressReported
from kernel.vocabulary.zones import Zone

REGISTERED = "TB-STICK-0001"
STRANGER = "TB-STICK-9999"
MIB = 1024 * 1024
BUNDLES = 6
SLOWLY = 400_000
"""Bytes a second of a stick that somebody pulls out before it has been read."""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.root,
    pytest.mark.skipif(
        platform.machine() != "x86_64" or os.geteuid() != 0 or bool(missing()),
        reason="needs root on x86-64, QEMU and debootstrap",
    ),
]


@pytest.fixture(scope="module")
def boat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boat]:
    folder = tmp_path_factory.mktemp("boat")
    pair = Pair(folder, lambda zone: f"sqlite:///{folder / zone}.db")
    yield make_boat(folder, pair)
    pair.close()


@pytest.fixture(scope="module")
def station(boat: Boat, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingStation]:
    folder = tmp_path_factory.mktemp("machine")
    trust = boat.people.ingest.parent / "trust.toml"
    disk = parcel(folder, trust, [REGISTERED])
    with machine(folder, image(ROOT / "build" / "machine"), disk) as started:
        found = ReadingStation(started)
        found.install()
        yield found


def written(boat: Boat, folder: Path, sent: int) -> tuple[Path, list[str], set[str]]:
    """A medium with so many results, each with a large file: its image, messages, bundles."""
    side, messages = boat.pair.intranet, []
    for number in range(1, sent + 1):
        stored = side.store.put(io.BytesIO(os.urandom(MIB)), MIB)
        case = f"W{number:015d}"
        with side.database.begin() as session:
            messages.append(
                post(
                    session,
                    origin=Zone.INTRANET,
                    destination=Zone.EXTRANET,
                    kind=Kind.PROGRESS_REPORTED,
                    body=ProgressReported(
                        case_no=case, step="arrived", label="已到达", zone="intranet", at=number
                    ),
                    case_no=case,
                    now=number,
                    blobs=[BlobRef(digest=stored.digest, size=MIB, media_type="image/png")],
                )
            )
        side.exchange.tick()
    names = {entry.name for entry in side.spool.ready(Zone.EXTRANET)}
    done = boat.people.write()
    assert done is not None
    return boat.disc.rename(folder / f"{done['medium']}.iso"), messages, names


def brought_home(boat: Boat, station: ReadingStation) -> list[str]:
    """Give the exchange what the service admitted; answers the effects. Receipts go home."""
    spool = boat.pair.extranet.spool
    for name in station.arrivals():
        with spool.delivering(Zone.INTRANET, name) as copy:
            copy.write(station.take(name))
    effects = boat.arrived()
    boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
    boat.pair.intranet.exchange.tick()
    return effects


def bundles(station: ReadingStation) -> set[str]:
    """Names of the admitted bundles."""
    names = station.arrivals()
    return {name for name in names if not isinstance(parse_name(name), BeaconName)}


def test_discs_put_into_the_drive_one_after_the_other_come_home_with_receipts(
    boat: Boat, station: ReadingStation, tmp_path: Path
) -> None:
    incidents = station.incidents()
    for _ in range(2):
        before = list(boat.pair.extranet.effects)
        disc, sent, names = written(boat, tmp_path, 2)
        station.machine.insert(disc)
        station.wait_for(lambda names=names: names <= set(station.arrivals()))
        station.wait_for(station.machine.tray_open)
        assert brought_home(boat, station) == before + sent
        assert boat.states()[disc.stem] == "acknowledged"
    assert station.incidents() == incidents


def test_a_stick_that_is_not_registered_is_refused_whatever_is_on_it(
    boat: Boat, station: ReadingStation, tmp_path: Path
) -> None:
    before, incidents = list(boat.pair.extranet.effects), station.incidents()
    content, sent, names = written(boat, tmp_path, 1)
    station.machine.plug("stranger", content, STRANGER)
    station.wait_for(lambda: station.incidents() == [*incidents, "stick_unregistered"])
    station.wait_for(lambda: bool(station.facts().get("alarms")))
    ((code, words),) = station.facts()["alarms"]
    assert code == "stick_unregistered"
    assert STRANGER in words
    assert "stick_unregistered" in station.journal()
    assert station.arrivals() == []
    station.machine.unplug("stranger")
    # It was the stick, not what was on it.
    station.machine.plug("ours", content, REGISTERED)
    station.wait_for(lambda: names <= set(station.arrivals()))
    station.machine.unplug("ours")
    assert brought_home(boat, station) == before + sent
    assert station.incidents() == [*incidents, "stick_unregistered"]


def test_a_stick_pulled_out_while_it_is_read_is_read_whole_when_it_comes_back(
    boat: Boat, station: ReadingStation, tmp_path: Path
) -> None:
    before, incidents = list(boat.pair.extranet.effects), station.incidents()
    content, sent, names = written(boat, tmp_path, BUNDLES)
    digest = hashlib.sha256(content.read_bytes()).digest()
    station.machine.plug("stick", content, REGISTERED, slow=SLOWLY)
    station.wait_for(lambda: bool(bundles(station)))
    station.machine.unplug("stick")
    station.wait_for(lambda: station.incidents() == [*incidents, "medium_gone"])
    admitted = {name.rpartition("/")[2]: file for name, file in station.spool().items()}
    arrived = {name: admitted[name] for name in bundles(station)}
    assert 0 < len(arrived) < len(sent)
    kept = boat.pair.intranet.spool.folder / "out" / "extranet" / "kept"
    assert all((kept / name).read_bytes() == file for name, file in arrived.items())
    assert station.machine.run("/bin/systemctl", "is-active", UNIT).out == "active\n"
    assert not [name for name in station.spool() if name.startswith(("tmp/", "quarantine/"))]

    station.machine.plug("stick", content, REGISTERED)
    station.wait_for(lambda: names <= set(station.arrivals()))
    station.wait_for(lambda: station.ledger()[-1]["act"] == "import")
    assert brought_home(boat, station) == before + sent
    assert boat.states()[content.stem] == "acknowledged"
    assert station.incidents() == [*incidents, "medium_gone"]
    station.machine.unplug("stick")
    assert hashlib.sha256(content.read_bytes()).digest() == digest
