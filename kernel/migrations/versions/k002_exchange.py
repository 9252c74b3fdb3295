"""Messages, streams, bundles and beacons of the exchange."""

import sqlalchemy as sa
from alembic import op

revision = "k002"
down_revision = "k001"
branch_labels = None
depends_on = None

ZONES = ("internet", "extranet", "intranet")
STREAMS = ("urgent", "register", "review", "materials")


def coded(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=32, name=name)


def upgrade() -> None:
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("destination", coded("destination", ZONES), nullable=False),
        sa.Column("stream", coded("stream", STREAMS), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("case_no", sa.String(20), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("blobs", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("bundle", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_message"),
    )
    op.create_index("ix_outbox_message_case_no", "outbox_message", ["case_no"])
    op.create_index("ix_outbox_message_bundle", "outbox_message", ["bundle"])
    op.create_table(
        "stream_out",
        sa.Column("destination", coded("destination", ZONES), nullable=False),
        sa.Column("stream", coded("stream", STREAMS), nullable=False),
        sa.Column("epoch", sa.String(16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("destination", "stream", name="pk_stream_out"),
    )
    op.create_table(
        "bundle_out",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("destination", coded("destination", ZONES), nullable=False),
        sa.Column("stream", coded("stream", STREAMS), nullable=False),
        sa.Column("epoch", sa.String(16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("state", coded("state", ("sealed", "carried", "confirmed")), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("offered_beacon", sa.BigInteger(), nullable=False),
        sa.Column("carried_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'confirmed') = (confirmed_at IS NOT NULL)",
            name="ck_bundle_out_confirmed_has_time",
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_bundle_out"),
        sa.UniqueConstraint(
            "destination",
            "stream",
            "epoch",
            "sequence",
            name="uq_bundle_out_destination_stream_epoch_sequence",
        ),
    )
    op.create_index("ix_bundle_out_state", "bundle_out", ["state"])
    op.create_table(
        "stream_in",
        sa.Column("origin", coded("origin", ZONES), nullable=False),
        sa.Column("stream", coded("stream", STREAMS), nullable=False),
        sa.Column("epoch", sa.String(16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(64), nullable=True),
        sa.Column("state", coded("state", ("active", "halted")), nullable=False),
        sa.Column("promised", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "stream", name="pk_stream_in"),
    )
    op.create_table(
        "bundle_in",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("origin", coded("origin", ZONES), nullable=False),
        sa.Column("stream", coded("stream", STREAMS), nullable=False),
        sa.Column("epoch", sa.String(16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("applied_at", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("digest", name="pk_bundle_in"),
        sa.UniqueConstraint(
            "origin",
            "stream",
            "epoch",
            "sequence",
            name="uq_bundle_in_origin_stream_epoch_sequence",
        ),
    )
    op.create_table(
        "inbox_message",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("origin", coded("origin", ZONES), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("case_no", sa.String(20), nullable=True),
        sa.Column("bundle", sa.String(64), nullable=False),
        sa.Column("state", coded("state", ("applied", "refused")), nullable=False),
        sa.Column("code", sa.String(64), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inbox_message"),
    )
    op.create_index("ix_inbox_message_case_no", "inbox_message", ["case_no"])
    op.create_index("ix_inbox_message_bundle", "inbox_message", ["bundle"])
    op.create_table(
        "beacon_out",
        sa.Column("destination", coded("destination", ZONES), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("destination", name="pk_beacon_out"),
    )
    op.create_table(
        "beacon_in",
        sa.Column("origin", coded("origin", ZONES), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("unconfirmed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name="pk_beacon_in"),
    )


def downgrade() -> None:
    for table in (
        "beacon_in",
        "beacon_out",
        "inbox_message",
        "bundle_in",
        "stream_in",
        "bundle_out",
        "stream_out",
        "outbox_message",
    ):
        op.drop_table(table)
