"""Engine, transactions and column types for every zone's database.

Rules that hold for every table, because the domestic databases differ (see docs/adr/0007):
instants are BIGINT microseconds, ids 32 hex digits, flags SMALLINT, JSON is text; no upsert, no
vendor types, no partial index; work is claimed by a conditional update.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from sqlalchemy import (
    BigInteger,
    Enum,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Text,
    create_engine,
    event,
)
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from kernel.errors import ConflictError, TongbanError, UnavailableError

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Named constraints: a migration on any database can name what it drops."""

SQLITE_BUSY_MS: Final = 30_000

Id = Annotated[str, mapped_column(String(32))]
"""32 hex digits, see :func:`new_id`."""
Digest = Annotated[str, mapped_column(String(64))]
"""64 hex digits of a SHA-256 (or SM3) digest."""
Micros = Annotated[int, mapped_column(BigInteger)]
"""Microseconds since 1970-01-01 UTC."""
Count = Annotated[int, mapped_column(Integer)]
BigCount = Annotated[int, mapped_column(BigInteger)]
Flag = Annotated[int, mapped_column(SmallInteger)]
"""0 or 1."""
Json = Annotated[str, mapped_column(Text)]
"""JSON as text; the database never looks inside."""


def coded(kind: type[StrEnum], name: str) -> Enum:
    """A VARCHAR column that holds a member's value, with a CHECK that it is one of them."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=name,
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
    )


def new_id() -> str:
    """A random 128-bit id as 32 hex digits."""
    return uuid.uuid4().hex


class KernelBase(DeclarativeBase):
    """Tables every zone has: exchange, audit, accounts, sessions."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)


BeforeCommit = Callable[[Session], None]


class Database:
    """One zone's database: hands out sessions whose transaction is the unit of an act."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        """Connect lazily to ``url`` (``sqlite:///path`` or ``postgresql+psycopg://…``)."""
        self.url = make_url(url)
        self.engine = _make_engine(str(url), pool_size)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._before_commit: list[BeforeCommit] = []

    def before_commit(self, hook: BeforeCommit) -> None:
        """Run ``hook(session)`` as the last statements of every write transaction.

        The audit chain hangs here: its head row is locked last, so it cannot deadlock with the
        rows of the act, and no act commits without its record.
        """
        self._before_commit.append(hook)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A write transaction: commits when the block ends, rolls back when it raises.

        Raises :class:`UnavailableError` when the database cannot be reached or is full, and
        :class:`ConflictError` (``edited_meanwhile``) when a row changed under us.
        """
        with _translated(), self._sessions() as session:
            if self.engine.dialect.name == "sqlite":
                session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield session
                session.flush()
                for hook in self._before_commit:
                    hook(session)
                session.commit()
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read transaction over one snapshot: everything is rolled back at the end."""
        with _translated(), self._sessions() as session:
            if self.engine.dialect.name == "sqlite":
                session.connection().exec_driver_sql("BEGIN")
            try:
                yield session
            finally:
                # What was read stays readable after the block; a rollback would expire it.
                session.expunge_all()
                session.rollback()

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the environment does to the database into errors a person can act on."""
    try:
        yield
    except TongbanError:
        raise
    except StaleDataError:
        raise ConflictError("edited_meanwhile", "这条记录刚被他人修改，请刷新后重试") from None
    except OperationalError as error:
        raise UnavailableError(
            "database_unavailable", "数据库暂时不可用或空间不足，请稍后重试"
        ) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise UnavailableError("database_unavailable", "数据库连接中断，请稍后重试") from error
        raise


def _make_engine(url: str, pool_size: int) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=pool_size, pool_pre_ping=True)
    engine = create_engine(
        url, connect_args={"timeout": SQLITE_BUSY_MS / 1000, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # the driver's connection is untyped
        # The driver must not open transactions by itself: begin() says BEGIN IMMEDIATE, so two
        # writers queue at the start instead of failing in the middle.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
        cursor.close()

    return engine


def lock_row(connection: Connection) -> bool:
    """Whether this database needs ``SELECT … FOR UPDATE`` (SQLite locks at BEGIN IMMEDIATE)."""
    return connection.dialect.name != "sqlite"
