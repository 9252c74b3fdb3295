"""Two zones with the ferry between them: request, approval, disc, reading, as people do it.

The disc is an image file in the drop folder. What a person does after a fault is here too: they
look into the ledger, type the same command again, and change the disc when it is refused.
"""

import io
import json
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from appliance.ferryman import Ferrymen

from faults import posting
from faults.world import Step, World, age, bring_back, exchange_step, zones_of
from ferry.__main__ import ferry
from ferry.ledger.book import View
from ferry.ledger.states import MediumState
from ferry.settings import FerrySettings
from ferry.station import Station
from kernel.clock import SystemClock
from kernel.keys import entry_text, generate_station
from kernel.messages import Kind, ProgressReported
from kernel.program import cli
from kernel.program.settings import load_resolved
from kernel.vocabulary.zones import Zone

_SETTINGS: Final = """side = "{side}"
origin = "intranet"
destination = "extranet"
[spool]
folder = "{zone}/spool"
[state]
folder = "{zone}/ferry"
[medium]
device = "drop/disc.iso"
[trust]
file = "trust.toml"
"""
_DONE: Final = frozenset({"nothing_staged", "trip_unknown"})
_ROUNDS: Final = 5
UNDERWAY: Final = frozenset(
    {MediumState.VERIFIED, MediumState.LABELLED, MediumState.HANDED_OVER, MediumState.ACKNOWLEDGED}
)


@dataclass(frozen=True, slots=True)
class FerryWorld(World):
    """Intranet, extranet and the disc between them; ``drop`` is the drive."""

    carrier: ClassVar[str] = "ferry"
    sender: ClassVar[Zone] = Zone.INTRANET
    receiver: ClassVar[Zone] = Zone.EXTRANET

    @property
    def disc(self) -> Path:
        """The image that plays the disc."""
        return self.drop / "disc.iso"

    def places(self) -> list[tuple[Path, Zone]]:
        """See :meth:`World.places`; what was frozen for a trip counts, too."""
        frozen = sorted((self.folder / self.sender.value / "spool" / "ferry").glob("*"))
        named = [place for place in super(FerryWorld, self).places() if place[0] != self.drop]
        return [*named, *((folder, self.receiver) for folder in frozen)]

    def left_between(self) -> list[Path]:
        """A disc that was read is put away."""
        return []

    def people(self, start: Callable[[Sequence[str]], tuple[int, str, str]]) -> Ferrymen:
        """Whoever works at both sides; ``start`` runs their commands."""
        files = (self.settings("export"), self.settings("ingest"), self.disc)
        return Ferrymen(*files, self.folder / "passphrase", start=start)

    def station(self, side: str) -> Station:
        """One side of the ferry."""
        return Station.open(load_resolved(self.settings(side), FerrySettings), SystemClock())

    def ledger(self, side: str) -> View:
        """What the ledger of ``side`` says; raises when its chain is broken."""
        return self.station(side).book.view()

    def trip(self) -> str | None:
        """The newest trip that was asked for."""
        asked = [line.trip for line in self.ledger("export").lines if line.act == "request"]
        return asked[-1] if asked else None

    def disc_medium(self) -> str | None:
        """The number of the newest medium of which the ledger says that it was proved."""
        view = self.ledger("export")
        proved = [line.medium for line in view.lines if line.act == "verify"]
        return proved[-1] if proved and view.medium(proved[-1]).state in UNDERWAY else None

    def waiting(self) -> bool:
        """Whether a bundle waits for a disc."""
        ready = self.spool(self.sender).ready(self.receiver)
        return any(entry.name.endswith(".tar") for entry in ready)


