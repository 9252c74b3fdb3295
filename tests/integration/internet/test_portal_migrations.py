"""Claims about the portal's revisions."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text

import internet_zone.app  # noqa: F401 - loads every model
from internet_zone.applications.models import Application
from internet_zone.certificates.models import IssuedCertificate
from internet_zone.db import SCHEMA
from internet_zone.progress.services import note_progress, steps_of
from kernel.db import Database
from kernel.errors import UnavailableError
from kernel.messages import ProgressReported
from kernel.migrate import _config, differences, require_current, upgrade


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


def test_i002_keeps_what_is_there_and_finds_certificates_by_unit(database: Database) -> None:
    upgrade(database, SCHEMA)
    with database.begin() as session:
        session.add(
            IssuedCertificate(
                certificate_no="豫（2026）济源市不动产权第0000001号",
                case_no="W202601050000015",
                unit_no="419001001001GB00001F00010001",
                statement="{}",
                pdf="0" * 64,
                pdf_size=1,
                verification_code="ABCDEFGH23",
                received_at=1,
            )
        )
    upgrade(database, SCHEMA)
    with database.reading() as session:
        assert session.get(IssuedCertificate, "豫（2026）济源市不动产权第0000001号") is not None
    names = {row["name"] for row in inspect(database.engine).get_indexes("issued_certificate")}
    assert "ix_issued_certificate_unit_no" in names


def test_i003_puts_the_applications_that_are_there_under_the_first_edition(
    database: Database,
) -> None:
    with database.engine.connect() as connection:
        config = _config(SCHEMA)
        config.attributes["connection"] = connection
        command.upgrade(config, "i002")
        connection.commit()
    with database.begin() as session:
        session.execute(
            text(
                "INSERT INTO application (id, account_id, item_code, mode, state, unit_no,"
                " location, facts, signed_by, created, version) VALUES (:id, :id,"
                " 'transfer-existing', 'online', 'draft', '', '', '{}', '', 1, 1)"
            ),
            {"id": "0" * 32},
        )
    upgrade(database, SCHEMA)
    assert differences(database, SCHEMA) == []
    with database.reading() as session:
        assert session.get_one(Application, "0" * 32).edition == 1


def test_i041_numbers_the_steps_that_are_there_as_they_were_shown(database: Database) -> None:
    with database.engine.connect() as connection:
        config = _config(SCHEMA)
        config.attributes["connection"] = connection
        command.upgrade(config, "i031")
        connection.commit()
    told = [("b" * 32, "accept", 5), ("a" * 32, "check", 5), ("c" * 32, "submitted", 1)]
    with database.begin() as session:
        for number, step, at in told:
            session.execute(
                text(
                    "INSERT INTO progress_step (id, case_no, step, label, zone, at, note, ended)"
                    " VALUES (:id, 'W202601050000015', :step, :step, 'extranet', :at, '', 0)"
                ),
                {"id": number, "step": step, "at": at},
            )
    upgrade(database, SCHEMA)
    assert differences(database, SCHEMA) == []
    with database.begin() as session:
        now = ProgressReported(
            case_no="W202601050000015", step="issue", label="发证", zone="extranet", at=5
        )
        assert note_progress(session, now)
        shown = [step.label for step in steps_of(session, "W202601050000015")]
    assert shown == ["submitted", "check", "accept", "发证"]
