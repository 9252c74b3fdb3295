"""The recorded trip of the operators' manual, replayed: the page cannot say what is not so.

Blocks marked ``console`` hold what a terminal shows: ``$`` commands, what they print, and ``#``
lines for what happens between them, each of which is done here too. Without a terminal the
programs print plain lines. ``python -m integration.ferry.manual`` records the page anew.
"""

import os
import re
import shlex
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.ferryman import PASSPHRASE
from integration.exchange.pair import Pair
from integration.ferry.boat import Boat, here, make_boat

from kernel.clock import to_micros
from kernel.deadlines import DEADLINES, Deadline, Deadlines, Stage
from kernel.vocabulary.zones import Zone

PAGE = Path(__file__).parents[3] / "docs" / "manual" / "ferry.md"
TIMETABLE = '[timetable]\ntrips = ["30 10 * * mon-fri", "30 16 * * mon-fri"]\n'
_BLOCK = re.compile(r"(```console\n)(.*?)(```)", re.DOTALL)
_TRIP = re.compile(r"\b[0-9a-f]{32}\b")
_VARYING = (
    (re.compile(r"\b[0-9a-f]{32,64}\b"), "H"),
    (re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}"), "T"),
    (re.compile(r"\d+(\.\d+)? (字节|KB|MB|GB)"), "S"),
    (re.compile(r"\b(beacon|register|review|materials|urgent)-[0-9a-f-]+\.\w+"), "F"),
    (re.compile(r"image=H|size=\d+"), "V"),
    (re.compile(r"=\d+"), "=N"),
    (re.compile(r"\bW\d{15}\b"), "W"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """One command with what the page says it prints."""

    command: str
    lines: tuple[str, ...]


@dataclass(slots=True)
class Replay:
    """The sample stations, and what happened to them so far."""

    boat: Boat
    folder: Path
    trips: list[str]
    """Trips of the page's commands, in order."""
    names: dict[str, str] = field(default_factory=dict)
    """Trips of the page by their names there, as they are called here."""
    posted: int = 0

    def run(self, command: str) -> list[str]:
        """Type ``command``; answers the lines it prints, errors among them."""
        for page, actual in self.names.items():
            command = command.replace(page, actual)
        program, *words = shlex.split(command)
        assert program == "ferry", command
        if "--by" in words or words[:2] == ["operator", "add"]:
            words += ["--passphrase-file", str(self.boat.people.passphrase)]
        with chdir(self.folder):
            _code, out, errors = here(words)
        lines = (errors + out).splitlines()
        return [line.replace(f"{self.folder}/", "") for line in lines if not line.startswith("{")]

    def learn(self, actual: list[str]) -> None:
        """Note how the next trip of the page is called here, once it has been asked for."""
        new = [one for one in _TRIP.findall("\n".join(actual)) if one not in self.names.values()]
        left = [one for one in self.trips if one not in self.names]
        if new and left:
            self.names[left[0]] = new[0]

    def happen(self, words: str) -> None:
        """What a ``#`` line says happens; raises :class:`KeyError` for one that nobody knows."""
        happenings: dict[str, Callable[[], object]] = {
            "内网审结了几件，结果等着送出": self._post,
            "送到外网机房，放入读盘机": lambda: None,
            "外网处理完毕，回执经光闸回到内网": self._receipts,
            "光盘送出后在途中遗失": lambda: self.boat.disc.rename(self.folder / "lost.iso"),
            "内网的交换程序看到请求，片刻之后": self.boat.pair.intranet.exchange.tick,
            "放入一张空白光盘": self._blank,
            "有人找到了遗失的那张，放入读盘机": self._found,
            "误放了一张别处的光盘": self._strange,
        }
        happenings[words]()

    def _post(self) -> None:
        for _ in range(3):
            self.posted += 1
            self.boat.pair.post_progress(self.posted)
        self.boat.pair.intranet.exchange.tick()
        due = datetime.now(UTC) + timedelta(days=30)
        case = Deadline(
            case_no=f"W{due:%Y%m%d}{self.posted:07d}",
            due_at=to_micros(due),
            stage=Stage.WAITING,
            file=self.boat.bundles_ready()[0],
        )
        Deadlines(cases=(case,)).write(self.boat.pair.intranet.spool.folder, DEADLINES)

    def _receipts(self) -> None:
        self.boat.arrived()
        self.boat.pair.carry(Zone.EXTRANET, Zone.INTRANET)
        self.boat.pair.intranet.exchange.tick()

    def _blank(self) -> None:
        self.boat.disc.unlink(missing_ok=True)

    def _found(self) -> None:
        (self.folder / "lost.iso").replace(self.boat.disc)

    def _strange(self) -> None:
        self.boat.disc.write_bytes(b"rubbish " * 500_000)


def replay(folder: Path, text: str) -> Iterator[tuple[Said, list[str]]]:
    """Do what the page says, in order; yields each command with what it printed here."""
    pair = Pair(folder, lambda zone: f"sqlite:///{folder / zone}.db")
    try:
        boat = make_boat(folder, pair, lambda _side: TIMETABLE, prepare=False)
        boat.people.passphrase.write_text(PASSPHRASE, "utf-8")
        stage = Replay(boat, folder, trips_of(text))
        for said in steps(text):
            if isinstance(said, str):
                stage.happen(said)
                continue
            printed = stage.run(said.command)
            if " request " in said.command:
                stage.learn(printed)
            yield said, printed
    finally:
        pair.close()


def steps(text: str) -> Iterator[Said | str]:
    """Commands and happenings of the page, in order."""
    for block in _BLOCK.findall(text):
        command, lines = "", []
        for line in [*block[1].splitlines(), "# "]:
            if line.startswith(("$ ", "# ")):
                if command:
                    yield Said(command, tuple(lines))
                command, lines = line[2:] if line.startswith("$ ") else "", []
                if line[2:] and not command:
                    yield line[2:]
            elif line != "口令：":
                lines.append(line)


def shape(lines: list[str] | tuple[str, ...]) -> list[str]:
    """Lines without what differs from one run to the next: numbers of trips, times, sizes."""
    shaped = []
    for line in lines:
        if line.endswith("……"):
            continue  # A step that is over before it is looked at is not told.
        for pattern, mark in _VARYING:
            line = pattern.sub(mark, line)  # noqa: PLW2901 - one after the other
        shaped.append(line.rstrip())
    return shaped


def record(text: str, folder: Path) -> str:
    """The page with every block printed anew."""
    printed = iter([lines for _said, lines in replay(folder, text)])

    def anew(found: re.Match[str]) -> str:
        out: list[str] = []
        for line in found[2].splitlines():
            if line.startswith(("$ ", "# ")):
                out.append(line)
                if line.startswith("$ "):
                    out += (["口令："] if "--by" in line else []) + next(printed)
        return found[1] + "\n".join(out) + "\n" + found[3]

    fresh = _BLOCK.sub(anew, text)
    return _rename_trips(text, fresh)


def trips_of(text: str) -> list[str]:
    """Trips that the page's commands name, in order."""
    typed = " ".join(step.command for step in steps(text) if isinstance(step, Said))
    return list(dict.fromkeys(_TRIP.findall(typed)))


def _rename_trips(text: str, fresh: str) -> str:
    """Commands keep the page's names of trips; what was printed is called the same."""
    wanted = trips_of(text)
    known = [name for name in dict.fromkeys(_TRIP.findall(fresh)) if name not in wanted]
    for old, new in zip(known, wanted, strict=False):
        fresh = fresh.replace(old, new)
    return fresh


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    with tempfile.TemporaryDirectory() as temporary:
        PAGE.write_text(record(PAGE.read_text("utf-8"), Path(temporary)), "utf-8")
