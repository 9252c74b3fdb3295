"""How checks ask the host: commands and files; a test gives another machine."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

_SECONDS: Final = 60
_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"
CONTAINERS: Final = frozenset({"systemd-nspawn", "docker", "podman", "lxc", "lxc-libvirt"})


class Machine(Protocol):
    """What checks may ask."""

    def ask(self, *command: str) -> tuple[int, str]:
        """Exit code and output of a command; 127 when there is no such command."""
        ...

    def read(self, path: str) -> str | None:
        """The text of a file, or None."""
        ...

    def stat(self, path: str) -> os.stat_result | None:
        """What the file system says of a path, or None."""
        ...

    @property
    def is_container(self) -> bool:
        """Whether the kernel belongs to somebody else."""
        ...


@dataclass(frozen=True, slots=True)
class ThisMachine:
    """The host itself."""

    is_container: bool

    def ask(self, *command: str) -> tuple[int, str]:
        """Run the command without a shell."""
        try:
            done = subprocess.run(
                command,
                check=False,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=_SECONDS,
                env={"PATH": _PATH, "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0"},
            )
        except FileNotFoundError:
            return 127, ""
        except subprocess.TimeoutExpired:
            return 124, "timeout"
        return done.returncode, done.stdout.decode("utf-8", errors="replace")

    def read(self, path: str) -> str | None:
        """Read it whole; these are settings."""
        try:
            return Path(path).read_text("utf-8", errors="replace")
        except OSError:
            return None

    def stat(self, path: str) -> os.stat_result | None:
        """Without following a link at the end."""
        try:
            return os.lstat(path)
        except OSError:
            return None


def this_machine() -> ThisMachine:
    """Ask systemd what kind of machine this is."""
    kind = ThisMachine(is_container=False).ask("systemd-detect-virt", "--container")[1].strip()
    return ThisMachine(is_container=kind in CONTAINERS)
