"""Alembic, configured in code: the kernel's revisions and a zone's own, applied together.

The kernel's tables are the same in every zone, so they have one branch of revisions
(``kernel/migrations/versions``); each zone adds its branch (``<zone>/migrations/versions``), which
depends on the kernel's ``k002`` and never on the kernel's newest revision: Alembic counts a
revision that another depends on as no head of its own, and :func:`require_current` compares heads.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData

from kernel.db import Database, KernelBase
from kernel.errors import RefusedError, UnavailableError

_HERE: Final = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Schema:
    """What one zone's database must hold: where its revisions lie and what its models declare."""

    versions: Path
    metadata: MetaData


def upgrade(database: Database, schema: Schema) -> bool:
    """Bring the database to the newest revisions of kernel and zone, all of them or none.

    Answers whether any was missing.
    """
    with _revising(database, schema) as (connection, config):
        before = _heads(connection)
        command.upgrade(config, "heads")
        return before != _heads(connection)


def downgrade(database: Database, schema: Schema, heads: Sequence[str]) -> bool:
    """Take the database back to the revisions an earlier release calls its newest, or not at all.

    Done by the newer programs before the older ones take over; what was recorded meanwhile is kept
    as far as the earlier revisions can say it. Answers whether anything was taken back. Raises
    :class:`RefusedError` with code ``revision_unknown`` or ``downgrade_impossible``.
    """
    with _revising(database, schema) as (connection, config):
        before = _heads(connection)
        try:
            for head in heads:
                command.downgrade(config, head)
        except NotImplementedError as error:
            raise RefusedError(
                "downgrade_impossible", f"数据库结构退不回去，未作改动：{error}"
            ) from error
        except CommandError as error:
            raise RefusedError(
                "revision_unknown", f"不认得数据库版本 {'、'.join(heads)}，未作改动"
            ) from error
        return before != _heads(connection)


@contextmanager
def _revising(database: Database, schema: Schema) -> Iterator[tuple[Connection, Config]]:
    """A connection on which revisions are applied, all of them or none."""
    with database.engine.connect() as connection:
        config = _config(schema)
        config.attributes["connection"] = connection
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # SQLite rebuilds a table to change a constraint, and may do so only while it does not
            # watch over references; they are counted before anything is committed.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection, config
            if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise RuntimeError("a revision leaves rows that refer to nothing")
            connection.commit()
        finally:
            connection.rollback()
            if is_sqlite:
                connection.exec_driver_sql("PRAGMA foreign_keys=ON")


def _heads(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())


def require_current(database: Database, schema: Schema) -> None:
    """Refuse to start on a database that lacks revisions.

    Raises :class:`UnavailableError` with code ``database_not_migrated``.
    """
    wanted = set(ScriptDirectory.from_config(_config(schema)).get_heads())
    with database.engine.connect() as connection:
        present = _heads(connection)
    if present != wanted:
        raise UnavailableError(
            "database_not_migrated", "数据库结构不是当前版本，请先执行 migrate 命令"
        )


def differences(database: Database, schema: Schema) -> Sequence[object]:
    """What the models declare and the migrated database lacks, or the other way round."""
    merged = MetaData(naming_convention=KernelBase.metadata.naming_convention)
    for metadata in (KernelBase.metadata, schema.metadata):
        for table in metadata.tables.values():
            table.to_metadata(merged)
    with database.engine.connect() as connection:
        found: list[object] = compare_metadata(MigrationContext.configure(connection), merged)
    return found


def _config(schema: Schema) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{_HERE / 'versions'}\n{schema.versions}")
    return config
