"""Find the certificates of a unit: a later one replaces an earlier one."""

from alembic import op

revision = "i002"
down_revision = "i001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_issued_certificate_unit_no", "issued_certificate", ["unit_no"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_issued_certificate_unit_no", "issued_certificate")
