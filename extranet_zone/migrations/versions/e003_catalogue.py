"""Editions of the catalogue, marks on units, and the edition every case is handled under."""

import sqlalchemy as sa
from alembic import op

revision = "e003"
down_revision = "e002"
branch_labels = None
depends_on = None

MARKS = ("legacy", "problem_estate", "unsurveyed")


def upgrade() -> None:
    op.create_table(
        "catalogue_edition",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("received_on", sa.String(10), nullable=False),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.BigInteger(), nullable=False),
        sa.Column("loaded_by", sa.String(64), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("publication", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_catalogue_edition"),
    )
    op.create_table(
        "unit_mark",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("prefix", sa.String(28), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*MARKS, native_enum=False, create_constraint=True, length=32, name="kind"),
            nullable=False,
        ),
        sa.Column("document", sa.String(200), nullable=False),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("valid_until", sa.String(10), nullable=True),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("entered_by", sa.String(64), nullable=False),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from",
            name="ck_unit_mark_ends_after_start",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_unit_mark"),
    )
    op.create_index("ix_unit_mark_prefix", "unit_mark", ["prefix"])
    # Cases from before there were editions belong to the first: it has their items.
    op.add_column(
        "case_file", sa.Column("edition", sa.Integer(), nullable=False, server_default="1")
    )
