"""Claims about transactions: all or nothing, queued not deadlocked, faults named."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel import audit
from kernel.audit import AuditEntry, AuditRecord
from kernel.db import Database, new_id
from kernel.errors import ConflictError, RefusedError, UnavailableError
from kernel.migrate import Schema, differences, require_current, upgrade
from kernel.web.models import Account


def _account(login: str = "zhang") -> Account:
    return Account(
        id=new_id(),
        login=login,
        display_name="张三",
        password_hash="",
        roles="[]",
        disabled=0,
        must_change=0,
        failures=0,
        locked_until=None,
        created=0,
        signed_in_at=None,
    )


def _logins(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Account.login).order_by(Account.login)))


def test_act_that_fails_leaves_neither_change_nor_record(database: Database) -> None:
    def act() -> None:
        with database.begin() as session:
            session.add(_account())
            audit.record(session, AuditEntry("zhang", "account.create", "account", "1"))
            session.flush()
            raise RefusedError("not_allowed", "规则不允许")

    with pytest.raises(RefusedError):
        act()
    assert _logins(database) == []
    with database.reading() as session:
        assert session.scalars(select(AuditRecord)).all() == []


def test_change_and_record_commit_together(database: Database) -> None:
    with database.begin() as session:
        session.add(_account())
        audit.record(session, AuditEntry("zhang", "account.create", "account", "1"))
    assert _logins(database) == ["zhang"]
    with database.reading() as session:
        assert [row.act for row in session.scalars(select(AuditRecord))] == ["account.create"]


def test_act_whose_record_cannot_be_written_does_not_happen(database: Database) -> None:
    def fail(_session: Session) -> None:
        raise UnavailableError("disk_full", "磁盘空间不足")

    database.before_commit(fail)
    with pytest.raises(UnavailableError), database.begin() as session:
        session.add(_account())
    assert _logins(database) == []


def test_reading_changes_nothing(database: Database) -> None:
    with database.reading() as session:
        session.add(_account())
        session.flush()
    assert _logins(database) == []


def test_what_was_read_stays_readable_after_the_block(database: Database) -> None:
    with database.begin() as session:
        session.add(_account())
    with database.reading() as session:
        found = session.scalars(select(Account)).one()
    assert found.display_name == "张三"


def test_row_that_vanished_meanwhile_is_a_conflict(database: Database) -> None:
    with database.begin() as session:
        session.add(_account())

    def edit() -> None:
        with database.begin() as session:
            found = session.scalars(select(Account)).one()
            session.execute(text("DELETE FROM account"))
            found.display_name = "李四"

    with pytest.raises(ConflictError) as caught:
        edit()
    assert caught.value.code == "edited_meanwhile"


def test_broken_rule_of_the_schema_is_a_bug(database: Database) -> None:
    def create() -> None:
        with database.begin() as session:
            session.add(_account())

    create()
    with pytest.raises(IntegrityError):
        create()


def test_writers_at_the_same_time_lose_nothing(database: Database) -> None:
    with database.begin() as session:
        session.add(_account())
    failed: list[BaseException] = []

    def count() -> None:
        try:
            for _ in range(10):
                with database.begin() as session:
                    row = session.scalars(select(Account).with_for_update()).one()
                    row.failures += 1
        except BaseException as error:  # noqa: BLE001 - a thread's error is the test's
            failed.append(error)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with database.reading() as session:
        assert session.scalars(select(Account.failures)).one() == 80


def test_database_that_cannot_be_reached_is_unavailable(tmp_path: Path) -> None:
    for url in (
        f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}",
        f"postgresql+psycopg://postgres@/none?host={tmp_path}",
    ):
        database = Database(url)
        with pytest.raises(UnavailableError) as caught, database.reading() as session:
            session.execute(text("SELECT 1"))
        assert caught.value.code == "database_unavailable"
        database.dispose()


def test_full_database_is_unavailable_and_keeps_what_it_had(tmp_path: Path, schema: Schema) -> None:
    database = Database(f"sqlite:///{tmp_path / 'small.db'}", pool_size=1)
    upgrade(database, schema)

    def fill() -> None:
        with database.begin() as session:
            pages = session.execute(text("PRAGMA page_count")).scalar_one()
            session.execute(text(f"PRAGMA max_page_count={pages + 1}"))
            session.add_all(_account(f"person{n}") for n in range(2000))

    with pytest.raises(UnavailableError) as caught:
        fill()
    assert caught.value.code == "database_unavailable"
    assert _logins(database) == []
    database.dispose()


def test_database_that_was_never_migrated_is_not_served(database_url: str, schema: Schema) -> None:
    database = Database(database_url)
    with pytest.raises(UnavailableError) as caught:
        require_current(database, schema)
    assert caught.value.code == "database_not_migrated"
    database.dispose()


def test_migrating_twice_changes_nothing(database: Database, schema: Schema) -> None:
    with database.begin() as session:
        session.add(_account())
    upgrade(database, schema)
    require_current(database, schema)
    assert _logins(database) == ["zhang"]


def test_revisions_make_what_the_kernels_models_declare(database: Database, schema: Schema) -> None:
    assert differences(database, schema) == []


def test_database_of_a_newer_program_is_not_served(database: Database, schema: Schema) -> None:
    with database.begin() as session:
        session.execute(text("INSERT INTO alembic_version (version_num) VALUES ('z999')"))
    with pytest.raises(UnavailableError):
        require_current(database, schema)


def test_ids_are_32_hex_digits_and_never_repeat() -> None:
    made = {new_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(found) == 32 and int(found, 16) >= 0 for found in made)
