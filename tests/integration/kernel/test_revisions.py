"""Claims about taking a database back to what an earlier release knows."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import MetaData, text

from extranet_zone.db import SCHEMA as EXTRANET
from internet_zone.db import SCHEMA as INTERNET
from intranet_zone.db import SCHEMA as INTRANET
from kernel.db import Database
from kernel.errors import RefusedError
from kernel.migrate import Schema, downgrade, require_current, upgrade

RELEASED = {
    # Heads of release 0.1.0, which rollback.yml of the next one goes back to.
    "internet": (INTERNET, ("k005", "i005")),
    "extranet": (EXTRANET, ("k005", "e005")),
    "intranet": (INTRANET, ("k005", "n002")),
}
_REVISION = '''"""A revision of the test."""

from alembic import op

revision = "{revision}"
down_revision = {before!r}
depends_on = {needed!r}


def upgrade() -> None:
    op.execute("CREATE TABLE {table} (n INTEGER)")


def downgrade() -> None:
    {back}
'''


def zone_schema(folder: Path, revisions: Sequence[tuple[str, str | None, str]]) -> Schema:
    """A zone whose revisions each make a table; each with what takes it back."""
    for revision, before, back in revisions:
        filled = _REVISION.format(
            revision=revision,
            before=before,
            needed=None if before else "k002",
            table=f"made_by_{revision}",
            back=back.format(table=f"made_by_{revision}"),
        )
        (folder / f"{revision}.py").write_text(filled, "utf-8")
    return Schema(folder, MetaData())


def tables(database: Database) -> set[str]:
    """What the test's revisions made."""
    found = set()
    for name in ("made_by_z1", "made_by_z2", "made_by_z3"):
        with database.engine.connect() as connection:
            if database.engine.dialect.has_table(connection, name):
                found.add(name)
    return found


DROPS = 'op.execute("DROP TABLE {table}")'
CANNOT = 'raise NotImplementedError("earlier rows cannot say this")'


def test_goes_back_to_the_revisions_of_before_and_forth_again(
    database: Database, tmp_path: Path
) -> None:
    schema = zone_schema(tmp_path, [("z1", None, DROPS), ("z2", "z1", DROPS), ("z3", "z2", DROPS)])
    upgrade(database, schema)
    assert downgrade(database, schema, ["k005", "z1"])
    assert tables(database) == {"made_by_z1"}
    assert not downgrade(database, schema, ["k005", "z1"])
    upgrade(database, schema)
    require_current(database, schema)


def test_what_cannot_go_back_stays_whole(database: Database, tmp_path: Path) -> None:
    schema = zone_schema(tmp_path, [("z1", None, DROPS), ("z2", "z1", CANNOT), ("z3", "z2", DROPS)])
    upgrade(database, schema)
    with pytest.raises(RefusedError) as caught:
        downgrade(database, schema, ["k005", "z1"])
    assert caught.value.code == "downgrade_impossible"
    assert tables(database) == {"made_by_z1", "made_by_z2", "made_by_z3"}
    require_current(database, schema)


def test_revision_that_nobody_knows_is_refused(database: Database, tmp_path: Path) -> None:
    schema = zone_schema(tmp_path, [("z1", None, DROPS)])
    upgrade(database, schema)
    with pytest.raises(RefusedError) as caught:
        downgrade(database, schema, ["k005", "q9"])
    assert caught.value.code == "revision_unknown"
    require_current(database, schema)


@pytest.mark.parametrize("zone", RELEASED)
def test_every_zone_goes_back_to_the_release_before(zone: str, database_url: str) -> None:
    schema, heads = RELEASED[zone]
    database = Database(database_url)
    try:
        upgrade(database, schema)
        downgrade(database, schema, heads)
        with database.engine.connect() as connection:
            present = set(connection.scalars(text("SELECT version_num FROM alembic_version")))
        assert present == set(heads)
        upgrade(database, schema)
        require_current(database, schema)
    finally:
        database.dispose()
