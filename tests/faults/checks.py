"""What must hold at every instant, and what must hold once everything has run again."""

from pathlib import Path

from faults.world import MESSAGES, World
from kernel.bundle import Receiver, parse_name
from kernel.carriage import pass_on
from kernel.clock import SystemClock
from kernel.durable import PART
from kernel.errors import RejectedBundleError
from kernel.vocabulary.zones import Zone


class _Nowhere:
    def write(self, _chunk: memoryview) -> None:
        pass


def at_any_instant(world: World) -> list[str]:
    """Violations visible right after a fault, before anything has started again."""
    found: list[str] = []
    for folder, to in world.places():
        found += _half_files(world, folder, to)
    kept = {path.name for path in world.spool(world.sender).kept(world.receiver).iterdir()}
    for (name,) in world.rows(
        world.sender, "SELECT name FROM bundle_out WHERE state != 'confirmed'"
    ):
        if name not in kept:
            found.append(f"sealed, not confirmed and not kept: {name}")
    query = "SELECT id FROM inbox_message WHERE state = 'applied' ORDER BY id"
    applied, effects = [row[0] for row in world.rows(world.receiver, query)], world.effects()
    if applied != effects:
        found.append(f"{len(applied)} messages noted as applied, {len(effects)} effects")
    return found + _quarantined(world)


def on_the_way(world: World) -> list[str]:
    """Bundles that nobody has between the sender's ``ready`` and the effect at the receiver.

    The exchange would find out by its beacons and offer them again, and so hide the loss.
    """
    there = world.on_the_way()
    there |= {str(row[0]) for row in world.rows(world.receiver, "SELECT name FROM bundle_in")}
    query = "SELECT name FROM bundle_out WHERE state != 'confirmed'"
    names = [str(row[0]) for row in world.rows(world.sender, query)]
    return [f"lost on the way: {name}" for name in names if name not in there]


def after_fault(world: World, step: str) -> list[str]:
    """What is wrong right after a fault in ``step``."""
    found = at_any_instant(world)
    # Only the exchange itself may be between recording a bundle and offering it.
    return found if step == "seal" else found + on_the_way(world)


def in_the_end(world: World) -> list[str]:
    """Violations after every program has run again without a fault."""
    found = at_any_instant(world)
    sent = [row[0] for row in world.rows(world.sender, "SELECT id FROM outbox_message ORDER BY id")]
    effects = world.effects()
    if len(sent) != MESSAGES:
        found.append(f"{len(sent)} messages in the outbox instead of {MESSAGES}")
    if effects != sent:
        found.append(f"{len(effects)} effects of {len(sent)} messages, or not the same")
    query = "SELECT name, state FROM bundle_out WHERE state != 'confirmed'"
    found += [
        f"never confirmed: {name} ({state})" for name, state in world.rows(world.sender, query)
    ]
    for zone, to in ((world.sender, world.receiver), (world.receiver, world.sender)):
        spool = world.spool(zone)
        if zone is world.sender:
            found += [f"still kept: {name}" for name in sorted(spool.kept_names(to))]
        found += [f"still ready: {entry.name}" for entry in spool.ready(to) if _is_bundle(entry)]
        found += [f"still arriving: {entry.name}" for entry in spool.arrivals(to)]
    found += [f"left in the drop folder: {path.name}" for path in world.left_between()]
    found += [
        f"left over: {path.relative_to(world.folder)}"
        for path in sorted(world.folder.rglob(f"*{PART}"))
    ]
    return found


def _is_bundle(entry: object) -> bool:
    return str(getattr(entry, "name", "")).endswith(".tar")


def _half_files(world: World, folder: Path, to: Zone) -> list[str]:
    found = []
    receiver = Receiver(world.trust(), to, SystemClock().now())
    for path in sorted(folder.iterdir()):
        if path.name.endswith(PART):
            continue
        try:
            parse_name(path.name)
        except RejectedBundleError:
            continue
        try:
            with path.open("rb") as file:
                pass_on(file, _Nowhere(), receiver, path.name)
        except RejectedBundleError as error:
            where = path.parent.relative_to(world.folder)
            found.append(f"not whole under its final name ({error.code}): {where}/{path.name}")
    return found


def _quarantined(world: World) -> list[str]:
    found = []
    for zone in (world.sender, world.receiver):
        try:
            items = world.spool(zone).quarantined()
        except ValueError as error:
            found.append(f"unreadable reason in quarantine at {zone.value}: {error}")
            continue
        found += [f"quarantined at {zone.value}: {item.code} {item.name}" for item in items]
    return found
