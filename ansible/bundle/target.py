"""What the bundle is made for: distribution, architecture, C library and Python of the hosts."""

from dataclasses import dataclass
from typing import Final

NEWEST_GLIBC_2: Final = 36
"""Debian 12 has glibc 2.36."""
OLDEST_GLIBC_2: Final = 5
_WHEEL_MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of machine; ``architecture`` as Debian calls it."""

    architecture: str
    distribution: str = "debian"
    release: str = "12"
    codename: str = "bookworm"
    python: str = "3.11"

    @property
    def machine(self) -> str:
        """The processor as ``uname -m`` and wheels name it."""
        return _WHEEL_MACHINES[self.architecture]

    @property
    def label(self) -> str:
        """For file names."""
        return f"{self.distribution}{self.release}-{self.architecture}"

    def platforms(self) -> tuple[str, ...]:
        """Platform tags of wheels that run there (PEP 600), newest first."""
        newer = (
            f"manylinux_2_{minor}_{self.machine}"
            for minor in range(NEWEST_GLIBC_2, OLDEST_GLIBC_2 - 1, -1)
        )
        return (*newer, f"manylinux2014_{self.machine}", f"linux_{self.machine}")

    def as_json(self) -> dict[str, str]:
        """As the manifest names it."""
        return {
            "architecture": self.architecture,
            "distribution": self.distribution,
            "python": self.python,
            "release": self.release,
        }


ARCHITECTURES: Final = tuple(_WHEEL_MACHINES)
