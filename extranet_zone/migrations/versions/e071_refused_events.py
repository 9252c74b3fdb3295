"""What the province sent and was refused waits for a person: tried again, or set aside."""

import sqlalchemy as sa
from alembic import op

revision = "e071"
down_revision = "e061"
branch_labels = None
depends_on = None

STATES = ("taken", "refused", "requested", "replayed", "set_aside")
TEXTS = {"message": 200, "settled_by": 64, "reason": 200}


def upgrade() -> None:
    """What was refused before waits too; its words were not kept, its code was."""
    states = sa.Enum(
        *STATES, native_enum=False, create_constraint=True, length=32, name="event_state"
    )
    with op.batch_alter_table("province_event") as batch:
        for name, length in TEXTS.items():
            batch.add_column(sa.Column(name, sa.String(length), nullable=False, server_default=""))
        batch.add_column(sa.Column("settled_at", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("state", states, nullable=False, server_default="taken"))
    op.execute("UPDATE province_event SET state = 'refused' WHERE code <> ''")
    with op.batch_alter_table("province_event") as batch:
        for name, length in TEXTS.items():
            batch.alter_column(name, existing_type=sa.String(length), server_default=None)
        batch.alter_column("state", existing_type=sa.String(32), server_default=None)
        batch.create_index("ix_province_event_state", ["state", "received_at"])


def downgrade() -> None:
    """What took effect when it was tried again had it: the revision before says so by no code."""
    op.execute("UPDATE province_event SET code = '' WHERE state = 'replayed'")
    with op.batch_alter_table("province_event") as batch:
        batch.drop_index("ix_province_event_state")
        batch.drop_constraint("event_state", type_="check")
        for name in (*TEXTS, "settled_at", "state"):
            batch.drop_column(name)
