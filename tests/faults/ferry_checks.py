"""What must hold at every instant of a trip by disc, and what once everything has run again."""

import os
from pathlib import Path

from faults import checks
from faults.ferry_world import FerryWorld
from faults.world import World
from ferry.ledger.states import MediumState
from ferry.manifest import FOLDER
from ferry.release import manifest_of
from ferry.repair.check import check
from ferry.repair.recover import OpenDevice
from ferry.writing import read_manifest
from ferry.xorriso import list_files
from kernel.errors import TongbanError

_NOT_STUCK = frozenset(
    {
        MediumState.IN_STOCK,
        MediumState.ACKNOWLEDGED,
        MediumState.REJECTED,
        MediumState.IMPORTED,
    }
)


def after_fault(world: World, _step: str) -> list[str]:
    """What is wrong right after a fault."""
    assert isinstance(world, FerryWorld)
    found = _ledgers(world)
    if found:
        return found
    return checks.at_any_instant(world) + _promises(world) + _lost(world)


def honest(world: World) -> int:
    """A step of its own: nothing is lost as soon as the command was repeated.

    The exchange would find out by its beacons later, offer again, and so hide the loss.
    """
    found = after_fault(world, "resume")
    print("\n".join(found))
    return len(found)


def in_the_end(world: World) -> list[str]:
    """Violations after everybody has done their work again without a fault."""
    assert isinstance(world, FerryWorld)
    if found := _ledgers(world):
        return found
    found = checks.in_the_end(world)
    for side in ("export", "ingest"):
        found += [
            f"{medium.number} stays {medium.state.value} at {side}"
            for medium in world.ledger(side).media.values()
            if medium.state not in _NOT_STUCK
        ]
    for side in (world.sender, world.receiver):
        for name in ("images", "recovered"):
            folder = world.folder / side.value / "ferry" / name
            found += [f"left over: {name}/{path.name}" for path in folder.glob("*")]
    return found


def _ledgers(world: FerryWorld) -> list[str]:
    found = []
    for side in ("export", "ingest"):
        try:
            world.ledger(side)
        except TongbanError as error:
            found.append(f"ledger at {side}: {error.code}: {error.message}")
    return found


def _promises(world: FerryWorld) -> list[str]:
    """The ledgers must not say more than is true: proved means readable, imported means here."""
    found = []
    proved = world.disc_medium()
    if proved is not None and (wrong := _disc_is_wrong(world, proved)):
        found.append(f"{proved} is called proved: {wrong}")
    station = world.station("export")
    for medium in world.ledger("ingest").in_state(MediumState.IMPORTED):
        here = _arrived(world)
        names = [file.name for file in read_manifest(station, medium.number).files]
        found += [f"called imported: {name}" for name in names if _is_lost(name, here)]
    return found


def _disc_is_wrong(world: FerryWorld, number: str) -> str:
    digest = world.ledger("export").medium(number).detail("image")
    try:
        handle = os.open(world.disc, os.O_RDONLY)
    except OSError as error:
        return str(error)
    try:
        wrong = check(OpenDevice(handle), number, digest, lambda _percent: None)
    finally:
        os.close(handle)
    if wrong is not None:
        return f"sector {wrong} is wrong"
    if not manifest_of(world.station("export"), number).exists():
        return "its cover sheet was not kept"
    return ""


def _lost(world: FerryWorld) -> list[str]:
    """Bundles nobody has: neither waiting, nor on a proved disc, nor at the other side."""
    there = {path.name for path in world.spool(world.sender).ready_folder(world.receiver).iterdir()}
    there |= _arrived(world)
    if world.disc_medium() is not None and not _disc_is_wrong(world, world.disc_medium() or ""):
        files = list_files(world.disc).files
        there |= {Path(file.path).name for file in files if file.path.startswith(f"/{FOLDER}/")}
    query = "SELECT name FROM bundle_out WHERE state != 'confirmed'"
    names = [str(row[0]) for row in world.rows(world.sender, query)]
    return [f"lost on the way: {name}" for name in names if name not in there]


def _arrived(world: FerryWorld) -> set[str]:
    arrivals = world.spool(world.receiver).arrivals_folder(world.sender)
    known = world.rows(world.receiver, "SELECT name FROM bundle_in")
    return {path.name for path in arrivals.iterdir()} | {str(row[0]) for row in known}


def _is_lost(name: str, here: set[str]) -> bool:
    # A beacon has no row of its own once it was admitted.
    return name.endswith(".tar") and name not in here
