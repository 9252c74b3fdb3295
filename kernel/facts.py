"""What a carrier says about itself to whoever looks: one small file beside the spool.

A carrier writes it after every pass; the zone's console, ``status``, the health command and the
metrics read it. Nothing depends on it: a file that is missing or old means that the carrier is
silent, which is an alarm of its own.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from kernel.durable import write_durably

MAX_FACTS_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CarrierFacts:
    """One carrier's last pass; instants are microseconds UTC, sizes bytes.

    ``program`` names the file, for example ``gate-send``; ``counters`` are totals since the
    carrier's first start and never go back; ``gauges`` hold for this moment; ``alarms`` are
    ``(code, message)`` pairs that hold now.
    """

    program: str
    started_at: int
    passed_at: int
    counters: dict[str, int]
    gauges: dict[str, int]
    alarms: tuple[tuple[str, str], ...] = ()

    def write(self, spool: Path) -> None:
        """Publish below the spool's folder, replacing what was said before."""
        folder = spool / "facts"
        folder.mkdir(exist_ok=True)
        with write_durably(folder / f"{self.program}.json") as file:
            file.write(json.dumps(asdict(self), ensure_ascii=False, indent=1).encode())

    @classmethod
    def read(cls, spool: Path, program: str) -> Self | None:
        """What the carrier said last; None when it never spoke, or what lies there is no fact."""
        try:
            with (spool / "facts" / f"{program}.json").open("rb") as file:
                said = json.loads(file.read(MAX_FACTS_BYTES))
            return cls(**{**said, "alarms": tuple((code, text) for code, text in said["alarms"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None
