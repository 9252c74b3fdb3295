"""A bill whose amount nobody knows yet, and the legal basis of each."""

import sqlalchemy as sa
from alembic import op

revision = "e006"
down_revision = "e005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the amount be unknown; the bills of before name no basis."""
    with op.batch_alter_table("case_bill") as batch:
        batch.alter_column("amount_fen", existing_type=sa.BigInteger(), nullable=True)
        batch.add_column(sa.Column("basis", sa.String(200), nullable=False, server_default=""))
    with op.batch_alter_table("case_bill") as batch:
        batch.alter_column("basis", existing_type=sa.String(200), server_default=None)


def downgrade() -> None:
    """An unknown amount cannot be said in the revision before: it becomes zero there."""
    op.execute("UPDATE case_bill SET amount_fen = 0 WHERE amount_fen IS NULL")
    with op.batch_alter_table("case_bill") as batch:
        batch.drop_column("basis")
        batch.alter_column("amount_fen", existing_type=sa.BigInteger(), nullable=False)
