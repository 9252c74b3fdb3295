"""Bundles by time, so that a page of them is found without sorting all there ever were."""

from alembic import op

revision = "k005"
down_revision = "k004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_bundle_out_sealed_at", "bundle_out", ["sealed_at"])
    op.create_index("ix_bundle_in_applied_at", "bundle_in", ["applied_at"])


def downgrade() -> None:
    op.drop_index("ix_bundle_in_applied_at", "bundle_in")
    op.drop_index("ix_bundle_out_sealed_at", "bundle_out")
