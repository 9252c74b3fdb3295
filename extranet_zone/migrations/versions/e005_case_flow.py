"""The four ways of a case, its clocks as rows, notices, bills, archive, calendar, province link.

States and kinds are CHECK constraints. SQLite cannot replace one in place: Alembic's batch makes
the table anew there, so foreign keys rest meanwhile and are checked afterwards.
"""

import uuid
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op
from alembic.operations.base import BatchOperations

revision = "e005"
down_revision = "e004b"
branch_labels = None
depends_on = None

HOME = "419001"
STATES = (
    "entered",
    "applied",
    "preliminary_supplement",
    "preliminary_passed",
    "collected_for_other",
    "paper_posted",
    "remote_concluded",
    "paper_in_transit",
    "collected",
    "awaiting_supplement",
    "second_notice_pending",
    "in_spatial_review",
    "accepted",
    "spatially_failed",
    "first_examined",
    "second_examined",
    "examined",
    "announced",
    "awaiting_payment",
    "suspended",
    "recorded",
    "engrossed",
    "issued",
    "handed_back",
    "declined",
    "refused",
    "withdrawn",
    "terminated",
    "archived",
    "restraint_received",
    "restraint_accepted",
    "restraint_examined",
    "restraint_recorded",
    "restraint_with_person",
    "restraint_rejected",
    "restraint_answered",
)
MODES = ("offline", "fusion", "online", "court")
CLOCKS = (
    "post_paper",
    "decision",
    "contact",
    "promise",
    "payment",
    "housing",
    "restraint",
    "sealing",
    "publication",
)
REASONS = ("supplement", "payment", "announcement", "order")
PAPERS = ("none", "awaited", "arrived")
MATERIAL_STATES = ("awaited", "present", "damaged", "superseded")
BEFORE_STATES = (
    "applied",
    "preliminary_passed",
    "collected",
    "in_spatial_review",
    "accepted",
    "spatially_failed",
    "first_examined",
    "examined",
    "recorded",
    "engrossed",
    "issued",
    "handed_back",
    "declined",
    "refused",
    "withdrawn",
)

Checks = Mapping[str, tuple[str, Sequence[str]]]
"""Constraint name to the column and what it may hold."""


def coded(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=32, name=name)


def condition(column: str, values: Sequence[str]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


def renew(batch: BatchOperations, checks: Checks) -> None:
    """Replace the CHECKs of these names."""
    for name, (column, values) in checks.items():
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, condition(column, values))


