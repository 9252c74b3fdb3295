"""Claims about the zone's revisions."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from extranet_zone.cases.models import Case, Mode
from extranet_zone.cases.states import State
from extranet_zone.db import SCHEMA
from kernel.db import Database
from kernel.errors import UnavailableError
from kernel.migrate import _config, differences, require_current, upgrade

MODELS = (
    "extranet_zone.catalogue.models",
    "extranet_zone.certificates.models",
    "extranet_zone.register.models",
    "kernel.exchange.models",
    "kernel.web.models",
)
for module in MODELS:
    importlib.import_module(module)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'zone.db'}"
    else:
        url = request.getfixturevalue("new_postgres_url")()
    database = Database(url)
    yield database
    database.dispose()


def test_an_empty_database_is_not_served(database: Database) -> None:
    with pytest.raises(UnavailableError, match="database_not_migrated"):
        require_current(database, SCHEMA)


def test_the_revisions_make_exactly_what_the_models_declare(database: Database) -> None:
    upgrade(database, SCHEMA)
    require_current(database, SCHEMA)
    assert differences(database, SCHEMA) == []


def test_revisions_keep_what_is_there(database: Database) -> None:
    upgrade(database, SCHEMA)
    with database.begin() as session:
        session.add(
            Case(
                case_no="W202601050000015",
                item_code="transfer-existing",
                mode=Mode.ONLINE,
                state=State.APPLIED,
                unit_no="419001001001GB00001F00010001",
                location="",
                applicant="李小四",
                facts="{}",
                declaration="",
                signed_by="李小四",
                signed_at=1,
                submitted_at=1,
                received_at=1,
                due_note="",
                certificate_no="",
            )
        )
    upgrade(database, SCHEMA)
    with database.reading() as session:
        case = session.get(Case, "W202601050000015")
        assert case is not None
        assert case.state is State.APPLIED


def test_e003_puts_the_cases_that_are_there_under_the_first_edition(database: Database) -> None:
    with database.engine.connect() as connection:
        config = _config(SCHEMA)
        config.attributes["connection"] = connection
        command.upgrade(config, "e002")
        connection.commit()
    with database.begin() as session:
        session.execute(
            text(
                "INSERT INTO case_file (case_no, item_code, mode, state, unit_no, location,"
                " applicant, facts, declaration, signed_by, signed_at, submitted_at, received_at,"
                " due_note, certificate_no, version) VALUES ('W202601050000015',"
                " 'transfer-existing', 'online', 'applied', '419001001001GB00001F00010001', '',"
                " '李小四', '{}', '', '李小四', 1, 1, 1, '', '', 1)"
            )
        )
    upgrade(database, SCHEMA)
    assert differences(database, SCHEMA) == []
    with database.reading() as session:
        assert session.get_one(Case, "W202601050000015").edition == 1


def test_no_column_of_the_extranet_holds_geometry() -> None:
    names = {
        f"{table.name}.{column.name}"
        for table in SCHEMA.metadata.tables.values()
        for column in table.columns
    }
    forbidden = ("geom", "wkt", "wkb", "shape", "coordinate", "polygon", "point")
    assert not [name for name in names if any(word in name for word in forbidden)]
