"""What counterparts answer to a call, and calls that are of no use any more."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from alembic.operations.base import BatchOperations

revision = "e011"
down_revision = "e006"
branch_labels = None
depends_on = None

BEFORE = ("waiting", "delivered", "refused")
AFTER = (*BEFORE, "expired", "withdrawn")


def upgrade() -> None:
    """The calls of before have no answer and no end."""
    with op.batch_alter_table("province_call") as batch:
        _renew(batch, AFTER)
        batch.add_column(sa.Column("expires_at", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("answer", sa.String(200), nullable=False, server_default=""))
        batch.add_column(sa.Column("answered_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("province_call") as batch:
        batch.alter_column("answer", existing_type=sa.String(200), server_default=None)


def downgrade() -> None:
    """What was not sent any more counts as refused in the revision before: it stays unsent."""
    op.execute("UPDATE province_call SET state = 'refused' WHERE state IN ('expired', 'withdrawn')")
    with op.batch_alter_table("province_call") as batch:
        _renew(batch, BEFORE)
        for name in ("expires_at", "answer", "answered_at"):
            batch.drop_column(name)


def _renew(batch: BatchOperations, values: Sequence[str]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    batch.drop_constraint("state", type_="check")
    batch.create_check_constraint("state", f"state IN ({listed})")
