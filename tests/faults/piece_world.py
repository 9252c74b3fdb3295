"""The same way in pieces: a gate that takes small files only, and one piece of each is lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

from faults.planted import Planted
from faults.world import AGAIN, ORDER, RECEIVER, STEPS, World, built
from gate.pieces.gather import PLAN, WHOLE, Gatherer
from gate.pieces.layout import Plan, parse_piece_name, read_front
from kernel.errors import RejectedBundleError

_TABLES: Final = """
[pieces]
bytes = 49152
data = 3
parity = 1
"""


class PieceWorld(World):
    """A world whose gate cuts: what can be restored from pieces is on its way."""

    carrier: ClassVar[str] = "pieces"

    def on_the_way(self) -> set[str]:
        """Names of what lies whole, or in enough pieces, between the two spools."""
        plans: dict[str, Plan] = {}
        numbers: dict[str, set[int]] = {}
        whole: set[str] = set()
        for path in self.drop.glob("*.tbp"):
            with path.open("rb") as file:
                plan, number = read_front(file, path.name)
            plans[plan.mark] = plan
            numbers.setdefault(plan.mark, set()).add(number)
        for home in (self.spool(RECEIVER).folder / "pieces").glob("*"):
            try:
                plan = Plan.parse((home / PLAN).read_bytes())
            except (FileNotFoundError, RejectedBundleError):
                continue
            plans[plan.mark] = plan
            found = {int(path.name) for path in home.iterdir() if path.name.isdigit()}
            numbers.setdefault(plan.mark, set()).update(found)
            whole |= {path.name for path in (home / WHOLE).glob("*.tar")}
        for mark, plan in plans.items():
            groups = (range(one.first, one.first + one.pieces) for one in plan.groups())
            there = zip(plan.groups(), groups, strict=True)
            if all(len(numbers[mark] & set(places)) >= one.data for one, places in there):
                whole.add(plan.name)
        return super().on_the_way() | whole


def build(folder: Path) -> World:
    """As :func:`faults.world.build`, with pieces."""
    return built(PieceWorld(folder), _TABLES)


def lose_one(world: World) -> int:
    """The gate loses the first piece of every file; never the subject here."""
    for path in sorted(world.drop.glob("*.tbp")):
        said = parse_piece_name(path.name)
        if said is not None and said[1] == 0:
            path.unlink()
    return 0


def _half_taken_for_whole() -> None:
    def whole(self: Gatherer) -> Iterator[Path]:
        for home in self.incomplete():
            yield from (home / WHOLE).glob("*") if (home / WHOLE).is_dir() else ()

    Gatherer.whole = whole  # type: ignore[method-assign]


def _after_send(steps: tuple[str, ...]) -> tuple[str, ...]:
    at = steps.index("send") + 1
    return (*steps[:at], "lose", *steps[at:])


PIECE_STEPS: Final = {**STEPS, "lose": lose_one}
PIECE_ORDER: Final = _after_send(ORDER)
PIECE_AGAIN: Final = _after_send(AGAIN)
PLANTED: Final[dict[str, Planted]] = {
    "half_taken_for_whole": (_half_taken_for_whole, "kill", "receive"),
}
