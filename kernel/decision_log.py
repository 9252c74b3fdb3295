"""Every decision of two people in order, one JSON line each, chained: no line can be taken out.

Each line names the SHA-256 of the line before it, so a changed, removed or swapped line shows. What
a power cut left of a line stays where it is, is ended, and is part of the chain.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kernel.durable import disk_errors, fsync_folder

FIRST: Final = "0" * 64
"""What the first line names."""
_TAIL: Final = 64 * 1024
"""Longer than any line that is written."""


@dataclass(frozen=True, slots=True)
class LogState:
    """What checking found: lines that are whole, and the number of the first that does not fit."""

    lines: int
    broken_at: int | None

    @property
    def is_intact(self) -> bool:
        """Whether every line fits the one before."""
        return self.broken_at is None


class DecisionLog:
    """The file at ``path``; whoever appends holds the lock of its folder."""

    def __init__(self, path: Path) -> None:
        """Made when it is first needed."""
        self.path = path

    def append(self, said: dict[str, object]) -> None:
        """Write one more line and make it durable before this returns.

        Raises :class:`kernel.errors.UnavailableError` as :func:`kernel.durable.disk_errors`.
        """
        with disk_errors(), self.path.open("a+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            tail = file.read()
            if tail and not tail.endswith(b"\n"):
                file.write(b"\n")
                tail += b"\n"
            line = {"previous": _digest(tail[:-1].rpartition(b"\n")[2]) if tail else FIRST, **said}
            file.write(json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
            if not size:
                fsync_folder(self.path.parent)

    def lines(self) -> Iterator[dict[str, object]]:
        """What was decided, the oldest first; what is no entry is left out."""
        for _raw, said in self._read():
            if said is not None:
                yield said

    def check(self) -> LogState:
        """Whether the chain holds from the first line to the last."""
        previous, count = FIRST, 0
        for number, (raw, said) in enumerate(self._read(), 1):
            if said is not None:
                if said.get("previous") != previous:
                    return LogState(count, number)
                count += 1
            previous = _digest(raw)
        return LogState(count, None)

    def _read(self) -> Iterator[tuple[bytes, dict[str, object] | None]]:
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            for line in file:
                raw = line.rstrip(b"\n")
                try:
                    said = json.loads(raw)
                except ValueError:
                    said = None
                yield raw, said if isinstance(said, dict) else None


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
