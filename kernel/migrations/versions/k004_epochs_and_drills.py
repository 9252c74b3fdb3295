"""Epochs that replace one another, automatic tries, the drill stream and its rehearsals."""

import sqlalchemy as sa
from alembic import op

revision = "k004"
down_revision = "k003"
branch_labels = None
depends_on = None

ZONES = ("internet", "extranet", "intranet")
STREAMS = ("urgent", "register", "review", "materials", "drill")
STATES = ("sealed", "carried", "confirmed", "superseded")
OUT_STATES = ("active", "reconciling", "disagrees")
STREAM_TABLES = ("outbox_message", "stream_out", "bundle_out", "stream_in", "bundle_in")


def coded(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=32, name=name)


def listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def change_values(table: str, column: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Let a coded column take other values; SQLite cannot, so its table is written anew."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(column, table, type_="check")
        op.create_check_constraint(column, table, f"{column} IN ({listed(after)})")
        return
    rows = connection.exec_driver_sql(
        "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL", (table,)
    ).all()
    create = next(sql for kind, sql in rows if kind == "table")
    changed = create.replace(f"IN ({listed(before)})", f"IN ({listed(after)})")
    if changed == create:
        raise RuntimeError(f"{table}.{column} has no such constraint")
    op.rename_table(table, f"{table}_before")
    connection.exec_driver_sql(changed)
    connection.exec_driver_sql(
        f"INSERT INTO {table} SELECT * FROM {table}_before"  # noqa: S608 - names stand above
    )
    op.drop_table(f"{table}_before")
    for kind, sql in rows:
        if kind == "index":
            connection.exec_driver_sql(sql)


def upgrade() -> None:
    for table in STREAM_TABLES:
        change_values(table, "stream", STREAMS[:-1], STREAMS)
    change_values("bundle_out", "state", STATES[:-1], STATES)
    op.add_column(
        "bundle_out", sa.Column("generation", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(
        "bundle_out", sa.Column("tries", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("bundle_out", sa.Column("exhausted_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "stream_out",
        sa.Column("state", sa.String(32), nullable=False, server_default="active"),
    )
    if op.get_bind().dialect.name != "sqlite":
        op.create_check_constraint("out_state", "stream_out", f"state IN ({listed(OUT_STATES)})")
    op.add_column("stream_out", sa.Column("state_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "stream_out", sa.Column("generation", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("stream_out", sa.Column("reason", sa.String(200), nullable=True))
    op.add_column("stream_out", sa.Column("renews_epoch", sa.String(16), nullable=True))
    op.add_column(
        "stream_out",
        sa.Column("renews_sequence", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.add_column("stream_out", sa.Column("renews_head", sa.String(64), nullable=True))
    op.add_column("stream_out", sa.Column("reopened", sa.String(16), nullable=True))
    op.add_column("stream_in", sa.Column("next_epoch", sa.String(16), nullable=True))
    op.add_column("stream_in", sa.Column("reopen", sa.String(16), nullable=True))
    op.create_table(
        "retired_epoch",
        sa.Column("origin", coded("origin", ZONES), nullable=False),
        sa.Column("stream", coded("stream", STREAMS), nullable=False),
        sa.Column("epoch", sa.String(16), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "stream", "epoch", name="pk_retired_epoch"),
    )
    op.create_table(
        "drill_run",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("destination", coded("destination", ZONES), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("lose", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drill_run"),
    )
    op.create_table(
        "drill_message",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("drill", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("withheld", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drill_message"),
    )
    op.create_index("ix_drill_message_drill", "drill_message", ["drill"])


def downgrade() -> None:
    for table in ("drill_message", "drill_run", "retired_epoch"):
        op.drop_table(table)
    for column in ("next_epoch", "reopen"):
        op.drop_column("stream_in", column)
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("out_state", "stream_out", type_="check")
    for column in (
        "state",
        "state_at",
        "generation",
        "reason",
        "renews_epoch",
        "renews_sequence",
        "renews_head",
        "reopened",
    ):
        op.drop_column("stream_out", column)
    for column in ("generation", "tries", "exhausted_at"):
        op.drop_column("bundle_out", column)
    change_values("bundle_out", "state", STATES, STATES[:-1])
    for table in STREAM_TABLES:
        change_values(table, "stream", STREAMS, STREAMS[:-1])
