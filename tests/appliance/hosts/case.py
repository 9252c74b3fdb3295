"""The sample case over three hosts: people at pages, discs carried by hand, nothing else.

Runs as a program within the people's network::

    python -m appliance.hosts.case FOLDER NETWORKS BARE AUTHORITY [--part begin|ferry|all]
"""

import argparse
import json
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from appliance.browser import Browser
from appliance.ferryman import PASSPHRASE, Ferrymen
from appliance.hosts.commands import attempt, run
from appliance.hosts.host import Host
from appliance.hosts.network import ZONES, Networks, address
from appliance.hosts.views import CONSOLES
from appliance.journey import Event, Journey
from appliance.layout import Layout, Ports
from appliance.sample import people
from appliance.sample.parcels import write_parcels
from appliance.sample.register import write_register

DATA: Final = Path(__file__).parents[2] / "data"
UNITS: Final = 400
_DISC: Final = Path("/var/lib/tongban/ferry/disc.iso")
_PASSPHRASE: Final = Path("/var/lib/tongban/ferry/passphrase")
_FERRY: Final = "sudo -u tongban /opt/tongban/bin/ferry"


@dataclass(frozen=True, slots=True)
class Couriers(Ferrymen):
    """The people of the ferry, each signed in to the host of their side."""

    hosts: tuple[Host, ...] = ()
    """The writing host, the reading host."""

    @classmethod
    def of(cls, hosts: dict[str, Host]) -> "Couriers":
        """Between the intranet, which writes, and the extranet, which reads."""
        writing, reading = hosts["intranet"], hosts["extranet"]

        def start(arguments: Sequence[str]) -> tuple[int, str, str]:
            host = reading if "/etc/tongban/ferry-ingest.toml" in arguments else writing
            code, said = attempt(host.ssh(f"{_FERRY} {shlex.join(arguments)} 2>/dev/null"))
            return code, said, said

        return cls(
            Path("/etc/tongban/ferry-export.toml"),
            Path("/etc/tongban/ferry-ingest.toml"),
            _DISC,
            _PASSPHRASE,
            start,
            (writing, reading),
        )

    def note_passphrase(self) -> None:
        """On the writing host, for its ferry program alone."""
        self.hosts[0].sudo(
            f"install -o tongban -g tongban -m 600 /dev/stdin {_PASSPHRASE}", give=PASSPHRASE
        )

    def carry(self) -> None:
        """The test plays the person who walks: the image leaves one host and reaches the other."""
        source, target = (host.root / str(_DISC).lstrip("/") for host in self.hosts)
        shutil.move(source, target)
        run("chroot", str(self.hosts[1].root), "chown", "tongban:tongban", str(_DISC))

    def put_away(self) -> None:
        """Out of the reading host."""
        (self.hosts[1].root / str(_DISC).lstrip("/")).unlink()


@dataclass(frozen=True, slots=True)
class Reached(Layout):
    """The appliance as people reach it: by the addresses of the hosts."""

    couriers: Ferrymen | None = None

    def url(self, zone: str) -> str:
        """The address a browser opens."""
        return f"https://{address(zone, CONSOLES[zone])}"

    @property
    def ferrymen(self) -> Ferrymen:
        """Those who walk between the hosts."""
        if self.couriers is None:
            raise RuntimeError("nobody carries discs")
        return self.couriers


def posts_of(host: Host) -> list[str]:
    """The roles that the release on ``host`` knows, which may be older than this tree."""
    ask = f"from {host.zone}_zone.roles import Role; print(*(role.value for role in Role))"
    return host.sudo(f"cd /; runuser -u tongban -- /opt/tongban/bin/python -c '{ask}'").split()


def load_samples(hosts: dict[str, Host], folder: Path) -> None:
    """What the manual's last section has an administrator load: accounts, parcels, register."""
    samples = folder / "samples"
    samples.mkdir(parents=True, exist_ok=True)
    people.write_accounts(samples, {zone: posts_of(hosts[zone]) for zone in ZONES})
    register = write_register(samples, 1, UNITS)
    boundary = DATA / "jiyuan-419001-boundary.geojson"
    load = {
        "internet": [("accounts load", samples / "accounts-internet.toml")],
        "extranet": [
            ("accounts load", samples / "accounts-extranet.toml"),
            ("load-register", register),
        ],
        "intranet": [
            ("accounts load", samples / "accounts-intranet.toml"),
            ("load-boundary", boundary),
            ("load-parcels", write_parcels(samples)),
            ("load-register", register),
        ],
    }
    for zone in ZONES:
        for command, file in load[zone]:
            hosts[zone].sudo(
                f"cat >/tmp/{file.name}; chmod 644 /tmp/{file.name}", give=file.read_bytes()
            )
            hosts[zone].sudo(
                f"cd /; runuser -u tongban -- /opt/tongban/bin/python -m {zone}_zone {command}"
                f" /tmp/{file.name} --settings /etc/tongban/{zone}.toml; rm /tmp/{file.name}"
            )


def _tell(event: Event) -> None:
    print(event.step, event.words, file=sys.stderr, flush=True)


def main() -> None:
    """Drive the case; the outcome goes to standard output as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("networks")
    parser.add_argument("bare", type=Path)
    parser.add_argument("authority", type=Path)
    parser.add_argument("--part", choices=("begin", "ferry", "all"), default="all")
    given = parser.parse_args()
    networks = Networks(given.networks)
    hosts = {zone: Host(zone, given.folder / zone, given.bare, networks) for zone in ZONES}
    couriers = Couriers.of(hosts)
    couriers.prepare()
    layout = Reached(given.folder / "people", Ports(), couriers=couriers)
    layout.base.mkdir(exist_ok=True)
    journey = Journey(layout, _tell, open_browser=lambda base: Browser(base, given.authority))
    parts = {"begin": journey.begin, "ferry": journey.ferry}
    if given.part in parts:
        print(json.dumps({"case_no": parts[given.part]()}))
        return
    print(json.dumps(asdict(journey.run()), ensure_ascii=False))


if __name__ == "__main__":
    main()
