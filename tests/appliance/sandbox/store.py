"""What the sandbox was told and what waits to be fetched from it, in one file that survives it."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kernel.clock import Clock, now_micros
from kernel.durable import write_durably

MAX_CALLS: Final = 5000
"""Kept; beyond that the oldest go."""
MAX_WAITING: Final = 1000
"""Events that nobody fetched; beyond that new ones are refused."""
MAX_FILES: Final = 2000
PAGE: Final = 50
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS call
  (n INTEGER PRIMARY KEY, key TEXT UNIQUE, operation TEXT, body TEXT, at INTEGER);
CREATE TABLE IF NOT EXISTS event
  (n INTEGER PRIMARY KEY, id TEXT UNIQUE, kind TEXT, body TEXT, at INTEGER, taken_at INTEGER);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT);
"""


class FullError(Exception):
    """Too many events wait to be fetched."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was taken; ``at`` is microseconds UTC."""

    n: int
    key: str
    operation: str
    body: dict[str, object]
    at: int


@dataclass(frozen=True, slots=True)
class Event:
    """One event; ``taken_at`` is nothing while it waits."""

    id: str
    kind: str
    body: dict[str, object]
    at: int
    taken_at: int | None


class Store:
    """One folder: a database file and the files by digest."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Open or make it."""
        self._files = folder / "files"
        self._files.mkdir(parents=True, exist_ok=True)
        self._path = folder / "sandbox.db"
        self._clock = clock
        with self.writing() as database:
            database.executescript(_SCHEMA)

    @property
    def now(self) -> int:
        """Microseconds UTC."""
        return now_micros(self._clock)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: a call is taken with everything it sets off, or not at all."""
        database = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        try:
            database.execute("BEGIN IMMEDIATE")
            yield database
            if database.in_transaction:
                database.execute("COMMIT")
        finally:
            database.close()

    def taken(self, database: sqlite3.Connection, key: str) -> bool:
        """Whether the call of this key was taken before."""
        return database.execute("SELECT 1 FROM call WHERE key = ?", (key,)).fetchone() is not None

    def add_call(
        self, database: sqlite3.Connection, key: str, operation: str, body: Mapping[str, object]
    ) -> None:
        """Keep a call."""
        text = json.dumps(dict(body), ensure_ascii=False)
        database.execute(
            "INSERT INTO call (key, operation, body, at) VALUES (?, ?, ?, ?)",
            (key, operation, text, self.now),
        )
        database.execute("DELETE FROM call WHERE n <= (SELECT max(n) FROM call) - ?", (MAX_CALLS,))

    def add_event(
        self, database: sqlite3.Connection, id_: str, kind: str, body: Mapping[str, object]
    ) -> None:
        """Let an event wait; the same id again is nothing. Raises :class:`FullError`."""
        if database.execute("SELECT 1 FROM event WHERE id = ?", (id_,)).fetchone():
            return
        (waiting,) = database.execute(
            "SELECT count(*) FROM event WHERE taken_at IS NULL"
        ).fetchone()
        if waiting >= MAX_WAITING:
            raise FullError
        text = json.dumps(dict(body), ensure_ascii=False)
        database.execute(
            "INSERT INTO event (id, kind, body, at) VALUES (?, ?, ?, ?)",
            (id_, kind, text, self.now),
        )
        database.execute(
            "DELETE FROM event WHERE taken_at IS NOT NULL AND n <= (SELECT max(n) FROM event) - ?",
            (MAX_CALLS,),
        )

    def tell(self, id_: str, kind: str, body: Mapping[str, object]) -> None:
        """Let an event wait that no call set off."""
        with self.writing() as database:
            self.add_event(database, id_, kind, body)

    def acknowledge(self, id_: str) -> None:
        """The event is kept by whoever fetched it."""
        with self.writing() as database:
            database.execute(
                "UPDATE event SET taken_at = ? WHERE id = ? AND taken_at IS NULL", (self.now, id_)
            )

    def waiting(self, limit: int) -> list[Event]:
        """What waits, oldest first."""
        return self._events("WHERE taken_at IS NULL ORDER BY n LIMIT ?", limit, 0)

    def events(self, page: int = 1) -> list[Event]:
        """Every event, the newest first, ``PAGE`` at a time."""
        return self._events("ORDER BY n DESC LIMIT ? OFFSET ?", PAGE, PAGE * (page - 1))

    def _events(self, how: str, limit: int, offset: int) -> list[Event]:
        values = (limit, offset) if "OFFSET" in how else (limit,)
        with self.writing() as database:
            rows = database.execute(
                f"SELECT id, kind, body, at, taken_at FROM event {how}",  # noqa: S608 - fixed texts
                values,
            ).fetchall()
        return [
            Event(id_, kind, json.loads(body), at, taken) for id_, kind, body, at, taken in rows
        ]

    def calls(self, page: int = 1) -> list[Call]:
        """Every call, the newest first, ``PAGE`` at a time."""
        with self.writing() as database:
            rows = database.execute(
                "SELECT n, key, operation, body, at FROM call ORDER BY n DESC LIMIT ? OFFSET ?",
                (PAGE, PAGE * (page - 1)),
            ).fetchall()
        return [
            Call(n, key, operation, json.loads(body), at) for n, key, operation, body, at in rows
        ]

    def knows_case(self, database: sqlite3.Connection, operation: str, case_no: str) -> bool:
        """Whether a call of ``operation`` about this number was taken."""
        return (
            database.execute(
                "SELECT 1 FROM call WHERE operation = ? AND json_extract(body, '$.case_no') = ?",
                (operation, case_no),
            ).fetchone()
            is not None
        )

    def sent_case(self, database: sqlite3.Connection, case_no: str) -> bool:
        """Whether the played city handed this number of its own over."""
        return (
            database.execute(
                "SELECT 1 FROM event WHERE kind = 'case.handedOver'"
                " AND json_extract(body, '$.case_no') = ?",
                (case_no,),
            ).fetchone()
            is not None
        )

    def setting(self, name: str, otherwise: str) -> str:
        """A setting that the page changed, or ``otherwise``."""
        with self.writing() as database:
            row = database.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else otherwise

    def set(self, name: str, value: str) -> None:
        """Change a setting."""
        with self.writing() as database:
            database.execute("DELETE FROM setting WHERE name = ?", (name,))
            database.execute("INSERT INTO setting VALUES (?, ?)", (name, value))

    def keep(self, data: bytes) -> str:
        """Keep a file; answers its digest."""
        digest = hashlib.sha256(data).hexdigest()
        with write_durably(self._files / digest) as file:
            file.write(data)
        kept = sorted(self._files.iterdir(), key=lambda path: path.stat().st_mtime)
        for old in kept[:-MAX_FILES]:
            old.unlink(missing_ok=True)
        return digest

    def file(self, digest: str) -> bytes | None:
        """The bytes of a file, or nothing."""
        # A name among ours, whatever was asked for.
        found = {path.name: path for path in self._files.iterdir()}.get(digest)
        return found.read_bytes() if found is not None else None
