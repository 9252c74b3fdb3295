"""Three deployed hosts as one thing a test can hold: made, deployed, probed, taken away."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from appliance.hosts.case import load_samples
from appliance.hosts.commands import CommandError, attempt
from appliance.hosts.controller import Controller, Recap
from appliance.hosts.host import Host
from appliance.hosts.network import PEOPLE, ZONES, Networks
from appliance.hosts.views import Views
from kernel.handover.form import signer_of

CASE_SECONDS: Final = 900
_PROBE_SECONDS: Final = 2
_NOT_REACHED: Final = (1, 124)
"""What bash says of a connection refused, and timeout of one that is not answered."""


@dataclass(slots=True)
class Bundle:
    """An unpacked offline bundle and the fingerprint on its delivery sheet."""

    folder: Path
    fingerprint: str


@dataclass(slots=True)
class Trio:
    """Everything lies below ``folder``; logs of every step below ``logs``."""

    folder: Path
    bare: Path
    networks: Networks
    bundle: Bundle
    logs: Path
    hosts: dict[str, Host] = field(init=False)
    views: Views = field(init=False)

    def __post_init__(self) -> None:
        self.hosts = {
            zone: Host(zone, self.folder / zone, self.bare, self.networks) for zone in ZONES
        }
        self.views = Views(self.folder / "views")

    def controller(self, zone: str) -> Controller:
        """The station of a zone's administrator, who works from the unpacked bundle."""
        return Controller(
            zone, self.views, self.networks, self.bundle.folder / "ansible", self.logs
        )

    def everywhere(self, work: Callable[[str], Recap]) -> dict[str, Recap]:
        """Do ``work`` in every zone at a time: three administrators at three stations."""
        with ThreadPoolExecutor(len(ZONES)) as pool:
            return dict(zip(ZONES, pool.map(work, ZONES), strict=True))

    def play(self, playbook: str, *more: str, name: str = "") -> dict[str, Recap]:
        """Run a playbook in every zone."""
        return self.everywhere(lambda zone: self.controller(zone).play(playbook, *more, name=name))

    def deploy(self) -> None:
        """From bare machines to running programs, as the manual says."""
        self.networks.build()
        for host in self.hosts.values():
            host.make()
            host.start()
        self.views.write(self.hosts, self.bundle.folder, self.bundle.fingerprint)
        self.play("handover")
        self.views.carry_handovers({zone: self.fingerprint(zone) for zone in ZONES})
        self.play("site")
        load_samples(self.hosts, self.folder / "people")

    def fingerprint(self, zone: str) -> str:
        """What a zone's administrator reads to the others on the telephone."""
        own = self.views.handover(zone) / "own" / f"{zone}.handover.json"
        return signer_of(own.read_bytes())

    def use(self, bundle: Bundle) -> None:
        """From now on work from another bundle."""
        self.bundle = bundle
        for zone in ZONES:
            self.views.write_inventory(zone, self.hosts[zone], bundle.folder, bundle.fingerprint)

    def case(self, *more: str) -> dict[str, Any]:
        """The people drive the case from their own network; what they answer at the end."""
        command = self.networks.inside(
            PEOPLE,
            *(sys.executable, "-m", "appliance.hosts.case"),
            *(
                str(self.folder),
                self.networks.name,
                str(self.bare),
                str(self.views.authority),
                *more,
            ),
        )
        code, said = attempt(
            command,
            environment={"PYTHONPATH": ":".join(sys.path)},
            seconds=CASE_SECONDS,
        )
        (self.logs / "case.log").write_text(said, "utf-8")
        if code:
            raise RuntimeError(said[-3000:])
        found: dict[str, Any] = json.loads(said.splitlines()[-1])
        return found

    def reaches(self, place: str, target: str, port: int) -> bool:
        """Whether a program at ``place`` can connect to ``target``."""
        probe = f"</dev/tcp/{target}/{port}"
        command = ("timeout", str(_PROBE_SECONDS), "bash", "-c", probe)
        return attempt(self.networks.inside(place, *command))[0] == 0

    def host_reaches(self, zone: str, target: str, port: int, user: str = "root") -> bool:
        """Whether a user on a host gets through its own firewall to ``target``.

        Raises :class:`CommandError` when the host itself does not answer: no probe, no proof.
        """
        probe = f"timeout {_PROBE_SECONDS} bash -c '</dev/tcp/{target}/{port}'"
        code, said = attempt(self.hosts[zone].ssh(f"sudo -u {user} {probe}"))
        if code not in (0, *_NOT_REACHED):
            raise CommandError(f"{zone} to {target}:{port}: {code} {said}")
        return code == 0

    def keep_logs(self) -> None:
        """Everything that tells what happened."""
        for host in self.hosts.values():
            host.keep_logs(self.logs)

    def remove(self) -> None:
        """Power off, take the cables away, throw the disks away."""
        for host in self.hosts.values():
            host.remove()
        self.networks.remove()
        # Views hold private keys, which nobody needs any more.
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def deployed(
    folder: Path, bare: Path, networks: Networks, bundle: Bundle, logs: Path
) -> Iterator[Trio]:
    """Three deployed hosts; their logs outlive them."""
    trio = Trio(folder, bare, networks, bundle, logs)
    trio.logs.mkdir(parents=True, exist_ok=True)
    before = networks.grant_receive_buffers()
    try:
        trio.deploy()
        yield trio
    finally:
        trio.keep_logs()
        trio.remove()
        networks.restore_receive_buffers(before)
