"""Where the one-machine appliance keeps everything: ports, folders, settings files, keys.

One folder holds it all, so that removing it is a fresh start and keeping it is a restart::

    <base>/keys/      every zone's keys, the trust file, the uplink's certificates
    <base>/internet/  settings, database, materials and spool of the zone; the same for the others
    <base>/gate/      the drop folder that plays the one-way gate, and both sides' settings
    <base>/ferry/     settings of the writing and the reading side, and the image that is the disc
    <base>/province/  the credential of the hub, and what the sandbox that plays it was told
    <base>/logs/      one file a program
"""

import json
import secrets
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from appliance.ferryman import Ferrymen
from appliance.processes import Program
from kernel.errors import EXIT_REFUSED
from kernel.keys.__main__ import certificate_sha256

HOST: Final = "127.0.0.1"
ZONES: Final = ("internet", "extranet", "intranet")
HEADING: Final = "# 一机版自动生成，仅供样例运行。"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the consoles and the uplink listen, on the loopback address."""

    internet: int = 18101
    uplink: int = 18102
    extranet: int = 18201
    intranet: int = 18301
    sandbox: int = 18401


def free_ports() -> Ports:
    """As many ports as are needed, on which nobody listens now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in fields(Ports)]
        for one in sockets:
            one.bind((HOST, 0))
        return Ports(*(one.getsockname()[1] for one in sockets))


