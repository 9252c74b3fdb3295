"""The kinds of hosts, and which programs each of them may have: docs/architecture.md as a table."""

from dataclasses import dataclass
from typing import Final

DISTRIBUTION: Final = "tongban"


@dataclass(frozen=True, slots=True)
class HostKind:
    """One kind of host; ``programs`` are top-level packages beside the kernel."""

    name: str
    programs: tuple[str, ...]

    @property
    def packages(self) -> tuple[str, ...]:
        """Every top-level package of the host's wheel."""
        return ("kernel", *self.programs)

    @property
    def distribution(self) -> str:
        """The name under which pip knows the host's wheel."""
        return f"{DISTRIBUTION}-{self.name}"


KINDS: Final = (
    HostKind("internet", ("internet_zone",)),
    # Sender and receiver of the gate are one program, as are writer and reader of the ferry.
    HostKind("extranet", ("extranet_zone", "gate", "ferry")),
    HostKind("intranet", ("intranet_zone", "gate", "ferry")),
)
