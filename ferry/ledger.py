"""The media ledger (介质台账), first depth: one line a medium written or read, never changed.

A line is JSON, appended and synced; the medium's number is the ledger's own count, so a number is
never given twice even when a medium becomes a coaster.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from kernel.durable import disk_errors, exclusive

MAX_SHOWN: Final = 200
Event = Literal["started", "written", "failed", "ingested", "refused"]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One medium at one moment; ``at`` is microseconds UTC, ``digest`` SHA-256 of its manifest."""

    medium: str
    event: Event
    at: int
    files: int
    bytes: int
    digest: str
    note: str = ""


class Ledger:
    """The ledger file of one side."""

    def __init__(self, folder: Path) -> None:
        """Keep it in ``folder``, made when missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "ledger.jsonl"
        self._lock = folder / "ledger.lock"

    def lines(self, limit: int = MAX_SHOWN) -> list[LedgerLine]:
        """The newest lines, the newest last."""
        if not self._path.exists():
            return []
        texts = self._path.read_text("utf-8").splitlines()[-limit:]
        # A line that a power cut left half written is no line.
        return [LedgerLine(**json.loads(text)) for text in texts if text.endswith("}")]

    def append(self, line: LedgerLine) -> None:
        """Write ``line`` durably."""
        with disk_errors(), self._path.open("ab") as file:
            file.write(json.dumps(asdict(line), ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def next_medium(self, prefix: str) -> str:
        """A medium number that was never given before, such as ``JY000012``."""
        with exclusive(self._lock):
            started = [line for line in self.lines(10_000_000) if line.event == "started"]
            return f"{prefix}{len(started) + 1:06d}"
