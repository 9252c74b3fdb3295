"""A database with the kernel's tables alone, on both kinds of server, audited."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from integration import postgres
from sqlalchemy import MetaData, make_url

from kernel import audit
from kernel.clock import SetClock
from kernel.db import Database
from kernel.exchange import models as _exchange
from kernel.migrate import Schema, upgrade
from kernel.web import models as _web

MODELS = (_exchange, _web)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 1, 5, 1, 30, tzinfo=UTC))


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    """The kernel's revisions and no zone's."""
    return Schema(tmp_path_factory.mktemp("versions"), MetaData())


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory, schema: Schema) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "kernel.db"
    _migrate(f"sqlite:///{path}", schema)
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres_folder: Path, schema: Schema) -> str:
    """A migrated PostgreSQL database to copy."""
    url = postgres.new_database(postgres_folder)
    _migrate(url, schema)
    return str(make_url(url).database)


def _migrate(url: str, schema: Schema) -> None:
    made = Database(url)
    upgrade(made, schema)
    made.dispose()


@pytest.fixture
def small_database(tmp_path: Path, migrated_file: Path, clock: SetClock) -> Iterator[Database]:
    """On SQLite, where the kind of server makes no difference."""
    shutil.copy(migrated_file, tmp_path / "small.db")
    opened = Database(f"sqlite:///{tmp_path / 'small.db'}")
    audit.attach(opened, "extranet", clock)
    yield opened
    opened.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path, clock: SetClock
) -> Iterator[Database]:
    if request.param == "sqlite":
        shutil.copy(migrated_file, tmp_path / "kernel.db")
        url = f"sqlite:///{tmp_path / 'kernel.db'}"
    else:
        template = request.getfixturevalue("migrated_template")
        url = postgres.new_database(request.getfixturevalue("postgres_folder"), template)
    opened = Database(url, pool_size=10)
    audit.attach(opened, "extranet", clock)
    yield opened
    opened.dispose()
