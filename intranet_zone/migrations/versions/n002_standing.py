"""What stands on a mirrored unit: rights and seizures, from the stock and the entries mirrored."""

import json
import uuid
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "n002"
down_revision = "n001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mirror_right",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("unit_no", sa.String(28), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("certificate_no", sa.String(64), nullable=False),
        sa.Column("holders", sa.Text(), nullable=False),
        sa.Column("begun_by", sa.String(32), nullable=True),
        sa.Column("ended_by", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mirror_right"),
    )
    op.create_index("ix_mirror_right_unit_no_kind", "mirror_right", ["unit_no", "kind"])
    op.create_table(
        "mirror_seizure",
        sa.Column("unit_no", sa.String(28), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(2), nullable=False),
        sa.Column("court", sa.String(200), nullable=False),
        sa.Column("document_no", sa.String(200), nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("term_from", sa.String(10), nullable=False),
        sa.Column("term_to", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("unit_no", "position", name="pk_mirror_seizure"),
    )
    bind = op.get_bind()
    for unit_no, body in bind.execute(sa.text("SELECT unit_no, body FROM mirror_unit")).all():
        line = json.loads(body)
        for kind, certificate_no, holders in _of_stock(line):
            _begin(bind, unit_no, kind, certificate_no, holders, None)
        _seize(bind, unit_no, line)
    entries = sa.text("SELECT entry_id, unit_no, effect, body FROM mirror_entry ORDER BY log_no")
    for entry in bind.execute(entries).all():
        _replay(bind, entry.entry_id, entry.unit_no, entry.effect, json.loads(entry.body))


def _of_stock(line: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """What a line of the stock (decoded JSON) says of rights and notices."""
    found = []
    if line.get("certificate_no"):
        names = [holder["name"] for holder in line.get("holders", [])]
        found.append(("ownership", str(line["certificate_no"]), names))
    found += [
        ("mortgage", mortgage["certificate_no"], [mortgage["mortgagee"]])
        for mortgage in line.get("mortgages", [])
    ]
    found += [
        (notice["kind"], "", [notice["by"]])
        for notice in line.get("restrictions", [])
        if notice["kind"] != "seizure"
    ]
    return found


def _seize(bind: sa.Connection, unit_no: str, line: dict[str, Any]) -> None:
    seizures = [found for found in line.get("restrictions", []) if found["kind"] == "seizure"]
    for position, found in enumerate(sorted(seizures, key=lambda row: row["recorded_on"]), 1):
        bind.execute(
            sa.text(
                "INSERT INTO mirror_seizure (unit_no, position, id, kind, court, document_no, "
                "arrived_at, term_from, term_to) "
                "VALUES (:unit, :position, :id, :kind, :court, :document, 0, '', '')"
            ),
            {
                "unit": unit_no,
                "position": position,
                "id": uuid.uuid4().hex,
                "kind": "2" if position > 1 else "1",
                "court": found["by"],
                "document": found["document"],
            },
        )


def _replay(
    bind: sa.Connection, entry_id: str, unit_no: str, effect: str, body: dict[str, Any]
) -> None:
    """Before this revision there were four effects."""
    kind = "mortgage" if effect in {"mortgage", "mortgage_cancellation"} else "ownership"
    former = body["facts"].get("former_certificate_no", "")
    if former:
        bind.execute(
            sa.text(
                "UPDATE mirror_right SET ended_by = :entry WHERE unit_no = :unit "
                "AND kind = :kind AND certificate_no = :number AND ended_by IS NULL"
            ),
            {"entry": entry_id, "unit": unit_no, "kind": kind, "number": former},
        )
    if body["certificate_no"]:
        names = [holder["name"] for holder in body["holders"]]
        _begin(bind, unit_no, kind, str(body["certificate_no"]), names, entry_id)


def _begin(
    bind: sa.Connection,
    unit_no: str,
    kind: str,
    certificate_no: str,
    holders: list[str],
    entry_id: str | None,
) -> None:
    bind.execute(
        sa.text(
            "INSERT INTO mirror_right (id, unit_no, kind, certificate_no, holders, begun_by) "
            "VALUES (:id, :unit, :kind, :number, :holders, :entry)"
        ),
        {
            "id": uuid.uuid4().hex,
            "unit": unit_no,
            "kind": kind,
            "number": certificate_no,
            "holders": json.dumps(holders, ensure_ascii=False),
            "entry": entry_id,
        },
    )


def downgrade() -> None:
    op.drop_table("mirror_seizure")
    op.drop_table("mirror_right")