@dataclass(frozen=True, slots=True)
class Layout:
    """One appliance below ``base``; ``databases`` overrides the URL of a zone's database."""

    base: Path
    ports: Ports
    databases: tuple[tuple[str, str], ...] = ()
    tick_seconds: float = 0.5
    beacon_seconds: float = 5.0
    province: tuple[str, str] = ("", "")
    """Address of the province's hub and our credential there; empty for no link."""
    sandbox: bool = False
    """Whether a sandbox stands where the province's hub would."""

    def url(self, zone: str) -> str:
        """The address of a zone's console, or of the sandbox's page."""
        return f"http://{HOST}:{getattr(self.ports, zone)}"

    def settings(self, program: str) -> Path:
        """The settings file of a program."""
        return self.base / "settings" / f"{program}.toml"

    @property
    def keys(self) -> Path:
        """Everybody's keys; on real hosts each has only its own."""
        return self.base / "keys"

    @property
    def logs(self) -> Path:
        """One log file a program."""
        return self.base / "logs"

    @property
    def samples(self) -> Path:
        """Generated sample data."""
        return self.base / "samples"

    @property
    def drop(self) -> Path:
        """The folder that plays the one-way gate between extranet and intranet."""
        return self.base / "gate" / "drop"

    @property
    def disc(self) -> Path:
        """The image file that plays the disc between intranet and extranet."""
        return self.base / "ferry" / "disc.iso"

    def spool(self, zone: str) -> Path:
        """A zone's spool."""
        return self.base / zone / "spool"

    def programs(self) -> tuple[Program, ...]:
        """Every long-running program of the appliance, in order of start."""
        return (
            self._program("internet serve", "internet_zone", "serve", "internet"),
            self._program("internet uplink", "internet_zone", "uplink", "internet"),
            self._program("internet work", "internet_zone", "work", "internet"),
            self._program("extranet serve", "extranet_zone", "serve", "extranet"),
            self._program("extranet work", "extranet_zone", "work", "extranet"),
            self._program("intranet serve", "intranet_zone", "serve", "intranet"),
            self._program("intranet work", "intranet_zone", "work", "intranet"),
            self._program("gate send", "gate", "send", "gate-send"),
            self._program("gate receive", "gate", "receive", "gate-receive"),
            *((self._sandbox(),) if self.sandbox else ()),
        )

    def _sandbox(self) -> Program:
        folder = self.base / "province"
        return Program(
            "sandbox",
            (
                *("-m", "appliance.sandbox", "--folder", str(folder)),
                *("--port", str(self.ports.sandbox), "--token-file", str(self._token)),
            ),
        )

    def _program(self, name: str, package: str, command: str, settings: str) -> Program:
        return Program(name, ("-m", package, command, "--settings", str(self.settings(settings))))

    def write_settings(self) -> None:
        """Write every program's settings file and the secrets that are missing."""
        for zone in ZONES:
            self.spool(zone).mkdir(parents=True, exist_ok=True)
            self._secret(self.base / zone / "cookie.secret")
        self._token.parent.mkdir(parents=True, exist_ok=True)
        if self.sandbox:
            self._secret(self._token)
        self.drop.mkdir(parents=True, exist_ok=True)
        self.disc.parent.mkdir(parents=True, exist_ok=True)
        self.settings("internet").parent.mkdir(parents=True, exist_ok=True)
        if self.province[0]:
            self._token.write_text(self.province[1], "ascii")
        for name, text in self._files().items():
            path = self.settings(name)
            if not path.exists() or path.read_text("utf-8") != text:
                path.write_text(text, "utf-8")

    @property
    def _token(self) -> Path:
        """Our credential at the province's hub, whoever plays it."""
        return self.base / "province" / "token"

    def _secret(self, path: Path) -> None:
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))

    def _files(self) -> dict[str, str]:
        uplink = self.keys / "uplink"
        more = {
            "internet": (
                "sample = true",
                _table(
                    "uplink",
                    host=HOST,
                    port=self.ports.uplink,
                    certificate=uplink / "server.crt",
                    key=uplink / "server.key",
                    client_authority=uplink / "ca.crt",
                    client_sha256=certificate_sha256((uplink / "client.crt").read_bytes()),
                ),
                # Every sample person sits at this one machine.
                _table("limits", registrations=100_000, sign_ins=100_000, verifications=10_000),
            ),
            "extranet": (
                "",
                _table("certificates", portal_url=self.url("internet"), sample=True),
                _table(
                    "uplink",
                    url=f"https://{HOST}:{self.ports.uplink}",
                    certificate=uplink / "client.crt",
                    key=uplink / "client.key",
                    authority=uplink / "ca.crt",
                    seconds=self.tick_seconds,
                ),
                *self._province(),
            ),
            "intranet": ("sample = true",),
        }
        files = {zone: self._zone(zone, *more[zone]) for zone in ZONES}
        for side, zone in (("send", "extranet"), ("receive", "intranet")):
            files[f"gate-{side}"] = self._gate(side, zone)
        for side, zone in (("export", "intranet"), ("ingest", "extranet")):
            files[f"ferry-{side}"] = self._ferry(side, zone)
        return files

    def _province(self) -> tuple[str, ...]:
        url = self.province[0] or (self.url("sandbox") if self.sandbox else "")
        seconds = max(0.5, self.tick_seconds)
        table = _table("province", url=url, token_file=self._token, seconds=seconds)
        return (table,) if url else ()

    def _zone(self, zone: str, first: str, *tables: str) -> str:
        folder = self.base / zone
        database = dict(self.databases).get(zone, f"sqlite:///{folder / 'zone.db'}")
        return "\n".join(
            (
                HEADING,
                first,
                _table("database", url=database),
                _table("materials", folder=folder / "materials"),
                _table("spool", folder=self.spool(zone)),
                _table("keys", folder=self.keys / zone, trust=self.keys / "trust.toml"),
                _table(
                    "web",
                    host=HOST,
                    port=getattr(self.ports, zone),
                    secret_file=folder / "cookie.secret",
                    secure_cookies=False,
                    threads=8,
                ),
                _table(
                    "exchange",
                    tick_seconds=self.tick_seconds,
                    beacon_seconds=self.beacon_seconds,
                ),
                *tables,
            )
        )

    def _gate(self, side: str, zone: str) -> str:
        return "\n".join(
            (
                HEADING,
                f'side = "{side}"\norigin = "extranet"\ndestination = "intranet"\n',
                _table("spool", folder=self.spool(zone)),
                _table("drop", folder=self.drop, scan_seconds=self.tick_seconds),
                _table("trust", file=self.keys / "trust.toml"),
            )
        )

    def _ferry(self, side: str, zone: str) -> str:
        return "\n".join(
            (
                HEADING,
                f'side = "{side}"\norigin = "intranet"\ndestination = "extranet"\n',
                _table("spool", folder=self.spool(zone)),
                _table("state", folder=self.base / "ferry" / side),
                _table("medium", device=self.disc),
                _table("trust", file=self.keys / "trust.toml"),
                *(
                    (_table("station", key=self.keys / "ferry" / "carry.key"),)
                    if side == "export"
                    else ()
                ),
            )
        )

    @property
    def ferrymen(self) -> Ferrymen:
        """The people who write, carry and read discs."""
        return Ferrymen(
            self.settings("ferry-export"),
            self.settings("ferry-ingest"),
            self.disc,
            self.base / "ferry" / "passphrase",
        )

    def make_keys(self) -> None:
        """Every zone's keys, the trust file all share, the uplink's certificates; made once."""
        if not (self.keys / "trust.toml").exists():
            self._make_network_keys()
        if not (self.keys / "extranet" / "document.pem").exists():
            self._command(
                "-m", "kernel.keys", "documents", "make", str(self.keys / "extranet"),
                "--name", "济源市自然资源和规划局（样例）",
            )  # fmt: skip
        calendar = self.keys / "calendar.key"
        if not calendar.exists():
            self._command("-m", "kernel.keys", "calendar", str(calendar))
            public = calendar.with_suffix(".public.toml").read_text("utf-8")
            with (self.keys / "trust.toml").open("a", encoding="utf-8") as trust:
                trust.write(f"\n{public}")

    def make_calendar(self, year: int) -> Path | None:
        """The working calendar of ``year`` as the library has it, signed; None if it has none."""
        source, signed = (self.samples / f"calendar-{year}.{kind}" for kind in ("toml", "json"))
        zone = ("-m", "extranet_zone", "calendar")
        try:
            self._command(*zone, "seed", str(year), "--out", str(source))
        except subprocess.CalledProcessError as refused:
            if refused.returncode != EXIT_REFUSED:
                raise
            return None
        key = str(self.keys / "calendar.key")
        self._command(*zone, "sign", str(source), "--key", key, "--out", str(signed))
        return signed

    def _make_network_keys(self) -> None:
        for zone in ZONES:
            self._command("-m", "kernel.keys", "zone", zone, str(self.keys / zone))
        self._command("-m", "kernel.keys", "tls", str(self.keys / "uplink"), "--host", HOST)
        self._command(
            "-m", "kernel.keys", "station", "intranet", str(self.keys / "ferry" / "carry.key")
        )
        public = [(self.keys / zone / "public.toml").read_text("utf-8") for zone in ZONES]
        public.append((self.keys / "ferry" / "carry.public.toml").read_text("utf-8"))
        (self.keys / "trust.toml").write_text("\n".join(public), "utf-8")

    @staticmethod
    def _command(*arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def _table(name: str, **values: str | float | bool | Path) -> str:
    lines = [f"[{name}]"]
    for key, value in values.items():
        plain = str(value) if isinstance(value, Path) else value
        lines.append(f"{key} = {json.dumps(plain, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"