def foreign_keys(on: bool) -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    if on and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise RuntimeError("a row has lost what it refers to")
    connection.exec_driver_sql(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def upgrade() -> None:
    foreign_keys(on=False)
    added = (
        ("home_authority", sa.String(6), HOME),
        ("collecting_authority", sa.String(6), HOME),
        ("paper", sa.String(32), "none"),
        ("claimed_by", sa.String(64), ""),
    )
    with op.batch_alter_table("case_file") as batch:
        renew(
            batch,
            {"mode": ("mode", MODES), "state": ("state", STATES), "due_kind": ("due_kind", CLOCKS)},
        )
        for name, kind, value in added:
            batch.add_column(sa.Column(name, kind, nullable=False, server_default=value))
        batch.add_column(sa.Column("external_no", sa.String(64), nullable=True))
        batch.add_column(sa.Column("announced_at", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("announced_until", sa.BigInteger(), nullable=True))
        batch.create_check_constraint("paper", condition("paper", PAPERS))
        batch.create_unique_constraint(
            "uq_case_file_collecting_authority_external_no",
            ["collecting_authority", "external_no"],
        )
    with op.batch_alter_table("case_file") as batch:
        for name, _kind, _value in added:
            batch.alter_column(name, server_default=None)
    with op.batch_alter_table("case_step") as batch:
        renew(batch, {"source": ("source", STATES), "target": ("target", STATES)})
    with op.batch_alter_table("case_material") as batch:
        renew(batch, {"state": ("state", MATERIAL_STATES)})
        batch.add_column(sa.Column("notice_no", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("case_material") as batch:
        batch.alter_column("notice_no", server_default=None)
    foreign_keys(on=True)
    _create_tables()
    _move_clocks()


def _create_tables() -> None:
    op.create_table(
        "supplement_notice",
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("preliminary", sa.SmallInteger(), nullable=False),
        sa.Column(
            "state", coded("state", ("pending", "sent", "answered", "rejected")), nullable=False
        ),
        sa.Column("defects", sa.Text(), nullable=False),
        sa.Column("materials", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.String(64), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(64), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_no"], ["case_file.case_no"], name="fk_supplement_notice_case_no"
        ),
        sa.PrimaryKeyConstraint("case_no", "number", name="pk_supplement_notice"),
    )
    op.create_table(
        "case_bill",
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", coded("kind", ("fee", "tax")), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("billed_at", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("receipt_no", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name="fk_case_bill_case_no"),
        sa.PrimaryKeyConstraint("case_no", "number", name="pk_case_bill"),
    )
    op.create_table(
        "archive_file",
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("documents", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("archived_by", sa.String(64), nullable=False),
        sa.Column("archived_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name="fk_archive_file_case_no"),
        sa.PrimaryKeyConstraint("case_no", name="pk_archive_file"),
    )
    op.create_table(
        "window_counter",
        sa.Column("day", sa.String(8), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_window_counter"),
    )
    op.create_table(
        "staff_post",
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("authority", sa.String(6), nullable=False),
        sa.Column("absent", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("login", name="pk_staff_post"),
    )
    op.create_table(
        "clock",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("kind", coded("kind", CLOCKS), nullable=False),
        sa.Column("item", sa.String(40), nullable=False),
        sa.Column("authority", sa.String(6), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("due_note", sa.String(200), nullable=False),
        sa.Column("late", sa.SmallInteger(), nullable=False),
        sa.Column("ended_by", sa.String(64), nullable=False),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= started_at", name="ck_clock_ends_after_start"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_clock"),
    )
    op.create_index("ix_clock_subject", "clock", ["subject", "kind"])
    op.create_index("ix_clock_running", "clock", ["ended_at", "due_at"])
    op.create_index("ix_clock_started_at", "clock", ["started_at"])
    op.create_table(
        "clock_pause",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("clock_id", sa.String(32), nullable=False),
        sa.Column("reason", coded("reason", REASONS), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= begun_at", name="ck_clock_pause_ends_after_start"
        ),
        sa.ForeignKeyConstraint(["clock_id"], ["clock.id"], name="fk_clock_pause_clock_id"),
        sa.PrimaryKeyConstraint("id", name="pk_clock_pause"),
    )
    op.create_index("ix_clock_pause_clock_id", "clock_pause", ["clock_id"])
    op.create_table(
        "calendar_edition",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("keyid", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("loaded_by", sa.String(64), nullable=False),
        sa.Column("loaded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("year", "edition", name="pk_calendar_edition"),
    )
    op.create_table(
        "province_call",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("operation", sa.String(40), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("peer", sa.String(40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digests", sa.Text(), nullable=False),
        sa.Column("state", coded("state", ("waiting", "delivered", "refused")), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_province_call"),
        sa.UniqueConstraint("key", name="uq_province_call_key"),
    )
    op.create_index("ix_province_call_case_no", "province_call", ["case_no"])
    op.create_index("ix_province_call_waiting", "province_call", ["state", "next_at"])
    op.create_table(
        "province_event",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_province_event"),
    )


def _move_clocks() -> None:
    """The one clock a case had becomes a row; what had ended before keeps when it ended."""
    connection = op.get_bind()
    cases = sa.table(
        "case_file",
        *(
            sa.column(name)
            for name in (
                "case_no",
                "item_code",
                "state",
                "due_kind",
                "clock_from",
                "promised_days",
                "due_at",
                "due_note",
                "concluded_at",
            )
        ),
    )
    clock = sa.table(
        "clock",
        *(
            sa.column(name)
            for name in (
                "id",
                "subject",
                "kind",
                "item",
                "authority",
                "length",
                "started_at",
                "ended_at",
                "due_at",
                "due_note",
                "late",
                "ended_by",
            )
        ),
    )
    last = ""
    while True:
        rows = connection.execute(
            sa.select(cases)
            .where(cases.c.clock_from.is_not(None), cases.c.case_no > last)
            .order_by(cases.c.case_no)
            .limit(1000)
        ).all()
        if not rows:
            return
        connection.execute(
            sa.insert(clock),
            [
                {
                    "id": uuid.uuid4().hex,
                    "subject": row.case_no,
                    "kind": row.due_kind,
                    "item": row.item_code,
                    "authority": HOME,
                    "length": row.promised_days if row.due_kind == "promise" else 1,
                    "started_at": row.clock_from,
                    "ended_at": row.concluded_at,
                    "due_at": row.due_at,
                    "due_note": row.due_note,
                    "late": int(
                        row.concluded_at is not None
                        and row.due_at is not None
                        and row.concluded_at > row.due_at
                    ),
                    "ended_by": "",
                }
                for row in rows
            ],
        )
        last = rows[-1].case_no


def downgrade() -> None:
    for table in (
        "province_event",
        "province_call",
        "calendar_edition",
        "clock_pause",
        "clock",
        "staff_post",
        "window_counter",
        "archive_file",
        "case_bill",
        "supplement_notice",
    ):
        op.drop_table(table)
    foreign_keys(on=False)
    with op.batch_alter_table("case_file") as batch:
        renew(
            batch,
            {
                "mode": ("mode", ("fusion", "online")),
                "state": ("state", BEFORE_STATES),
                "due_kind": ("due_kind", ("decision", "promise")),
            },
        )
        batch.drop_constraint("uq_case_file_collecting_authority_external_no", type_="unique")
        batch.drop_constraint("paper", type_="check")
        for name in (
            "home_authority",
            "collecting_authority",
            "external_no",
            "paper",
            "announced_at",
            "announced_until",
            "claimed_by",
        ):
            batch.drop_column(name)
    with op.batch_alter_table("case_step") as batch:
        renew(batch, {"source": ("source", BEFORE_STATES), "target": ("target", BEFORE_STATES)})
    with op.batch_alter_table("case_material") as batch:
        renew(batch, {"state": ("state", ("awaited", "present", "damaged"))})
        batch.drop_column("notice_no")
    foreign_keys(on=True)
