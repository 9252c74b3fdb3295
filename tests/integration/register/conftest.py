"""The register's database on both kinds of server, with the audit chain attached."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from extranet_zone.blanks import models as _blanks
from extranet_zone.cases import models as _cases
from extranet_zone.certificates import models as _certificates
from extranet_zone.db import SCHEMA
from extranet_zone.register import models as _register
from kernel import audit
from kernel.clock import SetClock
from kernel.db import Database
from kernel.exchange import models as _exchange
from kernel.migrate import upgrade

MODELS = (_blanks, _cases, _certificates, _register, _exchange)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 1, 5, 1, 30, tzinfo=UTC))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path, clock: SetClock) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'extranet.db'}"
    else:
        url = request.getfixturevalue("new_postgres_url")()
    opened = Database(url, pool_size=10)
    upgrade(opened, SCHEMA)
    audit.attach(opened, "extranet", clock)
    yield opened
    opened.dispose()
