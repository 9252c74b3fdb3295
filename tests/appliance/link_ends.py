"""Both ends of the one-way link as programs, each in its own network namespace."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from appliance.link import RECEIVER_ADDRESS, OneWay
from gate.diode.frame import LinkKey

PORT: Final = 7700
_START_SECONDS: Final = 20.0
_STOP_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.05


class Ends:
    """Settings, folders and programs of both ends below one folder."""

    def __init__(self, link: OneWay, folder: Path, more: str = "") -> None:
        """Lay everything out; ``more`` is TOML for both settings files."""
        self._link = link
        self.folder = folder
        self.drop, self.landing = folder / "drop", folder / "landing"
        self.state = {end: folder / f"state-{end}" for end in ("send", "receive")}
        for needed in (self.drop, self.landing, *self.state.values()):
            needed.mkdir(parents=True)
        key = folder / "link.key"
        key.write_text(LinkKey.new_text())
        key.chmod(0o600)
        for end, drop in (("send", self.drop), ("receive", self.landing)):
            self.settings(end).write_text(
                f'end = "{end}"\n[drop]\nfolder = "{drop}"\n'
                f'[state]\nfolder = "{self.state[end]}"\n'
                f'[link]\naddress = "{RECEIVER_ADDRESS}"\nport = {PORT}\nkey = "{key}"\n{more}'
            )

    def settings(self, end: str) -> Path:
        """The settings file of ``send`` or ``receive``."""
        return self.folder / f"{end}.toml"

    def command(self, end: str, *more: str) -> list[str]:
        """An end's program inside its namespace."""
        side = self._link.sender if end == "send" else self._link.receiver
        return self._link.inside(
            side, sys.executable, "-m", "gate", "link", end, "--settings",
            str(self.settings(end)), *more,
        )  # fmt: skip

    def receiving(self) -> AbstractContextManager["subprocess.Popen[bytes]"]:
        """The receiving program, listening; ended with SIGTERM unless it is gone."""
        return self._running("receive")

    def sending(self) -> AbstractContextManager["subprocess.Popen[bytes]"]:
        """The sending program, waiting for files; ended with SIGTERM unless it is gone."""
        return self._running("send")

    @contextmanager
    def _running(self, end: str) -> Iterator["subprocess.Popen[bytes]"]:
        facts = self.state[end] / "facts" / f"gate-link-{end}.json"
        facts.unlink(missing_ok=True)
        log_file = self.folder / f"{end}.log"
        with log_file.open("ab") as log:
            program = subprocess.Popen(self.command(end), stderr=log, stdout=log)
        try:
            wait_for(lambda: facts.exists() or program.poll() is not None, _START_SECONDS)
            if program.poll() is not None:
                raise RuntimeError(log_file.read_text("utf-8"))
            yield program
        finally:
            if program.poll() is None:
                program.send_signal(signal.SIGTERM)
                program.wait(_STOP_SECONDS)

    def send_once(self) -> int:
        """Send everything that lies there; answers how many files went."""
        with (self.folder / "send.log").open("ab") as log:
            done = subprocess.run(
                self.command("send", "--once", "--json"),
                check=True,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        files: int = json.loads(done.stdout)["files"]
        return files

    def facts(self, end: str) -> dict[str, dict[str, int]]:
        """What the end has published."""
        path = self.state[end] / "facts" / f"gate-link-{end}.json"
        said: dict[str, dict[str, int]] = json.loads(path.read_bytes())
        return said

    def put(self, number: int, content: bytes, stream: str = "materials") -> str:
        """A file in the drop folder, under a bundle's name."""
        name = f"{stream}-{number:012d}-{os.urandom(32).hex()}.tar"
        part = self.drop / f".{number}.part"
        part.write_bytes(content)
        part.rename(self.drop / name)
        return name

    def landed(self) -> dict[str, bytes]:
        """What has arrived whole."""
        return {
            path.name: path.read_bytes()
            for path in self.landing.iterdir()
            if not path.name.endswith(".part")
        }


def wait_for(done: Callable[[], bool], seconds: float) -> None:
    """Wait until ``done``; raises :class:`TimeoutError`."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise TimeoutError("it did not happen")
        time.sleep(_LOOK_SECONDS)
