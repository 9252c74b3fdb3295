"""Steps of one instant stand in the order in which they arrived."""

import sqlalchemy as sa
from alembic import op

revision = "i041"
down_revision = "i031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Number the steps that are there as they were shown: by instant."""
    op.add_column(
        "progress_step",
        sa.Column("position", sa.Integer(), nullable=False, server_default="0"),
    )
    op.execute(
        "UPDATE progress_step SET position = (SELECT COUNT(*) FROM progress_step AS earlier"
        " WHERE earlier.case_no = progress_step.case_no AND (earlier.at < progress_step.at"
        " OR (earlier.at = progress_step.at AND earlier.id <= progress_step.id)))"
    )
    with op.batch_alter_table("progress_step") as table:
        table.alter_column("position", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("progress_step") as table:
        table.drop_column("position")
