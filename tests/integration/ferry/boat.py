"""Both sides of a ferry around one pair of zones, with people at their posts."""

import io
import json
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from appliance.ferryman import Ferrymen
from integration.exchange.pair import Pair

from ferry.__main__ import ferry
from kernel.bundle import BeaconName, parse_name
from kernel.keys import entry_text, generate_station
from kernel.program import cli
from kernel.vocabulary.zones import Zone


def here(arguments: Sequence[str]) -> tuple[int, str, str]:
    """Run the command line within this process: its exit code and what it printed."""
    out, words = io.StringIO(), io.StringIO()
    code = 0
    with redirect_stdout(out), redirect_stderr(words):
        try:
            cli.run(ferry, "ferry", list(arguments))
        except SystemExit as ended:
            code = int(ended.code or 0)
    return code, out.getvalue(), words.getvalue()


@dataclass(slots=True)
class Boat:
    """A pair of zones, the disc between them, and who carries it."""

    pair: Pair
    people: Ferrymen

    @property
    def disc(self) -> Path:
        """The image that plays the disc."""
        return self.people.disc

    def post(self, count: int = 1) -> list[str]:
        """Results that wait on the intranet; answers their message ids."""
        sent = [self.pair.post_progress(number) for number in range(1, count + 1)]
        self.pair.intranet.exchange.tick()
        return sent

    def written(self, count: int = 1) -> list[str]:
        """Post results and write them on a disc."""
        sent = self.post(count)
        assert self.people.write() is not None
        return sent

    def run(self, command: str, *arguments: str, expect: int = 0) -> dict[str, object]:
        """Run a command of the reading side, or of the writing side for its own commands."""
        reading = {"ingest", "watch"}
        side = self.people.ingest if command in reading else self.people.export
        given = [] if command in {"inspect", "recover"} else ["--settings", str(side)]
        code, out, words = here((command, *arguments, *given, "--json"))
        assert code == expect, out + words
        assert "Traceback" not in words
        answer: dict[str, object] = json.loads(out)
        return answer

    def arrived(self) -> list[str]:
        """Let the extranet admit what was read; answers the effects so far."""
        self.pair.extranet.exchange.tick()
        return list(self.pair.extranet.effects)

    def bundles_ready(self) -> list[str]:
        """Names of bundles that wait for a disc."""
        ready = self.pair.intranet.spool.ready(Zone.EXTRANET)
        return [entry.name for entry in ready if not isinstance(entry.parsed, BeaconName)]

    def states(self) -> dict[str, str]:
        """The writing side's media that are not blank stock, with their states."""
        media = self.run("ledger")["media"]
        assert isinstance(media, list)
        return {one["medium"]: one["state"] for one in media if one["state"] != "in_stock"}


def make_boat(
    folder: Path,
    pair: Pair,
    more: Callable[[str], str] = lambda _side: "",
    *,
    prepare: bool = True,
) -> Boat:
    """Settings, keys, people and stock below ``folder``; ``more`` adds tables to a side's file.

    Without ``prepare`` there is nobody and nothing in stock yet.
    """
    station = generate_station(Zone.INTRANET, folder / "carry.key")
    public = [keys.public(purpose) for keys in pair.keys.values() for purpose in keys.purposes()]
    (folder / "trust.toml").write_text("\n".join(entry_text(key) for key in [*public, station]))
    disc = folder / "disc.iso"
    for side, zone in (("export", "intranet"), ("ingest", "extranet")):
        own = '[station]\nkey = "carry.key"\n' if side == "export" else ""
        medium = "" if "[medium]" in more(side) else f'[medium]\ndevice = "{disc}"\n'
        (folder / f"{side}.toml").write_text(
            f'side = "{side}"\norigin = "intranet"\ndestination = "extranet"\n'
            f'[spool]\nfolder = "{zone}/spool"\n[state]\nfolder = "{side}-state"\n'
            f'[trust]\nfile = "trust.toml"\n{medium}{own}{more(side)}'
        )
    files = (folder / "export.toml", folder / "ingest.toml", disc, folder / "passphrase")
    people = Ferrymen(*files, start=here)
    if prepare:
        people.prepare()
    return Boat(pair, people)


def is_beacon(name: str) -> bool:
    """Whether a file of a disc is a beacon."""
    return isinstance(parse_name(name), BeaconName)
