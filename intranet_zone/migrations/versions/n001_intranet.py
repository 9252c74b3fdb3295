"""The intranet: parcels, boundary, reviews, mirror of the register."""

import sqlalchemy as sa
from alembic import op

revision = "n001"
down_revision = None
branch_labels = ("intranet",)
depends_on = "k002"


def upgrade() -> None:
    op.create_table(
        "boundary",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("geometry", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("name", name=("pk_boundary")),
    )
    op.create_table(
        "mirror_entry",
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("log_no", sa.BigInteger(), nullable=False),
        sa.Column("case_no", sa.String(length=16), nullable=False),
        sa.Column("unit_no", sa.String(length=28), nullable=False),
        sa.Column("effect", sa.String(length=32), nullable=False),
        sa.Column("certificate_no", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("mirrored_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=("pk_mirror_entry")),
        sa.UniqueConstraint("log_no", name=("uq_mirror_entry_log_no")),
    )
    op.create_index(("ix_mirror_entry_case_no"), "mirror_entry", ["case_no"], unique=False)
    op.create_index(("ix_mirror_entry_unit_no"), "mirror_entry", ["unit_no"], unique=False)
    op.create_table(
        "mirror_unit",
        sa.Column("unit_no", sa.String(length=28), nullable=False),
        sa.Column("parcel_no", sa.String(length=19), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("unit_no", name=("pk_mirror_unit")),
    )
    op.create_index(("ix_mirror_unit_parcel_no"), "mirror_unit", ["parcel_no"], unique=False)
    op.create_table(
        "parcel",
        sa.Column("parcel_no", sa.String(length=19), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=False),
        sa.Column("area_m2", sa.String(length=16), nullable=False),
        sa.Column("epsg", sa.Integer(), nullable=False),
        sa.Column("geometry", sa.Text(), nullable=False),
        sa.Column("min_lon", sa.Float(precision=53), nullable=False),
        sa.Column("max_lon", sa.Float(precision=53), nullable=False),
        sa.Column("min_lat", sa.Float(precision=53), nullable=False),
        sa.Column("max_lat", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("parcel_no", name=("pk_parcel")),
    )
    op.create_index(
        "ix_parcel_box", "parcel", ["min_lon", "max_lon", "min_lat", "max_lat"], unique=False
    )
    op.create_table(
        "review",
        sa.Column("case_no", sa.String(length=16), nullable=False),
        sa.Column("item_code", sa.String(length=40), nullable=False),
        sa.Column("item_title", sa.String(length=200), nullable=False),
        sa.Column("unit_no", sa.String(length=28), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=False),
        sa.Column("applicant", sa.String(length=200), nullable=False),
        sa.Column("registered_area", sa.String(length=16), nullable=True),
        sa.Column("accepted_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "passed",
                "failed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("opinion", sa.String(length=2000), nullable=False),
        sa.Column("reviewer", sa.String(length=200), nullable=False),
        sa.Column("concluded_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("case_no", name=("pk_review")),
    )
    op.create_index(("ix_review_state"), "review", ["state"], unique=False)
    op.create_index(("ix_review_unit_no"), "review", ["unit_no"], unique=False)
    op.create_table(
        "review_material",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_no", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["review.case_no"], name=("fk_review_material_case_no")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_review_material")),
        sa.UniqueConstraint("case_no", "position", name=("uq_review_material_case_no_position")),
    )
    op.create_index(("ix_review_material_case_no"), "review_material", ["case_no"], unique=False)


def downgrade() -> None:
    for table in (
        "review_material",
        "review",
        "parcel",
        "mirror_unit",
        "mirror_entry",
        "boundary",
    ):
        op.drop_table(table)
