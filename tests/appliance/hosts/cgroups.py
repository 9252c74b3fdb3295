"""A control group of each host's own, so that one host's systemd never counts another's processes.

A container that no service manager starts stays in its starter's group. Three of them would share
every unit's group by its path: what one stops would seem to go on as long as another runs it, and
whose network limits hold would be decided by whoever set them last.
"""

import errno
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROCESSES: Final = "cgroup.procs"
_OF_SYSTEMD: Final = "name=systemd"
"""The hierarchy without controllers in which systemd keeps its units, beside the unified one."""
_LEAVING_SECONDS: Final = 30
_LOOK_SECONDS: Final = 0.1
_ENTER: Final = 'for group in $GROUPS_TO_ENTER; do echo $$ >"$group"; done; exec "$@"'


@dataclass(frozen=True, slots=True)
class Cgroups:
    """Groups called ``name``, one in each hierarchy that systemd keeps units in."""

    name: str

    def make(self) -> None:
        """Make them, empty."""
        for folder in self._folders():
            folder.mkdir()

    def inside(self, *command: str) -> tuple[str, ...]:
        """``command`` as it begins within the groups."""
        files = " ".join(str(folder / _PROCESSES) for folder in self._folders())
        return ("env", f"GROUPS_TO_ENTER={files}", "sh", "-ec", _ENTER, "sh", *command)

    def remove(self) -> None:
        """Take them away with what systemd made within, once the last process is gone."""
        for folder in self._folders():
            until = time.monotonic() + _LEAVING_SECONDS
            while folder.is_dir():
                try:
                    for found in (*sorted(folder.rglob("*/"), reverse=True), folder):
                        found.rmdir()
                except OSError as error:
                    if error.errno != errno.EBUSY or time.monotonic() > until:
                        raise
                    time.sleep(_LOOK_SECONDS)

    def _folders(self) -> list[Path]:
        own = _own_groups()
        return [place / own[name].lstrip("/") / self.name for name, place in _mounts().items()]


def _own_groups() -> dict[str, str]:
    """Where this process is, by hierarchy; the unified one has no name. See cgroups(7)."""
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    return {name: path for _number, name, path in (line.split(":", 2) for line in lines)}


def _mounts() -> dict[str, Path]:
    """Where the hierarchies that systemd uses are mounted. See proc(5), mountinfo."""
    found = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        place, _, source = line.partition(" - ")
        kind, *_, options = source.split()
        if kind == "cgroup2":
            found[""] = Path(place.split()[4])
        elif kind == "cgroup" and _OF_SYSTEMD in options.split(","):
            found[_OF_SYSTEMD] = Path(place.split()[4])
    return found
