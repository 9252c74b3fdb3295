"""An administrator's station of one zone: runs playbooks, reaches that zone's host and no other."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance.hosts.commands import CommandError, attempt
from appliance.hosts.network import Networks
from appliance.hosts.views import Views

_RECAP: Final = re.compile(
    r"^jy-\w+ +: ok=(\d+) +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.MULTILINE
)
_SHOWN: Final = 6000


@dataclass(frozen=True, slots=True)
class Recap:
    """How many tasks were fine, and how many changed something."""

    ok: int
    changed: int


@dataclass(frozen=True, slots=True)
class Controller:
    """Plays the playbooks of ``ansible`` from within the zone's own network."""

    zone: str
    views: Views
    networks: Networks
    ansible: Path
    logs: Path

    def play(self, playbook: str, *more: str, name: str = "") -> Recap:
        """Run a playbook; its whole output is kept. Raises :class:`CommandError`."""
        code, said = self.attempt(playbook, *more, name=name)
        found = _RECAP.search(said)
        if code or found is None:
            raise CommandError(f"{self.zone} {playbook}: {code}\n{said[-_SHOWN:]}")
        return Recap(int(found[1]), int(found[2]))

    def attempt(self, playbook: str, *more: str, name: str = "") -> tuple[int, str]:
        """The exit code of a playbook and what it said."""
        command = self.networks.inside(
            f"admin-{self.zone}",
            *(str(Path(sys.executable).with_name("ansible-playbook")),),
            *("-i", str(self.views.inventory(self.zone)), f"playbooks/{playbook}.yml", *more),
        )
        home = self.views.folder / self.zone / "home"
        home.mkdir(exist_ok=True)
        code, said = attempt(
            command,
            folder=self.ansible,
            environment={
                "HOME": str(home),
                "ANSIBLE_CONFIG": str(self.ansible / "ansible.cfg"),
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.timer",
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            },
        )
        self.logs.mkdir(parents=True, exist_ok=True)
        (self.logs / f"{self.zone}-{name or playbook}.log").write_text(said, "utf-8")
        return code, said
