"""The people of the ferry: one asks, another approves, a disc is written, carried and read.

They use nothing but the ``ferry`` command; the disc is an image file that is blank at first and is
put away after it was read.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PASSPHRASE: Final = "Sample-ferry-2026"
PEOPLE: Final = (
    ("baidu01", "朱文予", "maker"),
    ("shenpi01", "秦书言", "approver"),
    ("disong01", "许望舒", "courier"),
    ("jiezhi01", "何清和", "custodian"),
)
"""Invented."""
STOCK: Final = 1000
_REJECTED: Final = 4


class FerryError(RuntimeError):
    """A command refused; ``code`` is its error code."""

    def __init__(self, command: str, answer: dict[str, object], words: str) -> None:
        super().__init__(f"ferry {command}: {answer} {words[-500:]}")
        self.code = str(answer.get("error", ""))


@dataclass(frozen=True, slots=True)
class Trip:
    """One medium that was written and read: its number, files, bytes."""

    medium: str
    files: int
    bytes: int


Start = Callable[[Sequence[str]], tuple[int, str, str]]
"""Runs ``ferry`` with arguments: exit code, standard output, standard error."""


def as_program(arguments: Sequence[str]) -> tuple[int, str, str]:
    """Run the command as a person at a terminal does: in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "ferry", *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout, done.stderr


@dataclass(frozen=True, slots=True)
class Ferrymen:
    """Both sides' people: settings files, the image that is the disc, where the passphrase lies."""

    export: Path
    ingest: Path
    disc: Path
    passphrase: Path
    start: Start = as_program

    def run(self, command: str, *arguments: str, side: str = "export") -> dict[str, object]:
        """Run one command; answers what it prints under ``--json``.

        Raises :class:`FerryError` when it exits with an error; files that were set aside while a
        medium was read are no error here.
        """
        settings = self.export if side == "export" else self.ingest
        given = (command, *arguments, "--settings", str(settings), "--json")
        code, out, words = self.start(given)
        answer: dict[str, object] = json.loads(out or "{}")
        if code not in (0, _REJECTED) or "error" in answer:
            raise FerryError(command, answer, words)
        return answer

    def by(self, role: str) -> tuple[str, ...]:
        """The options that say who acts."""
        login = next(login for login, _name, held in PEOPLE if held == role)
        return ("--by", login, "--passphrase-file", str(self.passphrase))

    def prepare(self) -> None:
        """Enrol everybody and register blank media; once."""
        if self.run("ledger")["summary"]:
            return
        self.note_passphrase()
        for login, name, role in PEOPLE:
            try:
                self.run(
                    *("operator", "add", login, "--name", name, "--role", role),
                    *("--passphrase-file", str(self.passphrase)),
                )
            except FerryError as error:
                if error.code != "operator_exists":  # Of a start that was cut off.
                    raise
        self.run("stock", "JY000001", "--count", str(STOCK), *self.by("custodian"))

    def note_passphrase(self) -> None:
        """Leave the passphrase where the writing side finds it."""
        self.passphrase.write_text(PASSPHRASE, "utf-8")

    def carry(self) -> None:
        """Bring the disc to the other side; on one machine both have the same drive."""

    def put_away(self) -> None:
        """Take the disc out of the reading side's drive."""
        self.disc.unlink()

    def write(self, purpose: str = "样例：空间审核结果和回执") -> dict[str, object] | None:
        """Ask, approve, write; None when there was nothing to carry."""
        try:
            asked = self.run("request", "--purpose", purpose, *self.by("maker"))
        except FerryError as error:
            if error.code == "nothing_to_export":
                return None
            raise
        trip = str(asked["trip"])
        self.run("approve", trip, *self.by("approver"))
        return self.run("export", trip)

    def read(self) -> dict[str, object]:
        """Read the disc on the other side and put it away."""
        self.carry()
        found = self.run("ingest", side="ingest")
        self.put_away()
        return found

    def make_trip(self) -> Trip | None:
        """Write a disc and read it on the other side; None when there was nothing to carry."""
        written = self.write()
        if written is None:
            return None
        read = self.read()
        if read["refused"]:
            raise RuntimeError(f"ferry ingest: {read}")
        return Trip(str(written["medium"]), int(str(written["files"])), int(str(written["bytes"])))
