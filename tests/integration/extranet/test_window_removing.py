"""A reading that somebody takes over while the worker removes what is old is nobody's loss."""

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from extranet_office import Office, picture

from extranet_zone.db import SCHEMA
from extranet_zone.window.contract import ReadingKind
from extranet_zone.window.models import ReadingState, ServiceWindow, WindowReading
from extranet_zone.window.services.inbox import require_waiting
from extranet_zone.window.services.removing import remove_old
from kernel.db import Database
from kernel.materials import MaterialsStore
from kernel.migrate import upgrade

WINDOW, READING = "1" * 32, "2" * 32
DAY = 86_400_000_000


def waits(database: Database, digest: str) -> None:
    with database.begin() as session:
        session.add(
            ServiceWindow(
                id=WINDOW,
                authority="419001",
                name="1号窗口",
                created_by="sysadmin",
                created_at=1,
                token_issued_by="",
            )
        )
        session.flush()
        session.add(
            WindowReading(
                id=READING,
                window_id=WINDOW,
                key="3" * 32,
                digest="4" * 64,
                kind=ReadingKind.SCAN,
                device="",
                facts="{}",
                file_digest=digest,
                file_name="一.png",
                size=1,
                media_type="image/png",
                pages=1,
                received_at=1,
                state=ReadingState.WAITING,
                decided_by="",
                subject="",
            )
        )


@pytest.mark.postgres
def test_what_is_taken_over_at_the_very_moment_is_not_removed(
    office: Office, new_postgres_url: Callable[[], str], tmp_path: Path
) -> None:
    database, store = Database(new_postgres_url()), MaterialsStore(tmp_path / "materials")
    upgrade(database, SCHEMA)
    digest = store.put(io.BytesIO(picture("#010203")), 10**6).digest
    os.utime(store.path(digest), (0, 0))
    waits(database, digest)
    held, removed = threading.Event(), list[int]()

    def tidy() -> None:
        held.wait(10)
        with database.begin() as session:
            removed.append(remove_old(session, store, office.work.clocks.calendar, 400 * DAY))

    worker = threading.Thread(target=tidy)
    worker.start()
    with database.begin() as session:
        row = require_waiting(session, WINDOW, READING)
        held.set()
        worker.join(2)
        assert worker.is_alive()
        row.state, row.decided_by, row.decided_at = ReadingState.TAKEN, "shoujian01", 2
    worker.join(30)
    assert removed == [0]
    assert store.has(digest)
    with database.reading() as session:
        assert session.get_one(WindowReading, READING).state is ReadingState.TAKEN
    database.dispose()
