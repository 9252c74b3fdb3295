"""The ferry operator: writes a disc on the intranet, carries it, reads it on the extranet."""

import json
import subprocess
import sys
from dataclasses import dataclass

from appliance.layout import Layout


@dataclass(frozen=True, slots=True)
class Trip:
    """One medium that was written and read: its number, files, bytes; nothing when none waited."""

    medium: str
    files: int
    bytes: int


def ferry(layout: Layout, command: str, side: str) -> dict[str, object]:
    """Run one ``ferry`` command; answers what it prints under ``--json``."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ferry", command),
            *("--settings", str(layout.settings(f"ferry-{side}")), "--json"),
        ],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    answer: dict[str, object] = json.loads(done.stdout or "{}")
    if done.returncode not in (0, 3):
        raise RuntimeError(f"ferry {command}: {done.stdout} {done.stderr[-500:]}")
    return answer


def make_trip(layout: Layout) -> Trip | None:
    """Write a disc and read it on the other side; None when there was nothing to carry."""
    written = ferry(layout, "export", "export")
    if written.get("error") == "nothing_to_export":
        return None
    if "error" in written:
        raise RuntimeError(f"ferry export: {written}")
    read = ferry(layout, "ingest", "ingest")
    if read.get("refused"):
        raise RuntimeError(f"ferry ingest: {read}")
    return Trip(str(written["medium"]), int(str(written["files"])), int(str(written["bytes"])))
