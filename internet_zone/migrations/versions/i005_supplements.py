"""Notices of defects with their answers, and what cases owe and paid."""

import sqlalchemy as sa
from alembic import op

revision = "i005"
down_revision = "i003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supplement_notice",
        sa.Column("case_no", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("defects", sa.Text(), nullable=False),
        sa.Column("materials", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("case_no", "number", name="pk_supplement_notice"),
    )
    op.create_table(
        "payment_statement",
        sa.Column("case_no", sa.String(length=16), nullable=False),
        sa.Column("bills", sa.Text(), nullable=False),
        sa.Column("stated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_no", name="pk_payment_statement"),
    )


def downgrade() -> None:
    op.drop_table("payment_statement")
    op.drop_table("supplement_notice")
