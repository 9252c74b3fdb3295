"""The portal: citizens, unit directory, applications, progress, certificates."""

import sqlalchemy as sa
from alembic import op

revision = "i001"
down_revision = None
branch_labels = ("internet",)
depends_on = "k002"


def upgrade() -> None:
    op.create_table(
        "application",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("item_code", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "ended",
                "discarded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("unit_no", sa.String(length=28), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("case_no", sa.String(length=16), nullable=True),
        sa.Column("signed_by", sa.String(length=100), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_application")),
        sa.UniqueConstraint("case_no", name=("uq_application_case_no")),
    )
    op.create_index(("ix_application_account_id"), "application", ["account_id"], unique=False)
    op.create_table(
        "case_counter",
        sa.Column("day", sa.String(length=8), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=("pk_case_counter")),
    )
    op.create_table(
        "citizen",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("identity_no", sa.String(length=18), nullable=False),
        sa.Column("phone", sa.String(length=11), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=("pk_citizen")),
        sa.UniqueConstraint("identity_no", name=("uq_citizen_identity_no")),
        sa.UniqueConstraint("phone", name=("uq_citizen_phone")),
    )
    op.create_table(
        "issued_certificate",
        sa.Column("certificate_no", sa.String(length=64), nullable=False),
        sa.Column("case_no", sa.String(length=16), nullable=False),
        sa.Column("unit_no", sa.String(length=28), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("pdf", sa.String(length=64), nullable=False),
        sa.Column("pdf_size", sa.BigInteger(), nullable=False),
        sa.Column("verification_code", sa.String(length=16), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("certificate_no", name=("pk_issued_certificate")),
    )
    op.create_index(
        ("ix_issued_certificate_case_no"), "issued_certificate", ["case_no"], unique=False
    )
    op.create_index(("ix_issued_certificate_pdf"), "issued_certificate", ["pdf"], unique=False)
    op.create_table(
        "listed_unit",
        sa.Column("unit_no", sa.String(length=28), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=False),
        sa.Column("use", sa.String(length=100), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("unit_no", name=("pk_listed_unit")),
    )
    op.create_index(("ix_listed_unit_location"), "listed_unit", ["location"], unique=False)
    op.create_table(
        "progress_step",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_no", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("ended", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_progress_step")),
        sa.UniqueConstraint("case_no", "step", "at", name=("uq_progress_step_case_no_step_at")),
    )
    op.create_index(("ix_progress_step_case_no"), "progress_step", ["case_no"], unique=False)
    op.create_table(
        "application_party",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("application_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=2), nullable=False),
        sa.Column("document_type", sa.String(length=2), nullable=False),
        sa.Column("document_no", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("share", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=("fk_application_party_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_application_party")),
        sa.UniqueConstraint(
            "application_id", "position", name=("uq_application_party_application_id_position")
        ),
    )
    op.create_index(
        ("ix_application_party_application_id"),
        "application_party",
        ["application_id"],
        unique=False,
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("application_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=("fk_upload_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_upload")),
        sa.UniqueConstraint(
            "application_id", "position", name=("uq_upload_application_id_position")
        ),
    )
    op.create_index(("ix_upload_application_id"), "upload", ["application_id"], unique=False)


def downgrade() -> None:
    for table in (
        "upload",
        "application_party",
        "progress_step",
        "listed_unit",
        "issued_certificate",
        "citizen",
        "case_counter",
        "application",
    ):
        op.drop_table(table)
