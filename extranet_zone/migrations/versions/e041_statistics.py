"""Statistics read a period: each instant they ask for has its index."""

from alembic import op

revision = "e041"
down_revision = "e031"
branch_labels = None
depends_on = None

INDICES = (
    ("ix_case_file_received_at", "case_file", ["received_at"]),
    ("ix_case_step_at_action", "case_step", ["at", "action"]),
    ("ix_case_bill_billed_at", "case_bill", ["billed_at"]),
    ("ix_case_bill_paid_at", "case_bill", ["paid_at"]),
    ("ix_blank_taken_at", "blank", ["taken_at"]),
    ("ix_certificate_engrossed_at", "certificate", ["engrossed_at"]),
)


def upgrade() -> None:
    """Make every index."""
    for name, table, columns in INDICES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Drop them; no data depends on them."""
    for name, table, _columns in INDICES:
        op.drop_index(name, table)
