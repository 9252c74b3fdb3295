"""Certificates whose right has ended."""

import sqlalchemy as sa
from alembic import op

revision = "i031"
down_revision = "i005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ended_certificate",
        sa.Column("certificate_no", sa.String(64), nullable=False),
        sa.Column("how", sa.String(16), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("certificate_no", name="pk_ended_certificate"),
    )


def downgrade() -> None:
    op.drop_table("ended_certificate")