def build(folder: Path) -> FerryWorld:
    """A new world in which two messages wait, one with a material; people and stock are there."""
    world = FerryWorld(folder)
    zones_of(world)
    station = generate_station(world.sender, folder / "carry.key")
    with (folder / "trust.toml").open("a") as file:
        file.write("\n" + entry_text(station))
    for side, zone in (("export", world.sender), ("ingest", world.receiver)):
        own = '[station]\nkey = "carry.key"\n' if side == "export" else ""
        text = _SETTINGS.format(side=side, zone=zone.value)
        world.settings(side).write_text(text + own)
    stored = posting.picture(folder / world.sender.value / "materials", 1)
    case_no = f"W{1:015d}"
    progress = ProgressReported(
        case_no=case_no, step="arrived", label="已到达", zone="intranet", at=1
    )
    ends = (world.database(world.sender), world.sender, world.receiver)
    posting.send(*ends, Kind.PROGRESS_REPORTED, progress, 1, [])
    posting.send(*ends, Kind.PROGRESS_REPORTED, progress, 2, [stored])
    world.people(_quietly).prepare()
    return world


def _typed(arguments: Sequence[str]) -> int:
    """Run the real command line in this process: its exit code."""
    try:
        cli.run(ferry, "ferry", list(arguments))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


def _quietly(arguments: Sequence[str]) -> tuple[int, str, str]:
    out = io.StringIO()
    with redirect_stdout(out):
        code = _typed(arguments)
    return code, out.getvalue(), ""


def _here(world: World) -> FerryWorld:
    assert isinstance(world, FerryWorld)
    return world


def _do(world: FerryWorld, command: str, *arguments: str) -> tuple[int, str]:
    """Type a command of its side; its exit code, and the error's code if there is one."""
    side = "ingest" if command == "ingest" else "export"
    given = (command, *arguments, "--settings", str(world.settings(side)), "--json")
    code, out, _ = _quietly(given)
    # What it said is judged by the harness.
    print(out, end="")
    answer = json.loads(out) if out.strip() else {}
    return code, str(answer.get("error", ""))


def request(world: World) -> int:
    """The maker asks for what waits."""
    here = _here(world)
    return _do(here, "request", "--purpose", "样例", *here.people(_quietly).by("maker"))[0]


def approve(world: World) -> int:
    """Somebody else approves it."""
    here = _here(world)
    trip = here.trip() or ""
    return _do(here, "approve", trip, *here.people(_quietly).by("approver"))[0]


def export(world: World) -> int:
    """The next disc of the trip is built, written and proved."""
    here = _here(world)
    return _do(here, "export", here.trip() or "")[0]


def ingest(world: World) -> int:
    """The disc is read on the other side, if there is one that was proved."""
    here = _here(world)
    if not here.disc.exists() or here.disc_medium() is None:
        return 0
    return _do(here, "ingest")[0]


def settle(world: World) -> int:
    """Somebody looks into the ledger, which first takes in what was confirmed."""
    return _do(_here(world), "ledger")[0]


def resume(world: World) -> int:
    """The same command again, until the trip has no medium left; a used disc is changed."""
    here = _here(world)
    for _ in range(_ROUNDS):
        trip = here.trip()
        if trip is None:
            return 0
        code, error = _do(here, "export", trip)
        if error in _DONE:
            return 0
        if error == "not_approved":
            code = approve(here)
        elif error == "medium_not_blank":
            here.disc.unlink()
            code = 0
        if code:
            return code
    return 0


def more(world: World) -> int:
    """What still waits goes with another trip, on a new disc."""
    here = _here(world)
    if not here.waiting():
        return 0
    here.disc.unlink(missing_ok=True)
    for step in (request, approve, export, ingest):
        if code := step(here):
            return code
    return 0


STEPS: Final[dict[str, Step]] = {
    "seal": exchange_step(FerryWorld.sender),
    "request": request,
    "approve": approve,
    "export": export,
    "ingest": ingest,
    "admit": exchange_step(FerryWorld.receiver),
    "back": bring_back,
    "confirm": exchange_step(FerryWorld.sender),
    "settle": settle,
    "age": age,
    "resume": resume,
    "more": more,
}
ORDER: Final = (
    *("seal", "request", "approve", "export", "ingest", "admit", "back", "confirm", "settle"),
)
AGAIN: Final = (
    *("age", "resume", "honest", "ingest", "seal", "more", "admit", "back", "confirm", "settle"),
)
