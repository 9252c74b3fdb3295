"""Every effect and kind of right; seizures with rank and term; notices and objections as rights."""

import json
import uuid

import sqlalchemy as sa
from alembic import op

revision = "e004"
down_revision = "e003"
branch_labels = None
depends_on = None

EFFECTS = (
    "first_registration",
    "transfer",
    "holder_change",
    "unit_change",
    "right_cancellation",
    "correction",
    "replacement",
    "mortgage",
    "mortgage_change",
    "mortgage_transfer",
    "mortgage_cancellation",
    "easement",
    "easement_change",
    "easement_cancellation",
    "residence",
    "residence_cancellation",
    "advance_notice",
    "advance_notice_change",
    "advance_notice_transfer",
    "advance_notice_cancellation",
    "objection",
    "objection_cancellation",
    "seizure",
    "seizure_renewal",
    "seizure_release",
)
RIGHT_KINDS = ("ownership", "mortgage", "easement", "residence", "advance_notice", "objection")
STATUSES = ("current", "ended")
ENDED = (
    "(status = 'ended') = (ended_by IS NOT NULL) AND (status = 'ended') = (ended_at IS NOT NULL)"
)


def coded(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=32, name=name)


def upgrade() -> None:
    op.add_column(
        "register_entry",
        sa.Column("about", sa.String(32), nullable=False, server_default="ownership"),
    )
    op.execute(
        "UPDATE register_entry SET about = 'mortgage' "
        "WHERE effect IN ('mortgage', 'mortgage_cancellation')"
    )
    _widen_constraints()
    op.create_table(
        "seizure",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("unit_no", sa.String(28), nullable=False),
        sa.Column("kind", coded("kind", ("1", "2", "3", "4")), nullable=False),
        sa.Column("court", sa.String(100), nullable=False),
        sa.Column("document_no", sa.String(200), nullable=False),
        sa.Column("court_case_no", sa.String(100), nullable=False),
        sa.Column("debtor", sa.String(100), nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column("term_from", sa.String(10), nullable=False),
        sa.Column("term_to", sa.String(10), nullable=False),
        sa.Column("status", coded("status", STATUSES), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("begun_by", sa.String(32), nullable=True),
        sa.Column("ended_by", sa.String(32), nullable=True),
        sa.CheckConstraint(ENDED, name="ck_seizure_ended_has_entry"),
        sa.ForeignKeyConstraint(["unit_no"], ["unit.unit_no"], name="fk_seizure_unit_no"),
        sa.ForeignKeyConstraint(["begun_by"], ["register_entry.id"], name="fk_seizure_begun_by"),
        sa.ForeignKeyConstraint(["ended_by"], ["register_entry.id"], name="fk_seizure_ended_by"),
        sa.PrimaryKeyConstraint("id", name="pk_seizure"),
    )
    op.create_index("ix_seizure_unit_no_status", "seizure", ["unit_no", "status"])
    _move_restrictions()
    op.drop_table("restriction")


def _widen_constraints() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # A constraint of SQLite is part of its table: the table is written anew around it.
        for table in (_register_entry(), _unit_right()):
            with op.batch_alter_table(table.name, copy_from=table, recreate="always"):
                pass
        return
    op.alter_column("register_entry", "about", server_default=None)
    for name, column, values in (
        ("register_entry", "effect", EFFECTS),
        ("unit_right", "kind", RIGHT_KINDS),
    ):
        op.drop_constraint(column, name, type_="check")
        op.create_check_constraint(column, name, sa.column(column).in_(values))


def _register_entry() -> sa.Table:
    return sa.Table(
        "register_entry",
        sa.MetaData(),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("log_no", sa.BigInteger(), nullable=False),
        sa.Column("case_no", sa.String(16), nullable=False),
        sa.Column("unit_no", sa.String(28), nullable=False),
        sa.Column("effect", coded("effect", EFFECTS), nullable=False),
        sa.Column("registration_type", sa.String(3), nullable=False),
        sa.Column("right_type", sa.String(2), nullable=False),
        sa.Column("certificate_no", sa.String(64), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("recorder", sa.String(64), nullable=False),
        sa.Column("recorder_name", sa.String(100), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("about", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["unit_no"], ["unit.unit_no"], name="fk_register_entry_unit_no"),
        sa.PrimaryKeyConstraint("id", name="pk_register_entry"),
        sa.UniqueConstraint("log_no", name="uq_register_entry_log_no"),
        sa.UniqueConstraint("case_no", name="uq_register_entry_case_no"),
        sa.Index("ix_register_entry_unit_no_log_no", "unit_no", "log_no"),
        sa.Index("ix_register_entry_day", "day", "log_no"),
        sa.Index("ix_register_entry_certificate_no", "certificate_no"),
    )


def _unit_right() -> sa.Table:
    return sa.Table(
        "unit_right",
        sa.MetaData(),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("unit_no", sa.String(28), nullable=False),
        sa.Column("kind", coded("kind", RIGHT_KINDS), nullable=False),
        sa.Column("right_type", sa.String(2), nullable=False),
        sa.Column("certificate_no", sa.String(64), nullable=False),
        sa.Column("sharing", sa.String(1), nullable=False),
        sa.Column("status", coded("status", STATUSES), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("begun_by", sa.String(32), nullable=True),
        sa.Column("ended_by", sa.String(32), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.CheckConstraint(ENDED, name="ck_unit_right_ended_has_entry"),
        sa.ForeignKeyConstraint(["unit_no"], ["unit.unit_no"], name="fk_unit_right_unit_no"),
        sa.ForeignKeyConstraint(["begun_by"], ["register_entry.id"], name="fk_unit_right_begun_by"),
        sa.ForeignKeyConstraint(["ended_by"], ["register_entry.id"], name="fk_unit_right_ended_by"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_right"),
        sa.Index("ix_unit_right_unit_no_status", "unit_no", "status"),
        sa.Index("ix_unit_right_certificate_no", "certificate_no"),
    )


def _move_restrictions() -> None:
    """Seizures get rank by the day they were recorded; notices and objections become rights.

    The stock is all there is: no revision before this one could record or end a restriction.
    """
    bind = op.get_bind()
    restrictions = bind.execute(
        sa.text(
            "SELECT id, unit_no, kind, requested_by, document, recorded_at, ended_at "
            "FROM restriction ORDER BY unit_no, recorded_at, id"
        )
    ).all()
    if any(row.ended_at is not None for row in restrictions):
        raise RuntimeError("a restriction was ended by hand; what ended it must be entered first")
    ownerships = bind.execute(
        sa.text(
            "SELECT unit_no, right_type FROM unit_right "
            "WHERE kind = 'ownership' AND status = 'current'"
        )
    )
    owned = {row.unit_no: row.right_type for row in ownerships}
    seized: set[str] = set()
    for row in restrictions:
        if row.kind == "seizure":
            bind.execute(_SEIZURE.insert().values(**_seizure(row, queued=row.unit_no in seized)))
            seized.add(row.unit_no)
        else:
            right_id = uuid.uuid4().hex
            bind.execute(
                _RIGHT.insert().values(
                    id=right_id,
                    unit_no=row.unit_no,
                    kind=row.kind,
                    right_type=owned.get(row.unit_no, "23"),
                    certificate_no="",
                    sharing="0",
                    status="current",
                    recorded_at=row.recorded_at,
                    facts=json.dumps(_facts(row), ensure_ascii=False, sort_keys=True),
                )
            )
            bind.execute(
                _HOLDER.insert().values(
                    right_id=right_id,
                    position=1,
                    name=row.requested_by,
                    kind="99",
                    document_type="99",
                    document_no="",
                    share="",
                )
            )


def _facts(row: "sa.Row[tuple[object, ...]]") -> dict[str, object]:
    # Whether a suit was brought the stock does not say: its objections do not lapse by themselves.
    suit = {"suit_no": "（存量数据未载明）"} if row.kind == "objection" else {}
    return {"document_no": row.document, **suit}


def _seizure(row: "sa.Row[tuple[object, ...]]", *, queued: bool) -> dict[str, object]:
    return {
        "id": row.id,
        "unit_no": row.unit_no,
        "kind": "2" if queued else "1",
        "court": row.requested_by,
        "document_no": row.document,
        "court_case_no": "",
        "debtor": "",
        "arrived_at": row.recorded_at,
        "term_months": 0,
        "term_from": "",
        "term_to": "",
        "status": "current",
        "recorded_at": row.recorded_at,
    }


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


_SEIZURE = _table(
    "seizure",
    "id",
    "unit_no",
    "kind",
    "court",
    "document_no",
    "court_case_no",
    "debtor",
    "arrived_at",
    "term_months",
    "term_from",
    "term_to",
    "status",
    "recorded_at",
)
_RIGHT = _table(
    "unit_right",
    "id",
    "unit_no",
    "kind",
    "right_type",
    "certificate_no",
    "sharing",
    "status",
    "recorded_at",
    "facts",
)
_HOLDER = _table(
    "right_holder",
    "right_id",
    "position",
    "name",
    "kind",
    "document_type",
    "document_no",
    "share",
)


def downgrade() -> None:
    raise NotImplementedError("seizures have more to say than a restriction can hold")
