"""The ledger's file: lines of canonical JSON, each naming the digest of the one before it.

A line that a power cut left half written is no line; it is moved aside before the next is appended,
and what it would have said is done again. Nothing else ever changes or leaves the file.
"""

import base64
import errno
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from kernel.bundle.header import canonical
from kernel.durable import disk_errors, exclusive, fsync_folder
from kernel.errors import RejectedBundleError

MAX_LINE_BYTES: Final = 64 * 1024
MAX_LEDGER_BYTES: Final = 512 * 1024 * 1024
FIRST: Final = "0" * 64
"""What the first line names as the line before it."""

Detail = str | int
Sign = Callable[[bytes], bytes]
"""Signs a line in somebody's name: 64 bytes (Ed25519)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: ``at`` microseconds UTC, ``by`` a login or a program's name."""

    number: int
    at: int
    act: str
    by: str
    previous: str
    medium: str = ""
    trip: str = ""
    detail: Mapping[str, Detail] = field(default_factory=dict)
    signature: str = ""

    def said(self) -> bytes:
        """The bytes that are signed."""
        content = asdict(self)
        del content["signature"]
        return canonical(content)

    def text(self) -> bytes:
        """The line as it is written, without its end."""
        return canonical(asdict(self))


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be written; the chain adds number and link."""

    act: str
    by: str
    at: int
    medium: str = ""
    trip: str = ""
    detail: Mapping[str, Detail] = field(default_factory=dict)


class Chain:
    """One side's ledger file in ``folder``."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, made when missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._path = folder / "ledger.jsonl"
        self._lock = folder / "ledger.lock"
        self._seen = b""
        self._lines: list[Line] = []

    def lines(self) -> list[Line]:
        """Every whole line, the oldest first, each checked against the one before it.

        Raises :class:`RejectedBundleError` (``ledger_broken``) naming the first line that was
        changed, removed or added by something else.
        """
        return list(self._parsed(self._content()[0]))

    def append(self, drafts: list[Draft], sign: Sign | None = None) -> list[Line]:
        """Write ``drafts`` together, durably; several lines of one act appear all or none.

        Raises :class:`RejectedBundleError` (``ledger_broken``) and
        :class:`kernel.errors.UnavailableError` (``disk_full``).
        """
        with exclusive(self._lock):
            whole, torn = self._content()
            lines = self._parsed(whole)
            if torn:
                self._set_aside(torn, len(whole))
            previous = _digest(lines[-1].text()) if lines else FIRST
            number = lines[-1].number if lines else 0
            made: list[Line] = []
            for draft in drafts:
                number += 1
                line = _signed(draft, number, previous, sign)
                made.append(line)
                previous = _digest(line.text())
            self._write(b"".join(line.text() + b"\n" for line in made), len(whole))
        return made

    def _write(self, text: bytes, size: int) -> None:
        """Append ``text`` to a file of ``size`` bytes, or leave the file as it was."""
        with disk_errors(), self._path.open("ab", buffering=0) as file:
            try:
                # One write: a batch is never half in the file but by a cut, which the batch's
                # own count then shows (its lines name how many belong together).
                if file.write(text) != len(text):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
                fsync_folder(self.folder)
            except OSError:
                # Who is told that nothing was noted must be right: it would be acted upon later.
                with suppress(OSError):
                    file.truncate(size)
                    os.fsync(file.fileno())
                raise

    def _content(self) -> tuple[bytes, bytes]:
        """The file's whole lines, and what is left of a torn one."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return b"", b""
        end = content.rfind(b"\n") + 1
        return content[:end], content[end:]

    def _set_aside(self, torn: bytes, keep: int) -> None:
        number = len(list(self.folder.glob("ledger.torn-*")))
        with disk_errors():
            (self.folder / f"ledger.torn-{number:04d}").write_bytes(torn)
            with self._path.open("r+b") as file:
                file.truncate(keep)
                os.fsync(file.fileno())

    def _parsed(self, content: bytes) -> list[Line]:
        """The lines of ``content``; what was read before and did not change is not read again."""
        if not content.startswith(self._seen):
            self._seen, self._lines = b"", []
        lines = self._lines
        previous = _digest(lines[-1].text()) if lines else FIRST
        start = len(lines) + 1
        for number, text in enumerate(content[len(self._seen) :].splitlines(), start):
            try:
                line = Line(**json.loads(text))
                right = line.number == number and line.previous == previous and line.text() == text
            except (ValueError, TypeError):
                right = False
            if not right:
                self._seen, self._lines = b"", []
                raise RejectedBundleError(
                    "ledger_broken",
                    f"介质台账第 {number} 行被改动过，须由审计人员处理",
                    line=number,
                )
            previous = _digest(text)
            lines.append(line)
        self._seen = content
        return lines


def _signed(draft: Draft, number: int, previous: str, sign: Sign | None) -> Line:
    line = Line(number=number, previous=previous, **asdict(draft))
    if sign is None:
        return line
    signature = base64.b64encode(sign(line.said())).decode()
    return Line(number=number, previous=previous, signature=signature, **asdict(draft))


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
