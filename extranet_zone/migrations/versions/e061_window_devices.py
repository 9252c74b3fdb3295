"""Windows with their devices' readings, and a record of each check made at a window."""

import sqlalchemy as sa
from alembic import op

revision = "e061"
down_revision = "e051"
branch_labels = None
depends_on = None

KINDS = ("identity_reader", "camera", "face", "signature_pad", "fingerprint", "scan")


def coded(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=32, name=name)


def upgrade() -> None:
    """Make the tables; a case that is being entered keeps the checks that its facts name."""
    op.create_table(
        "case_check",
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("source", coded("source", "hand", "device"), nullable=False),
        sa.Column("passed", sa.SmallInteger(), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("reading_id", sa.String(32), nullable=False),
        sa.Column("detail", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name="fk_case_check_case_no"),
        sa.PrimaryKeyConstraint("case_no", "code", "subject", name="pk_case_check"),
    )
    op.create_table(
        "service_window",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("authority", sa.String(6), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seated_login", sa.String(64)),
        sa.Column("seated_at", sa.BigInteger()),
        sa.Column("token_digest", sa.String(64)),
        sa.Column("token_issued_at", sa.BigInteger()),
        sa.Column("token_issued_by", sa.String(64), nullable=False),
        sa.Column("token_revoked_at", sa.BigInteger()),
        sa.Column("seen_at", sa.BigInteger()),
        sa.CheckConstraint(
            "(seated_login IS NULL) = (seated_at IS NULL)",
            name=op.f("ck_service_window_seat_has_time"),
        ),
        sa.CheckConstraint(
            "(token_digest IS NULL) = (token_issued_at IS NULL)",
            name=op.f("ck_service_window_token_has_time"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_service_window"),
        sa.UniqueConstraint("authority", "name", name="uq_service_window_authority_name"),
        sa.UniqueConstraint("seated_login", name="uq_service_window_seated_login"),
        sa.UniqueConstraint("token_digest", name="uq_service_window_token_digest"),
    )
    op.create_table(
        "window_order",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("window_id", sa.String(32), nullable=False),
        sa.Column("kind", coded("kind", *KINDS), nullable=False),
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("reference_id", sa.String(32), nullable=False),
        sa.Column(
            "state", coded("state", "open", "answered", "failed", "withdrawn"), nullable=False
        ),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.String(40), nullable=False),
        sa.Column("message", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["window_id"], ["service_window.id"], name="fk_window_order_window_id"
        ),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name="fk_window_order_case_no"),
        sa.PrimaryKeyConstraint("id", name="pk_window_order"),
    )
    op.create_index("ix_window_order_window_id_asked_at", "window_order", ["window_id", "asked_at"])
    op.create_index("ix_window_order_asked_at", "window_order", ["asked_at"])
    op.create_table(
        "window_reading",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("window_id", sa.String(32), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", coded("kind", *KINDS), nullable=False),
        sa.Column("order_id", sa.String(32)),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("file_digest", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", coded("state", "waiting", "taken", "discarded"), nullable=False),
        sa.Column("decided_by", sa.String(64), nullable=False),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("case_no", sa.String(16)),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL)",
            name=op.f("ck_window_reading_decided_or_waiting"),
        ),
        sa.ForeignKeyConstraint(
            ["window_id"], ["service_window.id"], name="fk_window_reading_window_id"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["window_order.id"], name="fk_window_reading_order_id"
        ),
        sa.ForeignKeyConstraint(
            ["case_no"], ["case_file.case_no"], name="fk_window_reading_case_no"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_window_reading"),
        sa.UniqueConstraint("window_id", "key", name="uq_window_reading_window_id_key"),
    )
    op.create_index(
        "ix_window_reading_window_id_state",
        "window_reading",
        ["window_id", "state", "received_at"],
    )
    op.create_index(
        "ix_window_reading_state_received_at", "window_reading", ["state", "received_at"]
    )
    op.create_index("ix_window_reading_file_digest", "window_reading", ["file_digest"])
    op.create_index("ix_window_reading_case_no", "window_reading", ["case_no"])


def downgrade() -> None:
    """Drop them; which checks hold stays in the cases' facts."""
    for table in ("window_reading", "window_order", "service_window", "case_check"):
        op.drop_table(table)
