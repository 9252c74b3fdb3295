"""Published editions of the catalogue, and the edition every application is made under."""

import sqlalchemy as sa
from alembic import op

revision = "i003"
down_revision = "i002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "published_edition",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_published_edition"),
    )
    # Applications from before there were editions belong to the first: it has their items.
    op.add_column(
        "application", sa.Column("edition", sa.Integer(), nullable=False, server_default="1")
    )
