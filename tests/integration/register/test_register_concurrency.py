"""Claims about many recorders at once, judged by the auditor's program."""

from collections.abc import Callable

import pytest
from checker.register_check import findings_of
from integration.register.recorders import run
from integration.register.test_register_effects import url_of
from sqlalchemy import func, select

from extranet_zone.db import SCHEMA
from extranet_zone.register.models import RegisterEntry
from kernel.db import Database
from kernel.migrate import upgrade


def test_eight_recorders_leave_a_register_without_findings(database: Database) -> None:
    tally = run(url_of(database), processes=2, threads=4, seconds=4, units=6)
    assert findings_of(url_of(database)) == []
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RegisterEntry)) == tally["recorded"]
    assert tally["recorded"]


@pytest.mark.slow
@pytest.mark.postgres
def test_sixty_four_recorders_for_a_minute_leave_a_register_without_findings(
    new_postgres_url: Callable[[], str],
) -> None:
    database = Database(new_postgres_url())
    upgrade(database, SCHEMA)
    tally = run(url_of(database), processes=8, threads=8, seconds=60, units=40)
    print(dict(tally))
    assert findings_of(url_of(database)) == []
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RegisterEntry)) == tally["recorded"]
    database.dispose()
    for happened in ("died", "refused", "first_registration", "transfer", "mortgage", "seizure"):
        assert tally[happened], happened
    assert set(tally) & {"database_unavailable", "register_inconsistent"} == set()
