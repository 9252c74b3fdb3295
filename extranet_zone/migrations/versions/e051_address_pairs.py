"""Addresses are found by pairs of neighbouring characters (ADR 20)."""

from itertools import pairwise

import sqlalchemy as sa
from alembic import op

revision = "e051"
down_revision = "e041"
branch_labels = None
depends_on = None

BATCH = 5000


def upgrade() -> None:
    """Make the table and note every address that is on the register."""
    table = op.create_table(
        "address_pair",
        sa.Column("pair", sa.String(2), nullable=False),
        sa.Column("parcel_no", sa.String(19), nullable=False),
        sa.PrimaryKeyConstraint("pair", "parcel_no", name="pk_address_pair"),
    )
    connection = op.get_bind()
    unit = sa.table("unit", sa.column("unit_no"), sa.column("parcel_no"), sa.column("location"))
    after, parcel, pairs = "", "", set[str]()
    rows: list[dict[str, str]] = []
    while True:
        # A unit's number begins with its parcel's, so that the units of a parcel come together.
        found = connection.execute(
            sa.select(unit).where(unit.c.unit_no > after).order_by(unit.c.unit_no).limit(BATCH)
        ).all()
        for unit_no, parcel_no, location in found:
            if parcel_no != parcel:
                rows += [{"pair": pair, "parcel_no": parcel} for pair in sorted(pairs)]
                parcel, pairs = parcel_no, set()
            pairs.update(
                one + two for word in location.casefold().split() for one, two in pairwise(word)
            )
            after = unit_no
        if not found:
            rows += [{"pair": pair, "parcel_no": parcel} for pair in sorted(pairs)]
        if rows:
            connection.execute(sa.insert(table), rows)
            rows = []
        if not found:
            return


def downgrade() -> None:
    """Forget the pairs; the addresses themselves stay."""
    op.drop_table("address_pair")
