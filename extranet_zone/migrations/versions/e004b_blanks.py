"""The stock of blank certificates."""

import sqlalchemy as sa
from alembic import op

revision = "e004b"
down_revision = "e004"
branch_labels = None
depends_on = None


def coded(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=32, name=name)


def upgrade() -> None:
    op.create_table(
        "blank",
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("kind", coded("kind", ("title", "registration")), nullable=False),
        sa.Column("status", coded("status", ("in_stock", "used", "spoiled")), nullable=False),
        sa.Column("received_by", sa.String(64), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.String(32), nullable=True),
        sa.Column("taken_by", sa.String(64), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(200), nullable=False),
        sa.CheckConstraint(
            "(status = 'in_stock') = (taken_at IS NULL) AND "
            "(status <> 'used' OR entry_id IS NOT NULL)",
            name="ck_blank_taken_by_somebody",
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["register_entry.id"], name="fk_blank_entry_id"),
        sa.PrimaryKeyConstraint("number", name="pk_blank"),
    )
    op.create_index("ix_blank_kind_status_number", "blank", ["kind", "status", "number"])
    op.create_index("ix_blank_entry_id", "blank", ["entry_id"])


def downgrade() -> None:
    op.drop_table("blank")
