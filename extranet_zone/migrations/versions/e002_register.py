"""Units, rights, restrictions, register entries, number counters and certificates."""

import sqlalchemy as sa
from alembic import op

revision = "e002"
down_revision = "e001"
branch_labels = None
depends_on = None

EFFECTS = ("transfer", "mortgage", "mortgage_cancellation", "holder_change")
CERTIFICATE_KINDS = ("title", "registration")


def coded(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=32, name=name)


def upgrade() -> None:
    op.create_table(
        "unit",
        sa.Column("unit_no", sa.String(28), nullable=False),
        sa.Column("parcel_no", sa.String(19), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("use", sa.String(200), nullable=False),
        sa.Column("area", sa.String(12), nullable=False),
        sa.Column("nature", sa.String(100), nullable=False),
        sa.Column("term", sa.String(200), nullable=False),
        sa.Column("loaded_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("unit_no", name="pk_unit"),
    )
    op.create_index("ix_unit_parcel_no", "unit", ["parcel_no"])
    op.create_index("ix_unit_location", "unit", ["location"])
    op.create_table(
        "register_entry",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("log_no", sa.BigInteger(), nullable=False),
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("unit_no", sa.String(28), nullable=False),
        sa.Column("effect", coded("effect", EFFECTS), nullable=False),
        sa.Column("registration_type", sa.String(3), nullable=False),
        sa.Column("right_type", sa.String(2), nullable=False),
        sa.Column("certificate_no", sa.String(64), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("recorder", sa.String(64), nullable=False),
        sa.Column("recorder_name", sa.String(100), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(["unit_no"], ["unit.unit_no"], name="fk_register_entry_unit_no"),
        sa.PrimaryKeyConstraint("id", name="pk_register_entry"),
        sa.UniqueConstraint("log_no", name="uq_register_entry_log_no"),
        sa.UniqueConstraint("case_no", name="uq_register_entry_case_no"),
    )
    op.create_index("ix_register_entry_unit_no_log_no", "register_entry", ["unit_no", "log_no"])
    op.create_index("ix_register_entry_day", "register_entry", ["day", "log_no"])
    op.create_index("ix_register_entry_certificate_no", "register_entry", ["certificate_no"])
    op.create_table(
        "unit_right",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("unit_no", sa.String(28), nullable=False),
        sa.Column("kind", coded("kind", ("ownership", "mortgage")), nullable=False),
        sa.Column("right_type", sa.String(2), nullable=False),
        sa.Column("certificate_no", sa.String(64), nullable=False),
        sa.Column("sharing", sa.String(1), nullable=False),
        sa.Column("status", coded("status", ("current", "ended")), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("begun_by", sa.String(32), nullable=True),
        sa.Column("ended_by", sa.String(32), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(status = 'ended') = (ended_by IS NOT NULL) AND "
            "(status = 'ended') = (ended_at IS NOT NULL)",
            name="ck_unit_right_ended_has_entry",
        ),
        sa.ForeignKeyConstraint(["unit_no"], ["unit.unit_no"], name="fk_unit_right_unit_no"),
        sa.ForeignKeyConstraint(["begun_by"], ["register_entry.id"], name="fk_unit_right_begun_by"),
        sa.ForeignKeyConstraint(["ended_by"], ["register_entry.id"], name="fk_unit_right_ended_by"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_right"),
    )
    op.create_index("ix_unit_right_unit_no_status", "unit_right", ["unit_no", "status"])
    op.create_index("ix_unit_right_certificate_no", "unit_right", ["certificate_no"])
    op.create_table(
        "right_holder",
        sa.Column("right_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(2), nullable=False),
        sa.Column("document_type", sa.String(2), nullable=False),
        sa.Column("document_no", sa.String(40), nullable=False),
        sa.Column("share", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["right_id"], ["unit_right.id"], name="fk_right_holder_right_id"),
        sa.PrimaryKeyConstraint("right_id", "position", name="pk_right_holder"),
    )
    op.create_index("ix_right_holder_name", "right_holder", ["name"])
    op.create_index("ix_right_holder_document_no", "right_holder", ["document_no"])
    op.create_table(
        "restriction",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("unit_no", sa.String(28), nullable=False),
        sa.Column(
            "kind", coded("kind", ("seizure", "objection", "advance_notice")), nullable=False
        ),
        sa.Column("requested_by", sa.String(100), nullable=False),
        sa.Column("document", sa.String(200), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= recorded_at", name="ck_restriction_ends_after_start"
        ),
        sa.ForeignKeyConstraint(["unit_no"], ["unit.unit_no"], name="fk_restriction_unit_no"),
        sa.PrimaryKeyConstraint("id", name="pk_restriction"),
    )
    op.create_index("ix_restriction_unit_no", "restriction", ["unit_no"])
    op.create_table(
        "certificate_counter",
        sa.Column("authority", sa.String(20), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", coded("kind", CERTIFICATE_KINDS), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("authority", "year", "kind", name="pk_certificate_counter"),
    )
    head = op.create_table(
        "recording_log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_recording_log_head_single"),
        sa.PrimaryKeyConstraint("id", name="pk_recording_log_head"),
    )
    op.bulk_insert(head, [{"id": 1, "last": 0}])
    op.create_table(
        "certificate",
        sa.Column("entry_id", sa.String(32), nullable=False),
        sa.Column("certificate_no", sa.String(64), nullable=False),
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("unit_no", sa.String(28), nullable=False),
        sa.Column("kind", coded("kind", CERTIFICATE_KINDS), nullable=False),
        sa.Column("pdf", sa.String(64), nullable=False),
        sa.Column("pdf_size", sa.BigInteger(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("verification_code", sa.String(10), nullable=False),
        sa.Column("engrossed_by", sa.String(64), nullable=False),
        sa.Column("engrossed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["register_entry.id"], name="fk_certificate_entry_id"
        ),
        sa.PrimaryKeyConstraint("entry_id", name="pk_certificate"),
        sa.UniqueConstraint("certificate_no", name="uq_certificate_certificate_no"),
        sa.UniqueConstraint("case_no", name="uq_certificate_case_no"),
    )
    op.create_index("ix_certificate_unit_no", "certificate", ["unit_no"])


def downgrade() -> None:
    for table in (
        "certificate",
        "recording_log_head",
        "certificate_counter",
        "restriction",
        "right_holder",
        "unit_right",
        "register_entry",
        "unit",
    ):
        op.drop_table(table)
