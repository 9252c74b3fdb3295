"""Cases with parties, materials, steps and the spatial conclusion."""

import sqlalchemy as sa
from alembic import op

revision = "e001"
down_revision = None
branch_labels = ("extranet",)
depends_on = "k002"

STATES = (
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


def coded(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=32, name=name)


def upgrade() -> None:
    op.create_table(
        "case_file",
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("item_code", sa.String(40), nullable=False),
        sa.Column("mode", coded("mode", ("fusion", "online")), nullable=False),
        sa.Column("state", coded("state", STATES), nullable=False),
        sa.Column("unit_no", sa.String(28), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("applicant", sa.String(100), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("declaration", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.String(200), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("due_kind", coded("due_kind", ("decision", "promise")), nullable=True),
        sa.Column("clock_from", sa.BigInteger(), nullable=True),
        sa.Column("promised_days", sa.Integer(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("due_note", sa.String(200), nullable=False),
        sa.Column("concluded_at", sa.BigInteger(), nullable=True),
        sa.Column("certificate_no", sa.String(64), nullable=False),
        sa.Column("entry_id", sa.String(32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(due_kind IS NULL) = (clock_from IS NULL)", name="ck_case_file_clock_has_start"
        ),
        sa.PrimaryKeyConstraint("case_no", name="pk_case_file"),
    )
    op.create_index("ix_case_file_item_code", "case_file", ["item_code"])
    op.create_index("ix_case_file_unit_no", "case_file", ["unit_no"])
    op.create_index("ix_case_file_state_due", "case_file", ["state", "due_at", "received_at"])
    op.create_index("ix_case_file_state_case_no", "case_file", ["state", "case_no"])
    op.create_table(
        "case_party",
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(2), nullable=False),
        sa.Column("document_type", sa.String(2), nullable=False),
        sa.Column("document_no", sa.String(40), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("share", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name="fk_case_party_case_no"),
        sa.PrimaryKeyConstraint("case_no", "position", name="pk_case_party"),
    )
    op.create_table(
        "case_material",
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("state", coded("state", ("awaited", "present", "damaged")), nullable=False),
        sa.Column("defect", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["case_file.case_no"], name="fk_case_material_case_no"
        ),
        sa.PrimaryKeyConstraint("case_no", "position", name="pk_case_material"),
    )
    op.create_index("ix_case_material_digest", "case_material", ["digest"])
    op.create_table(
        "case_step",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("source", coded("source", STATES), nullable=True),
        sa.Column("target", coded("target", STATES), nullable=True),
        sa.Column("zone", coded("zone", ("internet", "extranet", "intranet")), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name="fk_case_step_case_no"),
        sa.PrimaryKeyConstraint("id", name="pk_case_step"),
        sa.UniqueConstraint("case_no", "position", name="uq_case_step_case_no_position"),
    )
    op.create_table(
        "spatial_conclusion",
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("passed", sa.SmallInteger(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("checks", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.String(200), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("concluded_at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["case_file.case_no"], name="fk_spatial_conclusion_case_no"
        ),
        sa.PrimaryKeyConstraint("case_no", name="pk_spatial_conclusion"),
    )


def downgrade() -> None:
    for table in (
        "spatial_conclusion",
        "case_step",
        "case_material",
        "case_party",
        "case_file",
    ):
        op.drop_table(table)
